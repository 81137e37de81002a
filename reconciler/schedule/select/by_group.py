"""Spread over groups of clusters: regions as in Karmada, zones and providers by the same rules.

First the groups are chosen, then the best cluster of each, then more clusters of those groups while
the cluster constraint allows. A cluster counts in each of its zones but is taken once.

Source: Karmada pkg/scheduler/core/spreadconstraint/select_clusters_by_region.go, group_clusters.go.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from reconciler.model.cluster import Cluster
from reconciler.model.decision import ScheduleReason
from reconciler.model.policy import ReplicaSchedulingType, SpreadConstraint
from reconciler.schedule.framework import Refusal
from reconciler.schedule.request import Candidate, Request
from reconciler.schedule.select.groups import Group, best_groups
from reconciler.schedule.trace import Recorder

Grouping = Callable[[Cluster], tuple[str, ...]]

GROUPINGS: Final[dict[str, Grouping]] = {
    "region": lambda cluster: (cluster.region,) if cluster.region else (),
    "zone": lambda cluster: cluster.zones,
    "provider": lambda cluster: (cluster.provider,) if cluster.provider else (),
}

# Karmada: weightUnit, what one cluster or one replica counts against a score of at most 100.
WEIGHT_UNIT: Final = 1000


def select_by_group(
    request: Request,
    candidates: list[Candidate],
    grouping: Grouping,
    group_constraint: SpreadConstraint,
    cluster_constraint: SpreadConstraint,
    recorder: Recorder | None = None,
) -> list[Candidate]:
    """The clusters of the best groups."""
    members = grouped(candidates, grouping)
    if len(members) < group_constraint.min_groups:
        field = group_constraint.by_field
        message = f"the number of feasible {field} is less than spreadConstraint.MinGroups"
        raise Refusal(ScheduleReason.SCHEDULER_ERROR, message)
    groups = [
        Group(name, len(clusters), group_score(request, clusters, group_constraint))
        for name, clusters in members.items()
    ]
    best = best_groups(
        groups,
        shortest=group_constraint.min_groups,
        longest=group_constraint.max_groups,
        clusters=cluster_constraint.min_groups,
    )
    if recorder is not None:
        scores = {group.name: (group.clusters, group.weight) for group in groups}
        recorder.group(group_constraint.by_field, scores, [group.name for group in best])
    if not best:
        message = "the number of clusters is less than the cluster spreadConstraint.MinGroups"
        raise Refusal(ScheduleReason.SCHEDULER_ERROR, message)
    return filled([members[group.name] for group in best], cluster_constraint)


def grouped(candidates: list[Candidate], grouping: Grouping) -> dict[str, list[Candidate]]:
    """Candidates by group, the order of preference kept within each."""
    members: dict[str, list[Candidate]] = {}
    for candidate in candidates:
        for name in dict.fromkeys(grouping(candidate.cluster)):
            members.setdefault(name, []).append(candidate)
    return members


def filled(groups: list[list[Candidate]], constraint: SpreadConstraint) -> list[Candidate]:
    """The best cluster of each group, then the others by preference up to maxGroups."""
    selected: dict[str, Candidate] = {}
    for group in groups:
        first = next((one for one in group if one.name not in selected), None)
        if first is not None:
            selected[first.name] = first
    others = {one.name: one for group in groups for one in group if one.name not in selected}
    total = min(len(selected) + len(others), constraint.max_groups)
    ranked = sorted(others.values(), key=preference)
    return [*selected.values(), *ranked[: max(total - len(selected), 0)]]


def preference(candidate: Candidate) -> tuple[int, int, int, str]:
    """Sort key of clusters everywhere: overflow order, score, room, name."""
    return (
        candidate.overflow_order,
        -candidate.score,
        -candidate.available,
        candidate.cluster.name,
    )


def group_score(request: Request, clusters: list[Candidate], constraint: SpreadConstraint) -> int:
    """How good a group is. Karmada: calcGroupScore."""
    scheduling = request.placement.replica_scheduling
    if scheduling is None or scheduling.type is ReplicaSchedulingType.DUPLICATED:
        return _duplicated_score(request.binding.replicas, clusters)
    return _divided_score(request, clusters, constraint)


def _duplicated_score(replicas: int, clusters: list[Candidate]) -> int:
    """Clusters with room for everything come first, their scores second."""
    fitting = [one.score for one in clusters if one.available >= replicas]
    return len(fitting) * WEIGHT_UNIT + sum(fitting) // len(fitting) if fitting else 0


def _divided_score(
    request: Request, clusters: list[Candidate], constraint: SpreadConstraint
) -> int:
    """Room for this group's share first, the scores of the clusters that give it second."""
    groups = max(constraint.min_groups, 1)
    target = -(-request.binding.replicas // groups)
    of_clusters = (
        one.min_groups for one in request.placement.spread_constraints if one.by_field == "cluster"
    )
    least = max(next(of_clusters, 0), constraint.min_groups)
    room = scores = count = 0
    for one in clusters:
        room += one.available
        scores += one.score
        count += 1
        if count >= least and room >= target:
            break
    if room < target:
        return room * WEIGHT_UNIT + scores // len(clusters)
    return target * WEIGHT_UNIT + scores // count
