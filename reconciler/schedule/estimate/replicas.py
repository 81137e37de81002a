"""General estimator: how many replicas of one pod template a cluster can take.

Source: Karmada pkg/estimator/client/general.go, maxAvailableReplicas (karmada-semantics §2.10).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from reconciler.model.binding import ReplicaRequirements
from reconciler.model.quantity import Quantity
from reconciler.schedule.estimate.nodes import CPU, amounts, room_for
from reconciler.schedule.estimate.room import Room
from reconciler.schedule.integers import MAX_INT32, MAX_INT64, int32

Estimate = Callable[[Room], int]
"""How many more fit."""


def replica_estimate(requirements: ReplicaRequirements | None, *, uses_models: bool) -> Estimate:
    """The estimate for these requirements: 0 without room, any number in an unlimited one."""
    request = amounts(requirements.resources) if requirements is not None else {}
    needs = _needs(requirements.resources) if requirements is not None else ()

    def estimate(room: Room) -> int:
        if room.is_unlimited:
            return MAX_INT32
        if room.pods <= 0 or requirements is None:
            return int32(room.pods)
        if uses_models and room.runs is not None:
            return int32(min(room.pods, room_for(room.runs, request), MAX_INT32))
        return int32(min(room.pods, _by_summary(room, needs)))

    return estimate


def _needs(resources: Mapping[str, Quantity]) -> tuple[tuple[str, int], ...]:
    """Resources of which at least something is asked, cpu in thousandths."""
    return tuple(
        (name, amount.milli_value() if name == CPU else amount.value())
        for name, amount in resources.items()
        if amount.value() > 0
    )


def _by_summary(room: Room, needs: tuple[tuple[str, int], ...]) -> int:
    replicas = MAX_INT64
    for name, amount in needs:
        free = room.free(name)
        if free is None or free.nanos <= 0:
            return 0
        has = free.milli_value() if name == CPU else free.value()
        replicas = min(replicas, has // amount)
    return replicas
