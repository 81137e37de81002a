"""`reconciler history`: who changed what, where it went, and when it was healthy."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from reconciler.cli.console import say, show_json, table
from reconciler.cli.options import namespace_option, output_option, repo_option

if TYPE_CHECKING:
    from reconciler.audit.chronicle import Event
    from reconciler.runtime.auditing import Auditor

_EPILOG = """\b
Examples:
  reconciler history                              everything, newest first
  reconciler history Deployment/web --cluster eu-1
  reconciler history --since 2026-05-01
"""


@click.command("history", epilog=_EPILOG)
@click.argument("subject", metavar="[KIND/NAME]", default="")
@click.option("--cluster", default="", help="Only this cluster.")
@click.option("--since", default="", help="Not older than this date or time (RFC 3339).")
@click.option("--limit", default=100, show_default=True, type=click.IntRange(min=1), help="Rows.")
@namespace_option
@output_option
@repo_option
def command(
    subject: str, cluster: str, since: str, limit: int, namespace: str, output: str, repo: str
) -> int:
    """Tell from the branches alone what happened: commit, author, placement, health."""
    from reconciler.audit.chronicle import filtered
    from reconciler.runtime.auditing import Auditor
    from reconciler.runtime.repository import FleetRepository

    auditor = Auditor(FleetRepository.open_or_mirror(repo))
    events = auditor.events()
    keys = auditor.subjects(events, subject, namespace) if subject else None
    found = filtered(events, keys=keys, cluster=cluster, since=_moment(since))[:limit]
    if output == "json":
        show_json([encode_event(one, auditor) for one in found])
    elif not found:
        say("the branches tell nothing of it")
    else:
        table(
            ("WHEN", "WHAT", "OBJECT", "CLUSTERS", "BECAUSE", "COMMIT", "AUTHOR"),
            [_row(one, auditor) for one in found],
        )
    return 0


def _moment(text: str) -> str:
    from reconciler.model.instant import instant, written

    if not text:
        return ""
    moment = instant(text)
    if moment is None:
        raise click.BadParameter(f"{text!r} is no date or time such as 2026-05-01T12:00:00Z")
    return written(moment)


def _row(event: Event, auditor: Auditor) -> tuple[str, ...]:
    source = auditor.source(event.source)
    return (
        event.at,
        str(event.kind),
        str(event.key),
        ", ".join(shares(event)),
        event.message or event.cause,
        f"{event.source[:12]} {source.subject if source else ''}".strip(),
        source.author.name if source else "",
    )


def shares(event: Event) -> list[str]:
    """`eu-1 6→4`, `+us-1 (2)`, `-edge-1`; plain names for what was seen."""
    before = {target.name: target.replicas for target in event.before}
    after = {target.name: target.replicas for target in event.after}
    if not before and not after:
        return list(event.clusters)
    return [_share(name, before.get(name), after.get(name)) for name in event.clusters]


def _share(name: str, old: int | None, new: int | None) -> str:
    if old is None:
        return f"+{name}{f' ({new})' if new else ''}"
    return f"-{name}" if new is None else f"{name} {old}→{new}"


def encode_event(event: Event, auditor: Auditor) -> dict[str, Any]:
    """One event for programs."""
    source = auditor.source(event.source)
    return {
        "at": event.at,
        "kind": str(event.kind),
        "object": event.key._asdict(),
        "clusters": list(event.clusters),
        "before": [{"cluster": one.name, "replicas": one.replicas} for one in event.before],
        "after": [{"cluster": one.name, "replicas": one.replicas} for one in event.after],
        "cause": event.cause,
        "message": event.message,
        "sourceCommit": event.source,
        "subject": source.subject if source else None,
        "author": source.author.name if source else None,
        "email": source.author.email if source else None,
        "revision": event.revision,
    }
