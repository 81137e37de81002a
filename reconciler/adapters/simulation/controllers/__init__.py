"""What makes a simulated cluster move: small controllers, run on the cluster's clock.

A controller is one module with `run(view)`: it reads objects, writes what its counterpart in a real
cluster would write, and calls `view.wake_at(time)` where only time has to pass. The table is the
order they run in, over and over until nothing changes. A new controller is a file and a row.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import TYPE_CHECKING, Final

from reconciler.adapters.simulation.controllers import (
    budgets,
    cronjobs,
    daemonsets,
    deployments,
    garbage,
    jobs,
    kubelet,
    namespaces,
    nodes,
    replicasets,
    scheduler,
    services,
    statefulsets,
    volumes,
)
from reconciler.adapters.simulation.controllers.view import View

if TYPE_CHECKING:
    from reconciler.adapters.simulation.cluster import SimulatedCluster

CONTROLLERS: Final[tuple[Callable[[View], None], ...]] = (
    nodes.run,
    cronjobs.run,
    deployments.run,
    replicasets.run,
    statefulsets.run,
    daemonsets.run,
    jobs.run,
    volumes.run,
    scheduler.run,
    kubelet.run,
    services.run,
    budgets.run,
    garbage.run,
    namespaces.run,
)
_ROUNDS: Final = 64


def settle(cluster: SimulatedCluster) -> datetime | None:
    """Run every controller until nothing changes; returns when time alone changes something."""
    view = View(cluster)
    for _ in range(_ROUNDS):
        before = cluster.store.revision
        view.begin()
        for run in CONTROLLERS:
            run(view)
        if cluster.store.revision == before:
            break
    return view.next_wake
