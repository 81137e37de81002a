"""A simulated fleet as a program of its own, until it is told to end: `reconciler simulate`.

With a folder for kubeconfigs the fleet speaks TLS, because kubectl sends tokens over nothing else;
without openssl it speaks plain HTTP, which every other client of a kubeconfig accepts.
"""

from __future__ import annotations

import shutil
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from reconciler.adapters.simulation.certificates import Certificate, self_signed
from reconciler.adapters.simulation.fleet import DEFAULT_NODES, Endpoint, SimulatedFleet
from reconciler.adapters.simulation.kubeconfig import write


@dataclass(frozen=True, slots=True, kw_only=True)
class Simulation:
    """What to run. `state` is a SQLite file that survives; `pods` makes generated populations."""

    clusters: int = 1
    version: str = "1.36"
    host: str = "127.0.0.1"
    port: int = 0
    kubeconfig_folder: Path | None = None
    state: Path | None = None
    nodes: int = DEFAULT_NODES
    pods: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Running:
    """A fleet that answers, and the kubeconfigs written for it."""

    fleet: SimulatedFleet
    endpoints: Mapping[str, Endpoint]
    kubeconfigs: tuple[Path, ...]


@asynccontextmanager
async def running(simulation: Simulation) -> AsyncIterator[Running]:
    """Serve until the block ends."""
    folder = simulation.kubeconfig_folder
    fleet = SimulatedFleet(
        simulation.clusters,
        version=simulation.version,
        nodes=simulation.nodes,
        pods=simulation.pods,
        path=simulation.state,
        certificate=_certificate(folder),
    )
    try:
        async with fleet.serve(simulation.host, simulation.port) as endpoints:
            written = () if folder is None else tuple(write(folder, endpoints))
            yield Running(fleet=fleet, endpoints=endpoints, kubeconfigs=written)
    finally:
        fleet.close()


def _certificate(folder: Path | None) -> Certificate | None:
    if folder is None or shutil.which("openssl") is None:
        return None
    return self_signed(folder / "tls")
