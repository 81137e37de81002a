"""What the dynamic strategies share: who takes part with which weight, in steady and fresh mode.

Steady: replicas that run stay; only the difference to the request is divided, by what clusters can
take; scaling down divides the request by what clusters have. Fresh: everything is divided again.

Source: Karmada pkg/scheduler/core/assignment.go; karmada-semantics §2.9, Assign.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from reconciler.model import webster
from reconciler.model.decision import ScheduleReason
from reconciler.schedule.framework import Refusal
from reconciler.schedule.integers import int32
from reconciler.schedule.request import Share

Weights = list[tuple[str, int]]
"""(cluster, weight), heaviest first."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Round:
    """One division: `target` replicas by `weights`, on top of what `kept` holds already."""

    target: int
    weights: Weights
    kept: dict[str, int]


Narrow = Callable[[Round], Weights]
"""Which of the weights take part."""


def divide_dynamically(share: Share, narrow: Narrow) -> dict[str, int]:
    """Replicas by cluster; raises Refusal when the clusters cannot take the target."""
    plan = planned(share)
    if plan is None:
        return scheduled(share)
    total = int32(sum(weight for _, weight in plan.weights))
    if total < plan.target:
        raise Refusal(
            ScheduleReason.UNSCHEDULABLE,
            f"Clusters available replicas {total} are not enough to schedule.",
        )
    added = webster.divide(plan.target, dict(narrow(plan)), seed=share.seed)
    return {name: plan.kept.get(name, 0) + added.get(name, 0) for name in {**plan.kept, **added}}


def planned(share: Share) -> Round | None:
    """What has to be divided; None when the previous result already adds up."""
    kept = scheduled(share)
    if share.request.is_fresh:
        weights = [(one.name, one.allocatable + kept.get(one.name, 0)) for one in share.candidates]
        return Round(target=share.replicas, weights=heaviest_first(weights), kept={})
    assigned = int32(sum(kept.values()))
    if assigned > share.replicas:
        weights = heaviest_first(list(kept.items()))
        return Round(target=share.replicas, weights=weights, kept={})
    if assigned < share.replicas:
        weights = heaviest_first([(one.name, one.allocatable) for one in share.candidates])
        return Round(target=share.replicas - assigned, weights=weights, kept=kept)
    return None


def scheduled(share: Share) -> dict[str, int]:
    """Replicas of the previous result in clusters that are still candidates, in its order."""
    names = {one.name for one in share.candidates}
    return {one.name: one.replicas for one in share.request.previous_targets if one.name in names}


def heaviest_first(weights: Weights) -> Weights:
    """By weight descending, equal ones in the order given.

    Karmada: sort.Sort, which is stable up to twelve clusters and arbitrary beyond.
    """
    return sorted(weights, key=lambda one: -one[1])
