"""One attempt: filter, score, select, assign (Karmada: generic_scheduler.go, Schedule).

Raises Refusal with the reason when the binding cannot be placed under the request's affinity.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Mapping
from typing import Final

from reconciler.model.binding import Target
from reconciler.model.cluster import Cluster
from reconciler.model.decision import ScheduleReason
from reconciler.schedule.assign import assigned, division_of, is_divisible, strategy_of
from reconciler.schedule.capacity import capacities, unlimited
from reconciler.schedule.framework import Profile, Refusal, Strategy
from reconciler.schedule.integers import MAX_INT32
from reconciler.schedule.profiles import BUILT_IN
from reconciler.schedule.request import Candidate, Request
from reconciler.schedule.select import best_clusters, uses_all
from reconciler.schedule.select.by_group import preference
from reconciler.schedule.trace import Recorder

_STEP_SECONDS: Final = "karmada_scheduler_scheduling_algorithm_duration_seconds"


def attempt(request: Request, profile: Profile, recorder: Recorder | None) -> tuple[Target, ...]:
    """Targets sorted by cluster name.

    Where nothing of a binding counts but its kind, its placement and where it is, the answer is
    worked out once for all bindings that share these.
    """
    question = None if recorder is not None else _shared_question(request, profile)
    if question is None:
        return _attempted(request, profile, recorder)
    alive = (request.placement, request.term, request.previous_targets)
    index = request.context.index
    return index.answer(question, alive, lambda: _attempted(request, profile, None))


def _shared_question(request: Request, profile: Profile) -> Hashable | None:
    """What stands for everything that the answer depends on; None where a binding is a case of its
    own: it belongs to a group, its replicas are divided, or somebody else's plugin looks at it.
    """
    binding = request.binding
    if binding.affinity_group or binding.anti_affinity_group or profile is not BUILT_IN:
        return None
    if len(binding.components) > 1 or weighs_room(request, profile):
        return None
    replicas = binding.replicas if is_divisible(request) else None
    if replicas is not None and strategy_of(request.placement) is not Strategy.DUPLICATED:
        return None
    return (
        binding.resource.api_version,
        binding.resource.kind,
        replicas,
        id(request.placement),
        id(request.term),
        id(request.previous_targets),
        request.evicted,
        request.is_fresh,
    )


def _attempted(request: Request, profile: Profile, recorder: Recorder | None) -> tuple[Target, ...]:
    meter = request.context.meter
    began = meter.start()
    feasible = fitting(request, profile, recorder)
    began = meter.took(_STEP_SECONDS, began, "Filter")
    ranked = sorted(candidates(request, profile, feasible, recorder), key=preference)
    began = meter.took(_STEP_SECONDS, began, "Score")
    selected = best_clusters(request, ranked, recorder)
    began = meter.took(_STEP_SECONDS, began, "Select")
    if recorder is not None:
        recorder.select(ranked, selected)
    if not selected:
        raise Refusal(ScheduleReason.SCHEDULER_ERROR, "no clusters available to schedule")
    targets = assigned(request, profile, selected, recorder)
    meter.took(_STEP_SECONDS, began, "AssignReplicas")
    if request.context.enable_empty:
        given = {one.name for one in targets}
        targets += [Target(name=one.name) for one in selected if one.name not in given]
    return tuple(sorted(targets, key=lambda one: one.name))


def fitting(request: Request, profile: Profile, recorder: Recorder | None) -> list[Cluster]:
    """Clusters that every filter lets pass; the first that refuses a cluster gives the reason."""
    checks = [
        (one.name, check)
        for one in profile.filters
        if not one.gate or one.gate in request.context.gates
        if (check := one.prepare(request)) is not None
    ]
    feasible: list[Cluster] = []
    refusals: dict[str, int] = {}
    for cluster in request.context.index.clusters:
        for name, check in checks:
            reason = check(cluster)
            if reason is not None:
                refusals[reason] = refusals.get(reason, 0) + 1
                if recorder is not None:
                    recorder.refuse(cluster, name, reason)
                break
        else:
            feasible.append(cluster)
    if not feasible:
        raise Refusal(ScheduleReason.NO_CLUSTER_FIT, _no_fit(refusals))
    return feasible


def candidates(
    request: Request, profile: Profile, feasible: Iterable[Cluster], recorder: Recorder | None
) -> list[Candidate]:
    """The feasible clusters with score, room and overflow order."""
    rates = [
        (one.name, rate)
        for one in profile.scores
        if not one.gate or one.gate in request.context.gates
        if (rate := one.prepare(request)) is not None
    ]
    feasible, asks = tuple(feasible), recorder is not None or weighs_room(request, profile)
    rooms = capacities(request, feasible) if asks else None
    orders = overflow_orders(request, feasible)
    has = {one.name: one.replicas for one in request.previous_targets}
    found: list[Candidate] = []
    for cluster in feasible:
        scores = [rate(cluster) for _, rate in rates]
        name = cluster.name
        room = MAX_INT32 if rooms is None else unlimited(request.binding, rooms[name])
        order = orders.get(name, 0) if orders else 0
        found.append(Candidate(cluster, sum(scores), room, room + has.get(name, 0), order))
        if recorder is not None:
            named = tuple((plugin, score) for (plugin, _), score in zip(rates, scores, strict=True))
            recorder.rate(found[-1], named, is_estimated=rooms is not None)
    return found


def weighs_room(request: Request, profile: Profile) -> bool:
    """Whether it matters how much clusters can take: not where all are used and each gets its
    replicas by rule.
    """
    division = division_of(request, profile)
    divides = is_divisible(request) and (division is None or division.weighs_room)
    return divides or bool(request.overflow) or not uses_all(request)


def overflow_orders(request: Request, clusters: Iterable[Cluster]) -> Mapping[str, int]:
    """The tier of each cluster, for those that the affinity itself does not mean."""
    if not request.overflow or request.affinity is None:
        return {}
    rest = tuple(clusters)
    orders: dict[str, int] = {}
    primary = request.affinity.matching(rest)
    for order, tier in enumerate(request.overflow, start=1):
        for name in tier.affinity.matching(rest) - primary:
            orders.setdefault(name, order)
    return orders


def _no_fit(refusals: Mapping[str, int]) -> str:
    """`0/3 clusters are available: …`, as Karmada's FitError says it."""
    total = sum(refusals.values())
    if not refusals:
        return "0/0 clusters are available: no clusters exist"
    counted = sorted(f"{count} {reason}" for reason, count in refusals.items())
    return f"0/{total} clusters are available: {', '.join(counted)}."
