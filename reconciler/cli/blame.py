"""`reconciler blame`: the commit and author behind every placement that stands now."""

from __future__ import annotations

import click

from reconciler.cli.console import say, show_json, table
from reconciler.cli.history import encode_event
from reconciler.cli.options import namespace_option, output_option, repo_option

_EPILOG = """\b
Examples:
  reconciler blame                          every object on every cluster
  reconciler blame Deployment/web
  reconciler blame --cluster us-1           who brought all this here
"""


@click.command("blame", epilog=_EPILOG)
@click.argument("subject", metavar="[KIND/NAME]", default="")
@click.option("--cluster", default="", help="Only this cluster.")
@namespace_option
@output_option
@repo_option
def command(subject: str, cluster: str, namespace: str, output: str, repo: str) -> int:
    """Name the commit and the author of every placement that stands now."""
    from reconciler.audit.chronicle import blamed
    from reconciler.runtime.auditing import Auditor
    from reconciler.runtime.repository import FleetRepository

    auditor = Auditor(FleetRepository.open_or_mirror(repo))
    events = auditor.events()
    keys = auditor.subjects(events, subject, namespace) if subject else None
    found = [
        one
        for one in blamed(events)
        if (keys is None or one.key in keys) and cluster in {"", one.cluster}
    ]
    if output == "json":
        show_json(
            [
                {
                    "object": one.key._asdict(),
                    "cluster": one.cluster,
                    "replicas": one.replicas,
                    "decision": encode_event(one.event, auditor),
                }
                for one in found
            ]
        )
        return 0
    if not found:
        say("nothing is placed")
        return 0
    rows = []
    for one in found:
        source = auditor.source(one.event.source)
        rows.append(
            (
                str(one.key),
                one.cluster,
                str(one.replicas or ""),
                one.event.at,
                f"{one.event.source[:12]} {source.subject if source else ''}".strip(),
                source.author.name if source else "",
                one.event.cause,
            )
        )
    table(("OBJECT", "CLUSTER", "REPLICAS", "SINCE", "COMMIT", "AUTHOR", "BECAUSE"), rows)
    return 0
