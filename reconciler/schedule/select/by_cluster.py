"""Spread over clusters alone: the most preferred, exchanged for roomier ones where needed.

Source: Karmada pkg/scheduler/core/spreadconstraint/select_clusters_by_cluster.go.
"""

from __future__ import annotations

from reconciler.model.decision import ScheduleReason
from reconciler.model.policy import SpreadConstraint
from reconciler.schedule.framework import Refusal
from reconciler.schedule.request import Candidate


def select_by_cluster(
    candidates: list[Candidate], constraint: SpreadConstraint, replicas: int | None
) -> list[Candidate]:
    """At most maxGroups clusters; `replicas` None asks for no room. maxGroups 0 selects none, as in
    Karmada.
    """
    if len(candidates) < constraint.min_groups:
        message = "the number of feasible clusters is less than spreadConstraint.MinGroups"
        raise Refusal(ScheduleReason.SCHEDULER_ERROR, message)
    count = min(len(candidates), constraint.max_groups)
    if replicas is None:
        return candidates[:count]
    selected = with_room(candidates[:count], candidates[count:], replicas)
    if not selected:
        message = f"no enough resource when selecting {count} clusters"
        raise Refusal(ScheduleReason.SCHEDULER_ERROR, message)
    return selected


def with_room(selected: list[Candidate], rest: list[Candidate], replicas: int) -> list[Candidate]:
    """From the least preferred on, exchange a cluster for the roomiest of the rest (the first of
    equals) until the selected have room; empty when they never have.
    """
    room = sum(one.available for one in selected)
    for position in range(len(selected) - 1, -1, -1):
        if room >= replicas:
            break
        roomiest = max(range(len(rest)), key=lambda at: rest[at].available, default=None)
        if roomiest is None or rest[roomiest].available <= selected[position].available:
            continue
        room += rest[roomiest].available - selected[position].available
        selected[position], rest[roomiest] = rest[roomiest], selected[position]
    return selected if room >= replicas else []
