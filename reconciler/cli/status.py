"""`reconciler status`: is everything applied, and if not, what and where."""

from __future__ import annotations

import asyncio
import sys
from typing import TYPE_CHECKING, Any

import click

from reconciler.cli.console import EXIT_DONE, EXIT_ERROR, say, show_json, table
from reconciler.cli.duration import duration
from reconciler.cli.options import output_option, repo_option
from reconciler.model.text import count_of, printable

if TYPE_CHECKING:
    from reconciler.model.report import TemplateStatus
    from reconciler.runtime.status_reading import StatusReading, StatusView, Subject

_EPILOG = """\b
Examples:
  reconciler status                            the summary
  reconciler status Deployment                 every Deployment, cluster by cluster
  reconciler status Deployment/web --cluster eu-1
  reconciler status deployments.apps -n shop --output json
  reconciler status --watch                    again whenever something changes
"""


@click.command("status", epilog=_EPILOG)
@click.argument("subject", metavar="[KIND[/NAME]]", default="")
@click.option("--cluster", default="", help="Only this cluster.")
@click.option("-n", "--namespace", default="", help="Only this namespace.")
@click.option("-w", "--watch", is_flag=True, help="Show it again at every change, until stopped.")
@click.option(
    "--interval", type=duration, default="2s", show_default=True, help="How often --watch looks."
)
@output_option
@repo_option
def command(
    subject: str,
    cluster: str,
    namespace: str,
    watch: bool,  # noqa: FBT001 - a flag
    interval: float,
    output: str,
    repo: str,
) -> int:
    """Is everything applied, and if not, what and where. Reads the status branch.

    Exits 0 when what is shown is applied everywhere, else 1.
    """
    from reconciler.runtime.repository import FleetRepository
    from reconciler.runtime.status_reading import StatusReading, Subject

    reading = StatusReading(FleetRepository.open_or_mirror(repo))
    wanted = Subject.of(subject, namespace)
    if watch:
        asyncio.run(_watched(reading, wanted, cluster, output, interval))
    return _shown(reading.read(), wanted, cluster, output)


async def _watched(
    reading: StatusReading, wanted: Subject, cluster: str, output: str, interval: float
) -> None:
    """Show every report, until interrupted."""
    from reconciler.adapters.clock import SystemClock

    clock, last = SystemClock(), None
    while True:
        view = reading.read()
        if view is not last:
            if sys.stdout.isatty():
                click.clear()
            _shown(view, wanted, cluster, output)
            sys.stdout.flush()
            last = view
        await clock.sleep(interval)


def _shown(view: StatusView, wanted: Subject, cluster: str, output: str) -> int:
    from reconciler.runtime.status_reading import Subject
    from reconciler.status.documents import encode_template_status

    if view.summary is None:
        click.echo("nothing has been reported yet: run `reconciler apply` first", err=True)
        return EXIT_ERROR
    is_summary = wanted == Subject() and not cluster
    templates = view.matching(wanted, cluster)
    if output == "json":
        documents = [encode_template_status(one) for one in templates]
        show_json(dict(view.summary) if is_summary else documents)
    elif is_summary:
        _show_summary(view.summary)
    elif templates:
        _show_templates(templates, cluster)
    else:
        click.echo(
            "the report has no such object: see what it has with `reconciler status KIND`", err=True
        )
    is_done = view.summary["everythingApplied"] if is_summary else _are_applied(templates, cluster)
    return EXIT_DONE if is_done else EXIT_ERROR


def _are_applied(templates: list[TemplateStatus], cluster: str) -> bool:
    members = [one for template in templates for one in template.members]
    return (
        bool(templates)
        and all(one.applied for one in members if cluster in {"", one.cluster})
        and not any(one.scheduled_message or one.is_frozen for one in templates)
    )


def _show_summary(summary: Any) -> None:
    counts, clusters = summary["templates"], summary["clusters"]
    verdict = (
        "everything is applied" if summary["everythingApplied"] else "not everything is applied"
    )
    say(f"commit {summary['sourceCommit'][:12]}: {verdict}", bold=True)
    say(
        f"{counts['fullyApplied']} of {count_of(counts['total'], 'template')} fully applied; "
        f"{counts['healthy']} healthy, {counts['unhealthy']} unhealthy, {counts['unknown']} unknown"
    )
    say(f"{clusters['complete']} of {count_of(clusters['total'], 'cluster')} complete")
    if summary.get("held"):
        say("the newest commit is held: see the problems below", fg="yellow")
    for hold in summary.get("holds", ()):
        say(f"deletions wait: reconciler approve {hold}", fg="yellow")
    for key in summary.get("frozen", ()):
        say(printable(f"frozen in its last applied version: {key}"), fg="yellow")
    _show_rows(clusters.get("incomplete"), summary.get("failing"))
    for problem in summary.get("problems", ()):
        say(printable(problem), fg="yellow")


def _show_rows(incomplete: Any, failing: Any) -> None:
    if incomplete:
        table(
            ("CLUSTER", "APPLIED", "FROZEN"),
            [
                (one["name"], f"{one['applied']}/{one['expected']}", one.get("frozen", ""))
                for one in incomplete
            ],
        )
    if failing:
        table(
            ("OBJECT", "STATE", "CLUSTERS", "MESSAGE"),
            [
                (one["object"], one["state"], one.get("clusters", ""), one["message"])
                for one in failing
            ],
        )


def _show_templates(templates: list[TemplateStatus], cluster: str) -> None:
    table(
        ("OBJECT", "CLUSTER", "APPLIED", "HEALTH", "REPLICAS", "SINCE", "MESSAGE"),
        [row for one in templates for row in _rows(one, cluster)],
    )


def _rows(template: TemplateStatus, cluster: str) -> list[tuple[str, ...]]:
    rows: list[tuple[str, ...]] = [
        (
            str(template.key),
            member.cluster,
            "yes" if member.applied else "no",
            str(member.health),
            "" if member.replicas is None else str(member.replicas),
            member.since,
            member.message,
        )
        for member in template.members
        if cluster in {"", member.cluster}
    ]
    if template.scheduled_message:
        rows.append((str(template.key), "", "no", "", "", "", template.scheduled_message))
    return rows
