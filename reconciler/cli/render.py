"""`reconciler render`: every cluster's manifests as files."""

from __future__ import annotations

from pathlib import Path

import click

from reconciler.cli.console import input_exit, say, show_diagnostics, show_json
from reconciler.cli.options import output_option, repo_option

_EPILOG = """\b
Examples:
  reconciler render -o out                 out/<cluster>/<namespace>/<group>/<Kind>/<name>.yaml
  reconciler render -o out --head pr-42
"""


@click.command("render", epilog=_EPILOG)
@click.option(
    "-o",
    "--output-dir",
    "folder",
    type=click.Path(path_type=Path, file_okay=False),
    required=True,
    help="Folder to write to; it must be empty or not exist.",
)
@click.option("--head", default="HEAD", show_default=True, help="Revision to render.")
@output_option
@repo_option
def command(folder: Path, head: str, output: str, repo: str) -> int:
    """Write every cluster's manifests to a folder. Values of Secrets are withheld."""
    from reconciler.model.config import FleetConfig
    from reconciler.model.errors import SettingsInvalid
    from reconciler.model.paths import component
    from reconciler.runtime.offline import Planner
    from reconciler.runtime.repository import FleetRepository
    from reconciler.runtime.works_files import withheld, works_files

    if folder.exists() and any(folder.iterdir()):
        raise SettingsInvalid(f"{folder} is not empty", hint="name a folder that is, or a new one")
    outcome = Planner(FleetRepository.local(Path(repo))).plan(base="", head=head).head
    config = outcome.fleet.config or FleetConfig()
    diagnostics = list(outcome.diagnostics)
    written = {}
    for cluster, works in outcome.works.items():
        diagnostics += withheld(works, cluster, config)
        files = works_files(works, config)
        written[cluster] = len(files)
        for path, data in files.items():
            place = folder / component(cluster) / path
            place.parent.mkdir(parents=True, exist_ok=True)
            place.write_bytes(data)
    show_diagnostics(diagnostics)
    if output == "json":
        show_json({"folder": str(folder), "written": written})
    else:
        for cluster, count in sorted(written.items()):
            say(f"{folder / component(cluster)}: {count} manifests")
    return input_exit(diagnostics)
