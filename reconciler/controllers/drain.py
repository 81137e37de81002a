"""A cluster whose document says `fleet-reconciler.io/unjoin: delete` gives up what it has.

Rules: nothing is scheduled there any more. What stands there stays until its replacement is healthy
or its grace period is over, as in any graceful eviction; without the gate GracefulEviction it goes
at once, as in Karmada, where deleting a Cluster deletes its Works (karmada-semantics §2.25). Each
deletion is an ordinary one, within the budget.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Final

from reconciler.controllers.evidence import bindings, clusters, gates
from reconciler.controllers.tasks import GRACEFUL_GATE, GRACEFULLY
from reconciler.model.binding import BindingState, EvictionTask
from reconciler.model.instant import written
from reconciler.model.intent import Evict, Intent
from reconciler.model.world import World

PRODUCER: Final = "Unjoin"
REASON: Final = "ClusterUnjoining"


def intents(world: World, now: datetime) -> Iterator[Intent]:
    """The eviction of every binding that is on such a cluster."""
    leaving = frozenset(name for name, one in clusters(world).items() if one.is_deleting)
    if not leaving:
        return
    is_graceful = GRACEFUL_GATE in gates(world)

    def is_there(state: BindingState) -> bool:
        return any(target.name in leaving for target in state.targets)

    for key, state in bindings(world, is_there):
        for target in state.targets:
            if target.name in leaving:
                yield Evict(
                    key=key,
                    cluster=target.name,
                    task=_task(target.name, now) if is_graceful else None,
                    cause=f"{target.name} is to leave the fleet",
                )


def _task(cluster: str, now: datetime) -> EvictionTask:
    return EvictionTask(
        from_cluster=cluster,
        purge_mode=GRACEFULLY,
        reason=REASON,
        producer=PRODUCER,
        created=written(now),
    )
