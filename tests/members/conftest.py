"""The servers that every contract case runs on: simulations of three versions, and a real one."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from reconciler.adapters.simulation import SimulatedCluster, SimulatedFleet
from tests.members.contract import Server

VERSIONS = ("1.20", "1.28", "1.36")


@pytest.fixture(scope="session")
def simulations() -> Iterator[dict[str, Server]]:
    """One served simulation a version, without controllers."""
    fleet = SimulatedFleet(
        [SimulatedCluster(f"v{version}", version=version) for version in VERSIONS]
    )
    endpoints = fleet.start()
    yield {
        version: Server(url=endpoints[f"v{version}"].url, minor=int(version.split(".")[1]))
        for version in VERSIONS
    }
    fleet.stop()


@pytest.fixture(params=[*VERSIONS, pytest.param("real", marks=pytest.mark.cluster)])
def server(request: pytest.FixtureRequest, simulations: dict[str, Server]) -> Server:
    if request.param != "real":
        return simulations[request.param]
    real = request.getfixturevalue("real_api_server")
    return Server(
        url=real.url,
        minor=int(real.version.split(".")[1]),
        verify=str(real.ca_file),
        is_real=True,
    )
