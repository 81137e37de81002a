"""General estimator: how many replicas of one pod template a cluster can take.

Source: Karmada pkg/estimator/client/general.go, maxAvailableReplicas (karmada-semantics §2.10).
"""

from __future__ import annotations

from collections.abc import Hashable

from reconciler.model.binding import ReplicaRequirements
from reconciler.model.cluster import Cluster, ResourceSummary
from reconciler.model.quantity import ZERO, Quantity
from reconciler.schedule.estimate.nodes import CPU, PODS, Nodes, amounts
from reconciler.schedule.integers import MAX_INT32, MAX_INT64, int32


def available_replicas(
    cluster: Cluster, requirements: ReplicaRequirements | None, *, uses_models: bool
) -> int:
    """Replicas that fit: 0 without reported capacity, any number in an assumed cluster."""
    if cluster.facts is not None and cluster.facts.is_assumed:
        return MAX_INT32
    summary = cluster.facts.resource_summary if cluster.facts else None
    if summary is None:
        return 0
    pods = allowed_pods(summary)
    if pods <= 0:
        return 0
    if requirements is None:
        return int32(pods)
    if uses_models and summary.modelings:
        nodes = Nodes.of(cluster)
        if nodes is not None:
            room = min(nodes.room_for(amounts(requirements.resources)), MAX_INT32)
            return int32(min(pods, room))
    return int32(min(pods, _by_summary(summary, requirements)))


def requirements_key(requirements: ReplicaRequirements | None) -> Hashable:
    """What two requirements with the same estimate have in common."""
    if requirements is None:
        return None
    return tuple(
        sorted(
            (name, amount.nanos, amount.notation) for name, amount in requirements.resources.items()
        )
    )


def allowed_pods(summary: ResourceSummary) -> int:
    """Pods that may still be created, 0 when more exist than may."""
    return max(
        summary.allocatable.get(PODS, ZERO).value()
        - summary.allocated.get(PODS, ZERO).value()
        - summary.allocating.get(PODS, ZERO).value(),
        0,
    )


def free_amount(summary: ResourceSummary, name: str) -> Quantity | None:
    """Allocatable less what is allocated and being allocated; None for an unknown resource."""
    free = summary.allocatable.get(name)
    if free is None:
        return None
    for taken in (summary.allocated.get(name), summary.allocating.get(name)):
        if taken is not None:
            free = free - taken
    return free


def _by_summary(summary: ResourceSummary, requirements: ReplicaRequirements) -> int:
    replicas = MAX_INT64
    for name, request in requirements.resources.items():
        if request.value() <= 0:
            continue
        free = free_amount(summary, name)
        if free is None or free.value() <= 0:
            return 0
        if name == CPU:
            replicas = min(replicas, free.milli_value() // request.milli_value())
        else:
            replicas = min(replicas, free.value() // request.value())
    return replicas
