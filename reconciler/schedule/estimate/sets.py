"""General estimator for workloads of several pod templates: how many whole sets a cluster can take.

Source: Karmada pkg/estimator/client/general.go, maxAvailableComponentSets.
"""

from __future__ import annotations

from typing import Final

from reconciler.model.binding import Component
from reconciler.model.quantity import Notation, Quantity
from reconciler.schedule.estimate.nodes import Amounts, Runs, amounts, placed
from reconciler.schedule.estimate.replicas import Estimate
from reconciler.schedule.estimate.room import Room
from reconciler.schedule.integers import MAX_INT32, int32

# What a member claims to have may be beyond all measure; so many sets are as good as any number.
LARGEST_SIMULATION: Final = 100_000

Requests = list[tuple[Amounts, int]]


def set_estimate(components: tuple[Component, ...], *, uses_models: bool) -> Estimate:
    """The estimate for one set of all components."""
    pods_of_a_set = sum(one.replicas for one in components)
    demand = _demand(components)
    requests = [
        (amounts(one.requirements.resources) if one.requirements else {}, one.replicas)
        for one in components
    ]

    def estimate(room: Room) -> int:
        if room.is_unlimited:
            return MAX_INT32
        if room.pods <= 0 or pods_of_a_set <= 0:
            return int32(room.pods)
        sets = _by_summary(room, demand, int32(room.pods // pods_of_a_set))
        if uses_models and room.runs is not None:
            return _by_models(room.runs, requests, sets)
        return sets

    return estimate


def _by_summary(room: Room, demand: dict[str, int], upper_bound: int) -> int:
    sets = upper_bound
    for name, amount in demand.items():
        if amount <= 0:
            continue
        free = room.free(name)
        if free is None or whole(free) <= 0:
            return 0
        sets = min(sets, int32(whole(free) // amount))
    return sets


def _by_models(runs: Runs, requests: Requests, upper_bound: int) -> int:
    """Sets placed first-fit, one after another."""
    for count in range(min(upper_bound, LARGEST_SIMULATION)):
        for request, replicas in requests:
            after = placed(runs, request, replicas)
            if after is None:
                return count
            runs = after
    return upper_bound


def _demand(components: tuple[Component, ...]) -> dict[str, int]:
    demand: dict[str, int] = {}
    for one in components:
        for name, amount in (one.requirements.resources if one.requirements else {}).items():
            demand[name] = demand.get(name, 0) + whole(amount) * one.replicas
    return demand


def whole(quantity: Quantity) -> int:
    """Karmada: quantityAsInt64, thousandths for what is written in decimal notation."""
    return quantity.value() if quantity.notation is Notation.BINARY else quantity.milli_value()
