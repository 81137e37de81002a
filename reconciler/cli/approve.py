"""`reconciler approve`: permit deletions that the budget holds."""

from __future__ import annotations

import click

from reconciler.cli.console import say, show_json, table
from reconciler.cli.options import branch_option, output_option, repo_option
from reconciler.model.text import count_of

_EPILOG = """\b
Examples:
  reconciler approve                 the deletions that wait
  reconciler approve e7a9b000        permit exactly those, as a commit of yours
"""
_SHORTEST = 6


@click.command("approve", epilog=_EPILOG)
@click.argument("digest", default="")
@output_option
@branch_option
@repo_option
def command(digest: str, output: str, branch: str, repo: str) -> int:
    """Permit held deletions: an empty commit on the source branch under your own identity."""
    from reconciler.model.errors import SettingsInvalid
    from reconciler.runtime.approving import Approving
    from reconciler.runtime.repository import FleetRepository

    approving = Approving(FleetRepository.open_or_mirror(repo, branch))
    holds = approving.holds()
    if not digest:
        if output == "json":
            show_json(list(holds.values()))
            return 0
        rows = [
            (
                name[:12],
                one["cluster"],
                f"{one['kind']} {one['namespace']}/{one['name']}",
                one["why"],
            )
            for name, hold in holds.items()
            for one in hold["deletes"]
        ]
        if rows:
            table(("HOLD", "CLUSTER", "OBJECT", "WHY"), rows)
        else:
            say("no deletion waits for approval")
        return 0
    found = [name for name in holds if name.startswith(digest)] if len(digest) >= _SHORTEST else []
    if len(found) != 1:
        raise SettingsInvalid(
            f"{digest!r} names no hold of this fleet", hint="list them with `reconciler approve`"
        )
    commit = approving.approve(found[0])
    if output == "json":
        show_json({"hold": found[0], "commit": commit})
    else:
        deletes = count_of(len(holds[found[0]]["deletes"]), "deletion")
        say(f"approved {deletes} with commit {commit[:12]}; the next pass carries that out")
    return 0
