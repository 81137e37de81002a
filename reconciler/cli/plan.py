"""`reconciler plan`: what a commit would do on every cluster, computed offline from Git alone."""

from __future__ import annotations

from pathlib import Path

import click

from reconciler.cli.console import (
    EXIT_BLOCKED,
    EXIT_CHANGES,
    EXIT_INVALID,
    has_colour,
    input_exit,
    width,
)
from reconciler.cli.options import detailed_exitcode_option, repo_option

_FORMATS = ["text", "markdown", "json", "html", "sarif", "junit", "github", "gitlab"]
_EPILOG = """\b
Examples:
  reconciler plan                               from the last applied commit to HEAD
  reconciler plan --base main --head pr-42      what a branch would change
  reconciler plan --format markdown             for a comment on the pull request
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
    "--format", "--output", "shown", type=click.Choice(_FORMATS), default="text", show_default=True
)
@detailed_exitcode_option
@repo_option
def command(
    base: str,
    head: str,
    clusters_file: Path | None,
    key: str,
    shown: str,
    detailed_exitcode: bool,  # noqa: FBT001 - a flag
    repo: str,
) -> int:
    """Show what a commit would do on every cluster. Needs no cluster and no credentials."""
    from reconciler.plan.formats import FORMATS, Context
    from reconciler.runtime.inventory_file import inventory_of
    from reconciler.runtime.offline import Planner
    from reconciler.runtime.repository import FleetRepository

    facts = inventory_of(clusters_file) if clusters_file else {}
    planned = Planner(FleetRepository.local(Path(repo)), clusters=facts).plan(base, head)
    context = Context(
        base=planned.base_name,
        head=planned.head_name,
        clusters=planned.cluster_count,
        objects=planned.object_count,
        width=width(),
        has_colour=has_colour(),
        key=key,
    )
    plan = planned.head.plan
    click.echo(FORMATS[shown](plan, context), nl=False)
    invalid = input_exit(planned.head.diagnostics)
    if invalid == EXIT_INVALID:
        return invalid
    if plan.is_blocked:
        return EXIT_BLOCKED
    return EXIT_CHANGES if detailed_exitcode and not plan.is_empty else invalid
