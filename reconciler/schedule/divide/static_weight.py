"""StaticWeight: in proportion to written weights, whatever the clusters can take."""

from __future__ import annotations

from reconciler.model import webster
from reconciler.model.policy import WeightRule
from reconciler.schedule.framework import Division, Strategy
from reconciler.schedule.request import Share


def divide(share: Share) -> dict[str, int]:
    """Karmada: assignByStaticWeightStrategy; the previous result means nothing."""
    return webster.divide(share.replicas, weights(share), seed=share.seed)


def weights(share: Share) -> dict[str, int]:
    """The largest weight of the rules that mean a cluster; a cluster of no rule gets nothing.
    Without any weight all clusters weigh the same.
    """
    scheduling = share.request.placement.replica_scheduling
    rules: tuple[WeightRule, ...] = (scheduling.weights or ()) if scheduling else ()
    clusters = [one.cluster for one in share.candidates]
    heaviest: dict[str, int] = {}
    for rule in rules:
        for name in rule.target.matching(clusters):
            heaviest[name] = max(heaviest.get(name, 0), rule.weight)
    found = {name: weight for name, weight in heaviest.items() if weight > 0}
    return found or {one.name: 1 for one in share.candidates}


DIVISION = Division(
    name="StaticWeight", strategy=Strategy.STATIC_WEIGHT, divide=divide, weighs_room=False
)
