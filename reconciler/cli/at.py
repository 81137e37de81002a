"""`reconciler at`: the fleet as it was at a commit or at a time."""

from __future__ import annotations

import click

from reconciler.cli.console import say, show_json, table
from reconciler.cli.options import output_option, repo_option

_EPILOG = """\b
Examples:
  reconciler at 2026-05-01T12:00:00Z
  reconciler at v1.4                        when that tag was the last applied commit
"""


@click.command("at", epilog=_EPILOG)
@click.argument("moment", metavar="REV|TIME")
@click.option("--cluster", default="", help="Only this cluster.")
@output_option
@repo_option
def command(moment: str, cluster: str, output: str, repo: str) -> int:
    """Show the fleet as it was: every object, its clusters, replicas and health."""
    from reconciler.runtime.auditing import Auditor
    from reconciler.runtime.repository import FleetRepository

    auditor = Auditor(FleetRepository.open_or_mirror(repo))
    past = auditor.at(moment)
    rows = [one for one in past.rows if cluster in {"", one.cluster}]
    if output == "json":
        show_json(
            {
                "at": past.at,
                "sourceCommit": past.source,
                "objects": [
                    {
                        "object": one.key._asdict(),
                        "cluster": one.cluster,
                        "replicas": one.replicas,
                        "applied": one.status.applied if one.status else None,
                        "health": str(one.status.health) if one.status else None,
                    }
                    for one in rows
                ],
            }
        )
        return 0
    source = auditor.source(past.source)
    subject = f" {source.subject} ({source.author.name})" if source else ""
    say(f"commit {past.source[:12]}{subject}, decided at {past.at}", bold=True)
    table(
        ("OBJECT", "CLUSTER", "REPLICAS", "APPLIED", "HEALTH"),
        [
            (
                str(one.key),
                one.cluster,
                str(one.replicas or ""),
                "" if one.status is None else "yes" if one.status.applied else "no",
                str(one.status.health) if one.status else "",
            )
            for one in rows
        ],
    )
    return 0
