"""General estimator for workloads of several pod templates: how many whole sets a cluster can take.

Source: Karmada pkg/estimator/client/general.go, maxAvailableComponentSets.
"""

from __future__ import annotations

from typing import Final

from reconciler.model.binding import Component
from reconciler.model.cluster import Cluster, ResourceSummary
from reconciler.model.quantity import Notation, Quantity
from reconciler.schedule.estimate.nodes import Nodes, amounts
from reconciler.schedule.estimate.replicas import allowed_pods, free_amount
from reconciler.schedule.integers import MAX_INT32, int32

LARGEST_SIMULATION: Final = 100_000


def available_sets(
    cluster: Cluster, components: tuple[Component, ...], *, uses_models: bool
) -> int:
    """Complete sets that fit: 0 without reported capacity, any number in an assumed cluster."""
    if cluster.facts is not None and cluster.facts.is_assumed:
        return MAX_INT32
    summary = cluster.facts.resource_summary if cluster.facts else None
    if summary is None:
        return 0
    pods = allowed_pods(summary)
    if pods <= 0:
        return 0
    pods_of_a_set = sum(one.replicas for one in components)
    if pods_of_a_set <= 0:
        return int32(pods)
    sets = _by_summary(summary, components, int32(pods // pods_of_a_set))
    if uses_models and summary.modelings and sets > 0:
        return _by_models(cluster, components, sets)
    return sets


def _by_summary(
    summary: ResourceSummary, components: tuple[Component, ...], upper_bound: int
) -> int:
    sets = upper_bound
    for name, amount in _demand(components).items():
        if amount <= 0:
            continue
        free = free_amount(summary, name)
        if free is None or _whole(free) <= 0:
            return 0
        sets = min(sets, int32(_whole(free) // amount))
    return sets


def _by_models(cluster: Cluster, components: tuple[Component, ...], upper_bound: int) -> int:
    """Sets placed first-fit, one after another; the bound where models cannot be used."""
    nodes = Nodes.of(cluster)
    if nodes is None:
        return upper_bound
    requests = [
        (amounts(one.requirements.resources) if one.requirements else {}, one.replicas)
        for one in components
    ]
    # What a member claims to have may be beyond all measure.
    for placed in range(min(upper_bound, LARGEST_SIMULATION)):
        if not all(nodes.place(request, replicas) for request, replicas in requests):
            return placed
    return upper_bound


def _demand(components: tuple[Component, ...]) -> dict[str, int]:
    demand: dict[str, int] = {}
    for one in components:
        for name, amount in (one.requirements.resources if one.requirements else {}).items():
            demand[name] = demand.get(name, 0) + _whole(amount) * one.replicas
    return demand


def _whole(quantity: Quantity) -> int:
    """Karmada: quantityAsInt64, thousandths for what was written in decimal notation."""
    return quantity.value() if quantity.notation is Notation.BINARY else quantity.milli_value()
