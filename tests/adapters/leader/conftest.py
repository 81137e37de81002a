"""Lease servers: a simulated API server, and a real one where there is one."""

from __future__ import annotations

import itertools
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import AsyncExitStack
from dataclasses import dataclass

import pytest

from reconciler.adapters.clock.system import SystemClock
from reconciler.adapters.leader import LeaseElection, Timing
from reconciler.adapters.members.api import ApiMember
from reconciler.adapters.members.credentials import Credentials
from reconciler.adapters.members.opening import member_with
from reconciler.adapters.members.pacing import Limits
from reconciler.adapters.members.pacing import Time as Pace
from reconciler.adapters.simulation import SimulatedFleet
from reconciler.model.cluster import Cluster

_names = itertools.count(1)
#: A tenth of the real thing.
QUICK = Timing(lease_seconds=1.2, renew_seconds=0.7, retry_seconds=0.1)
NAMESPACE = "default"


@dataclass
class LeaseServer:
    """Where leases are kept."""

    url: str
    token: str
    ca_pem: str = ""

    def client(self) -> ApiMember:
        """Connections of one replica."""
        clock = SystemClock()
        return member_with(
            Cluster(name="hub"),
            Credentials(server=self.url, authorization=f"Bearer {self.token}", ca_pem=self.ca_pem),
            time=Pace(now=clock.monotonic, wait=clock.sleep, chance=lambda: 0.5),
            limits=Limits(attempts=1),
            redact=lambda text: text,
        )


@pytest.fixture(scope="session")
def simulated() -> Iterator[LeaseServer]:
    fleet = SimulatedFleet(["hub"])
    endpoint = fleet.start()["hub"]
    yield LeaseServer(url=endpoint.url, token=endpoint.token)
    fleet.stop()


@pytest.fixture(params=["simulated", pytest.param("real", marks=pytest.mark.cluster)])
def lease_server(request: pytest.FixtureRequest) -> LeaseServer:
    if request.param == "simulated":
        server: LeaseServer = request.getfixturevalue("simulated")
        return server
    real = request.getfixturevalue("real_api_server")
    return LeaseServer(url=real.url, token=real.token, ca_pem=real.ca_file.read_text())


@pytest.fixture
def lease_name() -> str:
    return f"hub-{next(_names)}"


Replica = Callable[[str], LeaseElection]


@pytest.fixture
async def replica(lease_server: LeaseServer, lease_name: str) -> AsyncIterator[Replica]:
    """Makes replicas that compete for one lease."""
    async with AsyncExitStack() as open_clients:

        def make(identity: str) -> LeaseElection:
            client = lease_server.client()
            open_clients.push_async_callback(client.close)
            return LeaseElection(
                client,
                namespace=NAMESPACE,
                name=lease_name,
                identity=identity,
                clock=SystemClock(),
                timing=QUICK,
            )

        yield make
