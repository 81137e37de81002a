"""`reconciler impact`: everything that a policy or a file touches."""

from __future__ import annotations

import click

from reconciler.cli.console import say, show_json
from reconciler.cli.options import head_option, namespace_option, output_option, repo_option

_EPILOG = """\b
Examples:
  reconciler impact policies/web.yaml
  reconciler impact OverridePolicy/edge
  reconciler impact clusters/eu-1.yaml          everything that is on the cluster
"""


@click.command("impact", epilog=_EPILOG)
@click.argument("subject", metavar="POLICY|FILE")
@namespace_option
@head_option
@output_option
@repo_option
def command(subject: str, namespace: str, head: str, output: str, repo: str) -> int:
    """List every object and cluster that a policy or a file of the repository touches."""
    from reconciler.cli.explanations import encode_impact, impact_lines, said
    from reconciler.runtime.explaining import Explainer
    from reconciler.runtime.repository import FleetRepository

    found = Explainer(FleetRepository.open_or_mirror(repo), head).impact(subject, namespace)
    if output == "json":
        show_json([encode_impact(one) for one in found])
        return 0
    said(impact_lines(found))
    if not found:
        say("nothing: the file holds no document")
    return 0
