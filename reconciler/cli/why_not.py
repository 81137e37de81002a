"""`reconciler why-not`: why an object is not on a cluster."""

from __future__ import annotations

import click

from reconciler.cli.console import show_json
from reconciler.cli.options import head_option, namespace_option, output_option, repo_option

_EPILOG = """\b
Examples:
  reconciler why-not Deployment/web us-1
  reconciler why-not Deployment/web us-1 --head pr-42
"""


@click.command("why-not", epilog=_EPILOG)
@click.argument("subject", metavar="KIND/NAME")
@click.argument("cluster")
@namespace_option
@head_option
@output_option
@repo_option
def command(subject: str, cluster: str, namespace: str, head: str, output: str, repo: str) -> int:
    """Say what keeps an object from a cluster, the decisive reason first."""
    from reconciler.cli.explanations import encode_why_not, said, why_not_lines
    from reconciler.runtime.explaining import Explainer
    from reconciler.runtime.repository import FleetRepository

    explainer = Explainer(FleetRepository.open_or_mirror(repo), head)
    found = explainer.why_not(subject, cluster, namespace)
    if output == "json":
        show_json(encode_why_not(found))
        return 0
    said(why_not_lines(found))
    return 0
