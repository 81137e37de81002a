"""Choose clusters by the placement's spread constraints.

Source: Karmada pkg/scheduler/core/spreadconstraint/select_clusters.go; karmada-semantics §2.9.
"""

from __future__ import annotations

from typing import Final

from reconciler.model.decision import ScheduleReason
from reconciler.model.policy import (
    DivisionPreference,
    Placement,
    ReplicaScheduling,
    ReplicaSchedulingType,
    SpreadConstraint,
)
from reconciler.schedule.framework import Refusal
from reconciler.schedule.request import Candidate, Request
from reconciler.schedule.select.by_cluster import select_by_cluster
from reconciler.schedule.select.by_group import GROUPINGS, select_by_group
from reconciler.schedule.trace import Recorder

SPREAD_GATE: Final = "SpreadByZoneAndProvider"


def best_clusters(
    request: Request, candidates: list[Candidate], recorder: Recorder | None = None
) -> list[Candidate]:
    """The clusters to use; `candidates` are in order of preference."""
    placement = request.placement
    if uses_all(request):
        return candidates
    constraints = {one.by_field: one for one in placement.spread_constraints}
    cluster_constraint = constraints.get("cluster")
    field = grouping_field(placement, extended=SPREAD_GATE in request.context.gates)
    if field:
        return select_by_group(
            request,
            candidates,
            GROUPINGS[field],
            constraints[field],
            cluster_constraint or SpreadConstraint(by_field="cluster"),
            recorder,
        )
    if cluster_constraint is None:
        message = "just support cluster and region spread constraint"
        raise Refusal(ScheduleReason.SCHEDULER_ERROR, message)
    return select_by_cluster(candidates, cluster_constraint, needed_replicas(request))


def uses_all(request: Request) -> bool:
    """Whether every candidate is used, whatever it can take."""
    placement = request.placement
    return not placement.spread_constraints or ignores_constraints(placement.replica_scheduling)


def grouping_field(placement: Placement, *, extended: bool) -> str:
    """Which property makes the groups, `` for none; zone and provider are an extension of ours."""
    fields = {one.by_field for one in placement.spread_constraints}
    if not extended:
        return "region" if "region" in fields else ""
    if placement.spread_conflict:
        raise Refusal(ScheduleReason.SCHEDULER_ERROR, placement.spread_conflict)
    return next((name for name in ("region", "zone", "provider") if name in fields), "")


def ignores_constraints(scheduling: ReplicaScheduling | None) -> bool:
    """Static weights use every feasible cluster. Karmada: shouldIgnoreSpreadConstraint."""
    if scheduling is None or scheduling.type is not ReplicaSchedulingType.DIVIDED:
        return False
    if scheduling.preference is not DivisionPreference.WEIGHTED:
        return False
    return scheduling.weights is None or (
        bool(scheduling.weights) and not scheduling.dynamic_weight
    )


def needed_replicas(request: Request) -> int | None:
    """Replicas that the selected clusters together must be able to take, None: any will do."""
    scheduling = request.placement.replica_scheduling
    if scheduling is None or scheduling.type is ReplicaSchedulingType.DUPLICATED:
        return None
    return 1 if len(request.binding.components) > 1 else request.binding.replicas
