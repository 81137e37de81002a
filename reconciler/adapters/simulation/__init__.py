"""Member clusters in process behind a real HTTP API: the embedded default and the test bench.

It answers as the API server does, or 501. What it leaves out is listed in docs/simulation.md.
"""

from __future__ import annotations

from reconciler.adapters.simulation.access import ADMIN, ANONYMOUS, VIEWER, User
from reconciler.adapters.simulation.clocks import Clock, ManualClock, system_clock
from reconciler.adapters.simulation.cluster import SimulatedCluster
from reconciler.adapters.simulation.errors import ApiError
from reconciler.adapters.simulation.faults import Faults
from reconciler.adapters.simulation.fleet import Endpoint, SimulatedFleet

__all__ = [
    "ADMIN",
    "ANONYMOUS",
    "VIEWER",
    "ApiError",
    "Clock",
    "Endpoint",
    "Faults",
    "ManualClock",
    "SimulatedCluster",
    "SimulatedFleet",
    "User",
    "system_clock",
]
