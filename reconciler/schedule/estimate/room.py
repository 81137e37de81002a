"""What is left in a cluster, as whole numbers: read once from its report, asked many times.

Source: Karmada pkg/estimator/client/general.go (karmada-semantics §2.10).
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final

from reconciler.model.cluster import Cluster, ResourceSummary
from reconciler.model.quantity import ZERO, Quantity
from reconciler.schedule.estimate.nodes import PODS, Grades, Runs, model_runs


@dataclass(frozen=True, slots=True, kw_only=True)
class Room:
    """Capacity of one cluster.

    `pods`: how many may still be created. `runs`: virtual nodes of the resource models, None where
    the cluster has no models or reports none of them. `is_unlimited`: nothing is known and
    everything assumed.
    """

    pods: int = 0
    summary: ResourceSummary = field(default_factory=ResourceSummary)
    runs: Runs | None = None
    is_unlimited: bool = False

    def free(self, name: str) -> Quantity | None:
        """Allocatable less allocated and allocating; None for an unknown resource."""
        free = self.summary.allocatable.get(name)
        if free is None:
            return None
        for taken in (self.summary.allocated.get(name), self.summary.allocating.get(name)):
            if taken is not None:
                free = free - taken
        return free


NO_ROOM: Final = Room()
UNLIMITED: Final = Room(is_unlimited=True)


def room_of(cluster: Cluster, grades: Grades) -> Room:
    """The room of a cluster whose models have these grades; none where it reported no capacity."""
    facts = cluster.facts
    if facts is not None and facts.is_assumed:
        return UNLIMITED
    summary = facts.resource_summary if facts is not None else None
    if summary is None:
        return NO_ROOM
    return Room(
        pods=allowed_pods(summary),
        summary=summary,
        runs=model_runs(grades, summary.modelings),
    )


def allowed_pods(summary: ResourceSummary) -> int:
    """Pods that may still be created, 0 when more exist than may."""
    taken = (summary.allocated.get(PODS, ZERO), summary.allocating.get(PODS, ZERO))
    return max(summary.allocatable.get(PODS, ZERO).value() - sum(one.value() for one in taken), 0)
