"""`reconciler status`: is everything applied, and if not, what and where."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from reconciler.cli.console import EXIT_ERROR, say, show_json, table
from reconciler.cli.options import output_option, repo_option

if TYPE_CHECKING:
    from reconciler.model.report import TemplateStatus

_EPILOG = """\b
Examples:
  reconciler status                            the summary
  reconciler status Deployment                 every Deployment, cluster by cluster
  reconciler status Deployment/web --cluster eu-1
"""


@click.command("status", epilog=_EPILOG)
@click.argument("subject", metavar="[KIND[/NAME]]", default="")
@click.option("--cluster", default="", help="Only this cluster.")
@click.option("-n", "--namespace", default="", help="Only this namespace.")
@output_option
@repo_option
def command(subject: str, cluster: str, namespace: str, output: str, repo: str) -> int:
    """Is everything applied, and if not, what and where. Reads the status branch."""
    from reconciler.runtime.gathering import Gathering
    from reconciler.runtime.repository import FleetRepository
    from reconciler.status.documents import encode_template_status

    repository = FleetRepository.open_or_mirror(repo)
    gathering = Gathering(repository)
    summary = gathering.summary()
    if summary is None:
        say("nothing has been reported yet: run `reconciler apply` first")
        return EXIT_ERROR
    wanted = [
        one for one in gathering.statuses().values() if _is_wanted(one, subject, cluster, namespace)
    ]
    if output == "json":
        shown: Any = (
            summary
            if not subject and not cluster
            else [encode_template_status(one) for one in wanted]
        )
        show_json(shown)
    elif not subject and not cluster and not namespace:
        _show_summary(summary)
    else:
        _show_templates(wanted, cluster)
    return 0 if summary["everythingApplied"] else EXIT_ERROR


def _is_wanted(one: TemplateStatus, subject: str, cluster: str, namespace: str) -> bool:
    kind, _, name = subject.partition("/")
    return (
        (not kind or one.key.kind.lower() == kind.lower())
        and (not name or one.key.name == name)
        and (not namespace or one.key.namespace == namespace)
        and (not cluster or any(member.cluster == cluster for member in one.members))
    )


def _show_summary(summary: dict[str, Any]) -> None:
    counts = summary["templates"]
    verdict = (
        "everything is applied" if summary["everythingApplied"] else "not everything is applied"
    )
    say(f"commit {summary['sourceCommit'][:12]}: {verdict}", bold=True)
    say(
        f"{counts['fullyApplied']} of {counts['total']} templates fully applied; "
        f"{counts['healthy']} healthy, {counts['unhealthy']} unhealthy, {counts['unknown']} unknown"
    )
    clusters = summary["clusters"]
    say(f"{clusters['complete']} of {clusters['total']} clusters complete")
    if clusters.get("incomplete"):
        table(
            ("CLUSTER", "APPLIED", "FROZEN"),
            [
                (one["name"], f"{one['applied']}/{one['expected']}", one.get("frozen", ""))
                for one in clusters["incomplete"]
            ],
        )
    for hold in summary.get("holds", ()):
        say(f"deletions wait: reconciler approve {hold}", fg="yellow")
    failing = summary.get("failing", ())
    if failing:
        table(
            ("OBJECT", "STATE", "CLUSTERS", "MESSAGE"),
            [(one["object"], one["state"], _clusters(one), one["message"]) for one in failing],
        )
    for problem in summary.get("problems", ()):
        say(problem, fg="yellow")


def _clusters(row: dict[str, Any]) -> str:
    named = ", ".join(row.get("clusters", ()))
    more = row.get("clustersTotal", 0) - len(row.get("clusters", ()))
    return f"{named} and {more} more" if more > 0 else named


def _show_templates(templates: list[TemplateStatus], cluster: str) -> None:
    table(
        ("OBJECT", "CLUSTER", "APPLIED", "HEALTH", "REPLICAS", "SINCE", "MESSAGE"),
        [
            (
                str(one.key),
                member.cluster,
                "yes" if member.applied else "no",
                str(member.health),
                "" if member.replicas is None else str(member.replicas),
                member.since,
                member.message,
            )
            for one in templates
            for member in one.members
            if not cluster or member.cluster == cluster
        ],
    )
