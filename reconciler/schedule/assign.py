"""Replicas for the selected clusters (Karmada: core/common.go, AssignReplicas)."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import groupby

from reconciler.model.binding import Target
from reconciler.model.decision import ScheduleReason
from reconciler.model.policy import DivisionPreference, Placement, ReplicaSchedulingType
from reconciler.schedule.capacity import counts_sets
from reconciler.schedule.framework import Division, Profile, Refusal, Strategy
from reconciler.schedule.request import Candidate, Request, Share
from reconciler.schedule.trace import Recorder


def assigned(
    request: Request, profile: Profile, selected: list[Candidate], recorder: Recorder | None
) -> list[Target]:
    """Targets that got something.

    What is no workload, or has several pod templates, goes to all.
    """
    binding = request.binding
    if not is_divisible(request):
        components = (
            tuple((one.name, one.replicas) for one in binding.components)
            if counts_sets(request) and len(binding.components) > 1
            else ()
        )
        return [Target(name=one.name, components=components) for one in selected]
    replicas: dict[str, int] = {}
    for share in shares(request, selected):
        result = divided(share, profile, recorder)
        replicas |= {name: count for name, count in result.items() if count > 0}
    return [Target(name=name, replicas=count) for name, count in replicas.items()]


def is_divisible(request: Request) -> bool:
    """Whether replicas are assigned at all."""
    binding = request.binding
    has_pods = binding.replicas > 0 or binding.requirements is not None
    return has_pods and len(binding.components) <= 1


def shares(request: Request, selected: list[Candidate]) -> Iterator[Share]:
    """All replicas to all clusters; with overflow, tier after tier as much as each has room for.

    Raises Refusal after the last tier when replicas are left over.
    """
    replicas = request.binding.replicas
    if not request.overflow:
        yield Share(request=request, candidates=tuple(selected), replicas=replicas)
        return
    ordered = sorted(selected, key=lambda one: one.overflow_order)
    for _, members in groupby(ordered, key=lambda one: one.overflow_order):
        tier = tuple(members)
        portion = min(replicas, sum(one.available for one in tier))
        yield Share(request=request, candidates=tier, replicas=portion)
        replicas -= portion
        if replicas <= 0:
            return
    message = "Clusters available replicas are not enough to schedule."
    raise Refusal(ScheduleReason.UNSCHEDULABLE, message)


def divided(share: Share, profile: Profile, recorder: Recorder | None) -> dict[str, int]:
    """One share by the division of the placement's strategy."""
    division = division_of(share.request, profile)
    if division is None:
        message = "unsupported replica scheduling strategy, please try another one"
        raise Refusal(ScheduleReason.SCHEDULER_ERROR, message)
    result = dict(division.divide(share))
    if recorder is not None:
        recorder.divide(division.name, share, result, weighs_room=division.weighs_room)
    return result


def division_of(request: Request, profile: Profile) -> Division | None:
    """The profile's division for the placement's strategy."""
    strategy = strategy_of(request.placement)
    return profile.by_strategy.get(strategy) if strategy is not None else None


def strategy_of(placement: Placement) -> Strategy | None:
    """None for a Divided placement whose preference nobody gave."""
    scheduling = placement.replica_scheduling
    if scheduling is None or scheduling.type is ReplicaSchedulingType.DUPLICATED:
        return Strategy.DUPLICATED
    if scheduling.preference is DivisionPreference.AGGREGATED:
        return Strategy.AGGREGATED
    if scheduling.preference is DivisionPreference.WEIGHTED:
        return Strategy.DYNAMIC_WEIGHT if scheduling.dynamic_weight else Strategy.STATIC_WEIGHT
    return None
