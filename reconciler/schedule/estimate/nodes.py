"""Virtual nodes of a cluster's resource models, and first-fit packing onto them.

Each node of a grade has exactly the grade's minimum and room for 110 pods. Equal neighbours are
kept as one run with a count, so that a thousand nodes cost as much as one; placing on runs gives
what placing on the nodes one after another would.

Source: Karmada pkg/estimator/client/general.go, buildModelNodes; pkg/estimator/simulator.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Final

from reconciler.model.cluster import Modeling, ResourceModel
from reconciler.model.quantity import NANOS, NANOS_OF_MILLI, Quantity

PODS_OF_A_NODE: Final = 110
CPU, PODS = "cpu", "pods"
NATIVE: Final = frozenset({"cpu", "memory", "ephemeral-storage", "pods"})

Amounts = dict[str, int]
Grades = dict[int, Amounts]
Runs = tuple[tuple[Amounts, int], ...]
"""Free amounts and how many such nodes, in the order nodes are tried."""


def amounts(resources: Mapping[str, Quantity]) -> Amounts:
    """Whole units by resource, cpu in thousandths; names that no node can have are left out."""
    # Rounded up; an amount below zero is nothing that a node has or a pod asks for.
    return {
        name: -(-quantity.nanos // (NANOS_OF_MILLI if name == CPU else NANOS))
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


def grade_nodes(models: Iterable[ResourceModel]) -> Grades:
    """One free node of each grade, lowest grade first."""
    by_grade = {model.grade: model for model in models}
    return {grade: _node(by_grade[grade]) for grade in sorted(by_grade)}


def model_runs(grades: Grades, modelings: Iterable[Modeling]) -> Runs | None:
    """Nodes of the grades as often as reported; None where models cannot be used."""
    counts: dict[int, int] = {}
    for one in modelings:
        if one.count < 0:
            return None
        counts[one.grade] = counts.get(one.grade, 0) + one.count
    if not grades or not counts:
        return None
    return tuple((node, counts[grade]) for grade, node in grades.items() if counts.get(grade))


def room_for(runs: Runs, request: Amounts) -> int:
    """How many single pods of that request fit on all nodes together."""
    return sum(count * _fitting(free, request) for free, count in runs)


def placed(runs: Runs, request: Amounts, replicas: int) -> Runs | None:
    """The nodes after placing pods first-fit; None when some found no node."""
    after: list[tuple[Amounts, int]] = []
    remaining = replicas
    for free, count in runs:
        fitting = _fitting(free, request) if remaining > 0 else 0
        if fitting == 0:
            after.append((free, count))
            continue
        full = min(count, remaining // fitting)
        rest = remaining - full * fitting if full < count else 0
        if full:
            after.append((_reduced(free, request, fitting), full))
        if rest:
            after.append((_reduced(free, request, rest), 1))
        untouched = count - full - (1 if rest else 0)
        if untouched:
            after.append((free, untouched))
        remaining -= full * fitting + rest
    return tuple(after) if remaining == 0 else None


def _node(model: ResourceModel) -> Amounts:
    free = amounts({one.name: one.min for one in model.ranges})
    free[PODS] = PODS_OF_A_NODE
    return free


def _fitting(free: Amounts, request: Amounts) -> int:
    """How many pods of the request a node still takes. Karmada: Resource.MaxDivided."""
    fitting = free[PODS]
    for name, amount in request.items():
        if name == PODS:
            continue
        has = free.get(name)
        if has is None:
            if name not in NATIVE:
                return 0
            has = 0
        if amount > 0:
            fitting = min(fitting, has // amount)
    return max(fitting, 0)


def _reduced(free: Amounts, request: Amounts, pods: int) -> Amounts:
    left = {name: amount - request.get(name, 0) * pods for name, amount in free.items()}
    left[PODS] = free[PODS] - pods
    return left
