"""`reconciler recover`: rebuild a lost state branch from what members hold."""

from __future__ import annotations

import asyncio
from typing import Any

import click

from reconciler.cli.console import progress, say, show_json, table
from reconciler.cli.options import hub_options, output_option

_EPILOG = """\b
Examples:
  reconciler recover --dry-run             what would be written
  reconciler recover --credentials DIR     rebuild reconciler/state; every member has to answer
"""


@click.command("recover", epilog=_EPILOG)
@click.option("--dry-run", is_flag=True, help="Show what would be written, and write nothing.")
@output_option
@hub_options
def command(dry_run: bool, output: str, **where: Any) -> int:  # noqa: FBT001 - a flag
    """Rebuild a lost or damaged state branch from what members hold. Nothing is written to members.

    Every member has to answer: what a silent one holds would be forgotten.
    """
    from reconciler.adapters.leader import hub_lock
    from reconciler.cli.settings import settings_of
    from reconciler.runtime.recovering import Recovering, summary_of
    from reconciler.runtime.service import build_hub

    settings = settings_of(**where)
    with hub_lock(settings.lock, "recover"):
        hub = build_hub(settings, progress())
        done = asyncio.run(Recovering(hub).recover(dry_run=dry_run))
    if output == "json":
        show_json(
            {
                "sourceCommit": done.revision,
                "stateCommit": done.commit,
                "bindings": len(done.state.bindings),
                "objects": dict(summary_of(done)),
            }
        )
        return 0
    table(("CLUSTER", "OBJECTS"), [(name, str(count)) for name, count in summary_of(done)])
    count, commit = len(done.state.bindings), done.revision[:12]
    verb = "would be recovered" if dry_run else "are recovered"
    say(f"{count} bindings {verb} as of commit {commit}; the next pass goes on from there")
    return 0
