"""Random writes get the same answers from a real server and from the simulation of its version."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from reconciler.adapters.simulation import SimulatedCluster, SimulatedFleet
from tests.members.contract import Server
from tests.members.random_requests import Author, Write
from tests.members.transcripts import compared
from tests.realcluster import RealApiServer

pytestmark = pytest.mark.cluster
WRITES = 250


@pytest.fixture
def pair(real_api_server: RealApiServer) -> Iterator[tuple[Server, Server]]:
    """The real server and a fresh simulation of its version."""
    version = real_api_server.version
    minor = int(version.split(".")[1])
    fleet = SimulatedFleet([SimulatedCluster("twin", version=version)])
    real = Server(url=real_api_server.url, minor=minor, verify=str(real_api_server.ca_file))
    yield real, Server(url=fleet.start()["twin"].url, minor=minor)
    fleet.close()


def answered(server: Server, write: Write) -> tuple[int, object]:
    code, body = server.call(write.method, write.path, write.body, media=write.media, **write.query)
    return code, compared(body)


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_random_writes_agree(pair: tuple[Server, Server], seed: int) -> None:
    space = f"random-{seed}"
    namespace = {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": space}}
    real, simulated = pair
    for server in pair:
        assert server.post("/api/v1/namespaces", namespace)[0] == 201
    for number, write in enumerate(Author(seed, space).writes(WRITES)):
        expected = answered(real, write)
        assert answered(simulated, write) == expected, f"request {number}: {write}"
