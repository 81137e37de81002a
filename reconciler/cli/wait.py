"""`reconciler wait`: block until an object is applied, or healthy, everywhere it belongs."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import click

from reconciler.cli.console import EXIT_DONE, EXIT_ERROR, say, show_json
from reconciler.cli.duration import duration
from reconciler.cli.options import branch_option, output_option, repo_option
from reconciler.model.text import printable

if TYPE_CHECKING:
    from reconciler.runtime.waiting import Verdict, Wanted

_EPILOG = """\b
Examples:
  reconciler wait Deployment/web --for=healthy --timeout 10m
  reconciler wait Deployment/web -n shop --for=applied --cluster eu-1
  reconciler wait ConfigMap/settings --for=applied --commit v1.2.0 --output json
"""


@click.command("wait", epilog=_EPILOG)
@click.argument("subject", metavar="KIND/NAME")
@click.option(
    "--for",
    "goal",
    type=click.Choice(["applied", "healthy"]),
    default="healthy",
    show_default=True,
    help="healthy means applied too.",
)
@click.option("-n", "--namespace", default="", help="Only this namespace; default: any.")
@click.option("--cluster", default="", help="Only this cluster; default: all it belongs to.")
@click.option(
    "--commit",
    default="",
    help="The report must be of this revision or a later one; default: the branch's newest.",
)
@click.option("--timeout", type=duration, default="5m", show_default=True, help="When to give up.")
@click.option(
    "--interval", type=duration, default="2s", show_default=True, help="How often to look."
)
@output_option
@branch_option
@repo_option
def command(
    subject: str,
    goal: str,
    namespace: str,
    cluster: str,
    commit: str,
    timeout: float,
    interval: float,
    output: str,
    branch: str,
    repo: str,
) -> int:
    """Block until an object is applied, or healthy, on every cluster it belongs to.

    Reads the status branch of a running reconciler; members are not asked. Progress goes to
    standard error. Exits 0 when it is so, 1 when the time is up.
    """
    from reconciler.adapters.clock import SystemClock
    from reconciler.runtime.repository import FleetRepository
    from reconciler.runtime.status_reading import StatusReading, Subject
    from reconciler.runtime.waiting import Goal, Wanted, wait

    kind, _, name = subject.partition("/")
    if not kind or not name:
        raise click.UsageError("name one object as KIND/NAME, such as Deployment/web")
    reading = StatusReading(FleetRepository.open_or_mirror(repo, branch))
    wanted = Wanted(
        subject=Subject.of(subject, namespace),
        goal=Goal(goal),
        commit=reading.resolved(commit),
        cluster=cluster,
    )
    verdict = asyncio.run(
        wait(reading, wanted, SystemClock(), timeout=timeout, interval=interval, progress=_progress)
    )
    _show(verdict, wanted, output)
    return EXIT_DONE if verdict.is_met else EXIT_ERROR


def _progress(verdict: Verdict) -> None:
    for clause in verdict.missing:
        click.echo(printable(clause), err=True)


def _show(verdict: Verdict, wanted: Wanted, output: str) -> None:
    from reconciler.status.documents import encode_template_status

    if output == "json":
        show_json(
            {
                "for": str(wanted.goal),
                "isMet": verdict.is_met,
                "commit": wanted.commit,
                "missing": list(verdict.missing),
                "templates": [encode_template_status(one) for one in verdict.templates],
            }
        )
    elif verdict.is_met:
        for one in verdict.templates:
            say(printable(f"{one.key}: {wanted.goal} on {_places(len(one.members), wanted)}"))
    else:
        click.echo("the time is up", err=True)


def _places(count: int, wanted: Wanted) -> str:
    return wanted.cluster or (f"{count} clusters" if count != 1 else "1 cluster")
