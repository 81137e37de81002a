"""Virtual nodes of a cluster's resource models, and first-fit packing onto them.

Each node of a grade has exactly the grade's minimum and room for 110 pods. Equal neighbours are
kept as one run with a count, so that a thousand nodes cost as much as one; placing on runs gives
what placing on the nodes one after another would.

Source: Karmada pkg/estimator/client/general.go, buildModelNodes; pkg/estimator/simulator.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from reconciler.model.cluster import Cluster
from reconciler.model.quantity import Quantity

PODS_OF_A_NODE: Final = 110
CPU, PODS = "cpu", "pods"
NATIVE: Final = frozenset({"cpu", "memory", "ephemeral-storage", "pods"})

Amounts = dict[str, int]


def amounts(resources: Mapping[str, Quantity]) -> Amounts:
    """Whole units by resource, cpu in thousandths; names that no node can have are left out."""
    return {
        name: quantity.milli_value() if name == CPU else quantity.value()
        for name, quantity in resources.items()
        if name in NATIVE or is_scalar_resource(name)
    }


def is_scalar_resource(name: str) -> bool:
    """Extended, hugepages, prefixed native and attachable-volume resources (Kubernetes:
    IsScalarResourceName).
    """
    if name.startswith(("hugepages-", "attachable-volumes-")) or "kubernetes.io/" in name:
        return True
    return "/" in name and not name.startswith("requests.")


class Nodes:
    """Runs of equal virtual nodes, used up as sets are placed on them."""

    __slots__ = ("_runs",)

    def __init__(self, runs: list[tuple[Amounts, int]]) -> None:
        """Take runs of (free amounts, how many nodes), in the order nodes are tried."""
        self._runs = runs

    @classmethod
    def of(cls, cluster: Cluster) -> Nodes | None:
        """Nodes of the modelled grades, lowest first; None where models cannot be used."""
        summary = cluster.facts.resource_summary if cluster.facts else None
        if summary is None or not cluster.resource_models:
            return None
        if any(one.count < 0 for one in summary.modelings):
            return None
        counts: dict[int, int] = {}
        for one in summary.modelings:
            counts[one.grade] = counts.get(one.grade, 0) + one.count
        models = {model.grade: model for model in cluster.resource_models}
        return cls(
            [
                (_node({one.name: one.min for one in models[grade].ranges}), counts[grade])
                for grade in sorted(models)
                if counts.get(grade)
            ]
        )

    def room_for(self, request: Amounts) -> int:
        """How many single pods of that request fit on all nodes together."""
        return sum(count * _fitting(free, request) for free, count in self._runs)

    def place(self, request: Amounts, replicas: int) -> bool:
        """Place pods first-fit; whether all found a node. What was placed stays placed."""
        runs: list[tuple[Amounts, int]] = []
        remaining = replicas
        for free, count in self._runs:
            fitting = _fitting(free, request) if remaining > 0 else 0
            if fitting == 0:
                runs.append((free, count))
                continue
            full = min(count, remaining // fitting)
            rest = min(remaining - full * fitting, fitting) if full < count else 0
            if full:
                runs.append((_reduced(free, request, fitting), full))
            if rest:
                runs.append((_reduced(free, request, rest), 1))
            untouched = count - full - (1 if rest else 0)
            if untouched:
                runs.append((free, untouched))
            remaining -= full * fitting + rest
        self._runs = runs
        return remaining == 0


def _node(minimum: Mapping[str, Quantity]) -> Amounts:
    return {**amounts(minimum), PODS: PODS_OF_A_NODE}


def _fitting(free: Amounts, request: Amounts) -> int:
    """How many pods of the request a node still takes. Karmada: Resource.MaxDivided."""
    fitting = free[PODS]
    for name, amount in request.items():
        if name == PODS:
            continue
        if name not in free and name not in NATIVE:
            return 0
        if amount > 0:
            fitting = min(fitting, free.get(name, 0) // amount)
    return max(fitting, 0)


def _reduced(free: Amounts, request: Amounts, pods: int) -> Amounts:
    left = {name: amount - request.get(name, 0) * pods for name, amount in free.items()}
    left[PODS] = free[PODS] - pods
    return left
