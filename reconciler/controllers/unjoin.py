"""A cluster whose document is gone leaves every binding; its objects are kept.

Rule (design §4, Cluster facts): removing a Cluster document is `unjoin --keep`. Replicas go
elsewhere, and nothing is deleted there: a cluster that is no member is not written to. A document
that could not be read is not gone.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import datetime

from reconciler.controllers.evidence import bindings, clusters
from reconciler.model.binding import BindingState
from reconciler.model.intent import EndEviction, Evict, Intent
from reconciler.model.world import World


def intents(world: World, _: datetime) -> Iterator[Intent]:
    """Every target and every eviction task on a cluster that is no member any more."""
    if world.last_applied is None and world.fleet.frozen:
        return  # nobody knows which clusters the unreadable documents describe
    known = clusters(world)
    for key, state in bindings(world, _elsewhere(frozenset(known))):
        for target in state.targets:
            if target.name not in known:
                cause = f"{target.name} left the fleet"
                yield Evict(key=key, cluster=target.name, cause=cause)
        for task in state.eviction_tasks:
            if task.from_cluster not in known:
                cause = f"{task.from_cluster} left the fleet"
                yield EndEviction(key=key, cluster=task.from_cluster, cause=cause)


def _elsewhere(known: frozenset[str]) -> Callable[[BindingState], bool]:
    """Whether a binding is on a cluster that is not known; targets that many bindings share are
    looked at once.
    """
    verdicts: dict[int, bool] = {}

    def is_elsewhere(state: BindingState) -> bool:
        verdict = verdicts.get(id(state.targets))
        if verdict is None:
            verdict = any(one.name not in known for one in state.targets)
            verdicts[id(state.targets)] = verdict
        return verdict or any(one.from_cluster not in known for one in state.eviction_tasks)

    return is_elsewhere
