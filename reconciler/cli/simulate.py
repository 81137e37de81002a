"""`reconciler simulate`: member clusters in this process, behind a real HTTP API."""

from __future__ import annotations

import asyncio
import signal
from pathlib import Path

import click

from reconciler.cli.console import say, show_json, table
from reconciler.cli.options import output_option

_EPILOG = """\b
Examples:
  reconciler simulate --clusters 5 --port 7443 --kubeconfig-dir ./kubeconfigs
  kubectl --kubeconfig kubeconfigs/member1.kubeconfig get nodes
  reconciler simulate --state members.db      what was there survives a restart
"""


@click.command("simulate", epilog=_EPILOG)
@click.option(
    "--clusters", default=1, show_default=True, type=click.IntRange(min=1), help="How many."
)
@click.option(
    "--version", default="1.36", show_default=True, help="Kubernetes version they answer as."
)
@click.option(
    "--port", default=0, show_default=True, type=click.IntRange(0, 65535), help="0: any free one."
)
@click.option(
    "--kubeconfig-dir",
    type=click.Path(path_type=Path, file_okay=False),
    help="Write DIR/<cluster>.kubeconfig for each.",
)
@click.option(
    "--state", type=click.Path(path_type=Path, dir_okay=False), help="SQLite file that survives."
)
@click.option("--nodes", default=3, show_default=True, type=click.IntRange(min=0), help="Of each.")
@output_option
def command(
    clusters: int,
    version: str,
    port: int,
    kubeconfig_dir: Path | None,
    state: Path | None,
    nodes: int,
    output: str,
) -> int:
    """Run simulated member clusters on loopback until stopped."""
    from reconciler.adapters.simulation.features import features
    from reconciler.adapters.simulation.running import Simulation

    try:
        features(version)
    except ValueError as error:
        raise click.UsageError(f"--{error}") from error
    wanted = Simulation(
        clusters=clusters,
        version=version,
        port=port,
        kubeconfig_folder=kubeconfig_dir,
        state=state,
        nodes=nodes,
    )
    asyncio.run(_serve(wanted, output))
    return 0


async def _serve(wanted: object, output: str) -> None:
    from reconciler.adapters.simulation.running import Simulation, running

    assert isinstance(wanted, Simulation)
    async with running(wanted) as fleet:
        rows = [(one.name, one.url) for one in fleet.endpoints.values()]
        if output == "json":
            show_json({name: {"url": url} for name, url in rows})
        else:
            table(("CLUSTER", "URL"), rows)
            for path in fleet.kubeconfigs:
                say(f"wrote {path}")
            say("Ctrl-C ends it.")
        stopped = asyncio.Event()
        loop = asyncio.get_running_loop()
        for name in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(name, stopped.set)
        await stopped.wait()
