"""Aggregated: as few clusters as can take the replicas, those in use first."""

from __future__ import annotations

from reconciler.schedule.divide.dynamic import Round, Weights, divide_dynamically
from reconciler.schedule.framework import Division, Strategy
from reconciler.schedule.integers import int32
from reconciler.schedule.request import Share


def divide(share: Share) -> dict[str, int]:
    """Karmada: assignByDynamicStrategy with AggregatedStrategy."""
    return divide_dynamically(share, fewest)


def fewest(plan: Round) -> Weights:
    """The shortest head of the clusters, those that keep replicas first, that can take it all."""
    in_use = {name for name, replicas in plan.kept.items() if replicas > 0}
    ordered = sorted(plan.weights, key=lambda one: one[0] not in in_use)
    used: Weights = []
    total = 0
    for name, weight in ordered:
        if total >= plan.target:
            break
        used.append((name, weight))
        total = int32(total + weight)
    return used


DIVISION = Division(name="Aggregated", strategy=Strategy.AGGREGATED, divide=divide)
