"""`reconciler validate`: everything that is wrong with a commit, at once."""

from __future__ import annotations

from pathlib import Path

import click

from reconciler.cli.console import encode_diagnostic, input_exit, say, show_diagnostics, show_json
from reconciler.cli.options import output_option, repo_option
from reconciler.model.diagnostic import Severity
from reconciler.model.text import count_of

_EPILOG = """\b
Examples:
  reconciler validate                      the repository around this folder, at HEAD
  reconciler validate --head pr-42         another revision
  reconciler validate --strict             warnings fail too
"""


@click.command("validate", epilog=_EPILOG)
@click.option("--head", default="HEAD", show_default=True, help="Revision to look at.")
@click.option("--strict", is_flag=True, help="Warnings fail too.")
@output_option
@repo_option
def command(head: str, strict: bool, output: str, repo: str) -> int:  # noqa: FBT001 - a flag
    """Say everything that is wrong with a commit: place, code, and what to do."""
    from reconciler.runtime.offline import Planner
    from reconciler.runtime.repository import FleetRepository

    plan = Planner(FleetRepository.remembering(Path(repo))).plan(base="", head=head)
    diagnostics = plan.head.diagnostics
    code = input_exit(diagnostics, strict=strict)
    if output == "json":
        show_json({"diagnostics": [encode_diagnostic(one) for one in diagnostics]})
        return code
    show_diagnostics(diagnostics)
    errors = sum(1 for one in diagnostics if one.severity is Severity.ERROR)
    warnings = sum(1 for one in diagnostics if one.severity is Severity.WARNING)
    fleet = plan.head.fleet
    policies = len(fleet.propagation_policies) + len(fleet.override_policies)
    say(
        f"{count_of(len(fleet.templates), 'object')}, {count_of(policies, 'policy', 'policies')}, "
        f"{count_of(len(fleet.clusters), 'cluster')}: "
        f"{count_of(errors, 'error')}, {count_of(warnings, 'warning')}"
    )
    return code
