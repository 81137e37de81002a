"""`reconciler plan`: what a commit would do on every cluster, computed offline from Git alone."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from reconciler.cli.console import (
    EXIT_BLOCKED,
    EXIT_CHANGES,
    EXIT_INVALID,
    has_colour,
    input_exit,
    progress,
    say,
    show_diagnostics,
    width,
)
from reconciler.cli.options import detailed_exitcode_option, hub_options

if TYPE_CHECKING:
    from reconciler.model.change import Plan
    from reconciler.model.diagnostic import Diagnostic

_FORMATS = ["text", "markdown", "json", "html", "sarif", "junit", "github", "gitlab"]
_DRIFT = "what members hold is shown before, what healing makes of it after"
_EPILOG = """\b
Examples:
  reconciler plan                               from the last applied commit to HEAD
  reconciler plan --base main --head pr-42      what a branch would change
  reconciler plan --format markdown             for a comment on the pull request
  reconciler plan --staged                      what the next commit would change
  reconciler plan --drift --credentials DIR     what somebody changed on members, read-only
  reconciler plan --detailed-exitcode           2 when there are changes
"""


@click.command("plan", epilog=_EPILOG)
@click.option("--base", default="", help="Revision to start from; default: the last applied one.")
@click.option("--head", default="HEAD", show_default=True, help="Revision to plan.")
@click.option(
    "--clusters",
    "clusters_file",
    type=click.Path(path_type=Path, exists=True, dir_okay=False),
    help="Cluster documents with status, instead of the recorded inventory.",
)
@click.option("--key", default="default", help="Tells one comment on a pull request from another.")
@click.option(
    "--format",
    "--output",
    "shown",
    type=click.Choice(_FORMATS),
    default="text",
    show_default=True,
    help="For a terminal, a comment, a program, a browser, or a tool of code review.",
)
@click.option("--staged", is_flag=True, help="Plan what is staged; the base is then HEAD.")
@click.option("--drift", is_flag=True, help="Compare live members with the last applied commit.")
@detailed_exitcode_option
@click.option(
    "--diff-exit-code",
    "changes_code",
    type=click.IntRange(0, 255),
    help="Exit with this number instead when there are changes.",
)
@hub_options
def command(
    base: str,
    head: str,
    clusters_file: Path | None,
    key: str,
    shown: str,
    staged: bool,  # noqa: FBT001 - a flag
    drift: bool,  # noqa: FBT001 - a flag
    detailed_exitcode: bool,  # noqa: FBT001 - a flag
    changes_code: int | None,
    **where: Any,
) -> int:
    """Show what a commit would do on every cluster. Needs no cluster and no credentials.

    With --drift members are read, never written to, and nothing else is looked at.
    """
    if staged and drift:
        raise click.UsageError("--staged and --drift exclude each other")
    seen = _Seen(format=shown, key=key)
    if drift:
        plan, diagnostics = _drift(seen, where)
    else:
        plan, diagnostics = _offline(seen, base, head, clusters_file, where["repo"], staged=staged)
    invalid = input_exit(diagnostics)
    if invalid == EXIT_INVALID:
        return invalid
    if plan.is_blocked:
        return EXIT_BLOCKED
    if changes_code is None and detailed_exitcode:
        changes_code = EXIT_CHANGES
    return invalid if changes_code is None or plan.is_empty else changes_code


@dataclass(frozen=True, slots=True, kw_only=True)
class _Seen:
    """In which format, and under which key, a plan is shown."""

    format: str
    key: str

    def show(self, plan: Plan, *, base: str, head: str, clusters: int, objects: int) -> None:
        """The plan on standard output."""
        from reconciler.plan.formats import FORMATS, Context

        context = Context(
            base=base,
            head=head,
            clusters=clusters,
            objects=objects,
            width=width(),
            has_colour=has_colour(),
            key=self.key,
        )
        click.echo(FORMATS[self.format](plan, context), nl=False)


def _offline(
    seen: _Seen, base: str, head: str, clusters_file: Path | None, repo: str, *, staged: bool
) -> tuple[Plan, Iterable[Diagnostic]]:
    from reconciler.runtime.inventory_file import inventory_of
    from reconciler.runtime.offline import Planner
    from reconciler.runtime.repository import FleetRepository

    repository = FleetRepository.remembering(Path(repo))
    facts = inventory_of(clusters_file) if clusters_file else {}
    if staged:
        base, head = base or repository.base_of_staged(), repository.staged()
    planned = Planner(repository, clusters=facts).plan(base, head)
    plan = planned.head.plan
    seen.show(
        plan,
        base=planned.base_name,
        head="staged" if staged else planned.head_name,
        clusters=planned.cluster_count,
        objects=planned.object_count,
    )
    return plan, planned.head.diagnostics


def _drift(seen: _Seen, where: dict[str, Any]) -> tuple[Plan, Iterable[Diagnostic]]:
    import asyncio

    from reconciler.cli.settings import settings_of
    from reconciler.plan.ignoring import ignore_rules, ignore_yaml
    from reconciler.runtime.looking import look
    from reconciler.runtime.service import build_hub

    done = asyncio.run(look(build_hub(settings_of(**where), progress())))
    outcome = done.outcome
    drift = outcome.plan
    if drift.changes:
        drift = replace(drift, notes=(*drift.notes, _DRIFT))
    seen.show(
        drift,
        base="members",
        head=outcome.fleet.revision[:7],
        clusters=len(outcome.fleet.clusters),
        objects=len(outcome.fleet.templates),
    )
    rules = ignore_yaml(ignore_rules(outcome.plan.changes))
    if rules and seen.format == "text":
        say("\nTo leave this alone instead of healing it, add to reconciler.yaml:\n")
        say(rules.rstrip())
    elif rules and seen.format == "markdown":
        say(f"\nTo leave this alone, add to `reconciler.yaml`:\n\n```yaml\n{rules}```")
    show_diagnostics(done.diagnostics)
    return outcome.plan, done.diagnostics
