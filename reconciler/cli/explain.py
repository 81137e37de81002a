"""`reconciler explain`: why an object is where it is, and as it is."""

from __future__ import annotations

import click

from reconciler.cli.console import show_json
from reconciler.cli.options import head_option, namespace_option, output_option, repo_option

_EPILOG = """\b
Examples:
  reconciler explain Deployment/web                       policies, filters, scores, division
  reconciler explain Deployment/web --cluster edge-1      and each override with its patch
  reconciler explain Deployment/web --field spec.replicas who set the field, cluster by cluster
"""


@click.command("explain", epilog=_EPILOG)
@click.argument("subject", metavar="KIND/NAME")
@click.option("--cluster", default="", help="Only this cluster.")
@click.option("--field", "path", default="", help="A field, or everything below it.")
@namespace_option
@head_option
@output_option
@repo_option
def command(
    subject: str, cluster: str, path: str, namespace: str, head: str, output: str, repo: str
) -> int:
    """Tell the decision chain of one object: policy, clusters, replicas, overrides, fields."""
    from reconciler.cli.explanations import encode_explanation, explanation_lines, said
    from reconciler.runtime.explaining import Explainer
    from reconciler.runtime.repository import FleetRepository

    explainer = Explainer(FleetRepository.open_or_mirror(repo), head)
    found = explainer.explain(subject, namespace, cluster=cluster, path=path)
    if output == "json":
        show_json(encode_explanation(found))
        return 0
    said(explanation_lines(found))
    return 0
