"""What a member's nodes and pods amount to: ready nodes, allocatable, allocated, modelings.

Rules: karmada-semantics §1.3 (resourceSummary) and §2.18 (modeling). A pod asks for the larger of
its containers together and any one init container, plus overhead, plus itself as one pod.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from reconciler.model.cluster import Modeling, ResourceModel, ResourceSummary
from reconciler.model.quantity import ZERO, Quantity

Amounts = dict[str, Quantity]
_ONE: Final = Quantity.of(1)
_ENDED: Final = frozenset({"Succeeded", "Failed"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Capacity:
    """Nodes counted, and their summary."""

    nodes_total: int
    nodes_ready: int
    summary: ResourceSummary


def capacity_of(
    nodes: Sequence[Mapping[str, Any]],
    pods: Iterable[Mapping[str, Any]],
    models: Sequence[ResourceModel],
) -> Capacity:
    """The capacity of a member."""
    allocatable = _total(node_amounts(node) for node in nodes)
    by_node: dict[str, Amounts] = {}
    allocated: Amounts = {}
    allocating: Amounts = {}
    for pod in pods:
        spec, status = _map(pod.get("spec")), _map(pod.get("status"))
        if status.get("phase") in _ENDED:
            continue
        amounts = pod_amounts(spec)
        node = spec.get("nodeName")
        if node:
            _add(allocated, amounts)
            _add(by_node.setdefault(str(node), {}), amounts)
        else:
            _add(allocating, amounts)
    return Capacity(
        nodes_total=len(nodes),
        nodes_ready=sum(1 for node in nodes if is_ready(node)),
        summary=ResourceSummary(
            allocatable=allocatable,
            allocated=allocated,
            allocating=allocating,
            modelings=modelings(nodes, by_node, models),
        ),
    )


def modelings(
    nodes: Iterable[Mapping[str, Any]],
    used: Mapping[str, Amounts],
    models: Sequence[ResourceModel],
) -> tuple[Modeling, ...]:
    """How many nodes each grade has.

    Karmada's quirk kept: a node without room for a pod ends the count, the nodes after it are left
    out (karmada-semantics §2.18).
    """
    counts = [0] * len(models)
    for node in nodes:
        taken = used.get(str(_map(node.get("metadata")).get("name")), {})
        free = {name: amount - taken.get(name, ZERO) for name, amount in node_amounts(node).items()}
        if not models or free.get("pods", ZERO) <= ZERO:
            break
        counts[grade_index(free, models)] += 1
    return tuple(
        Modeling(grade=model.grade, count=count)
        for model, count in zip(models, counts, strict=True)
    )


def grade_index(free: Mapping[str, Quantity], models: Sequence[ResourceModel]) -> int:
    """The lowest, over the resources of the models, of the last grade whose minimum is there."""
    best = len(models) - 1
    for resource in models[0].ranges:
        amount = free.get(resource.name, ZERO)
        reached = 0
        for index, model in enumerate(models):
            minimum = next((one.min for one in model.ranges if one.name == resource.name), ZERO)
            if minimum <= amount:
                reached = index
        best = min(best, reached)
    return best


def node_amounts(node: Mapping[str, Any]) -> Amounts:
    """What a node can give."""
    return _amounts(_map(node.get("status")).get("allocatable"))


def pod_amounts(spec: Mapping[str, Any]) -> Amounts:
    """What a pod asks for."""
    total: Amounts = {}
    for container in _maps(spec.get("containers")):
        _add(total, _requests(container))
    for container in _maps(spec.get("initContainers")):
        for name, amount in _requests(container).items():
            total[name] = max(total.get(name, ZERO), amount)
    _add(total, _amounts(spec.get("overhead")))
    _add(total, {"pods": _ONE})
    return total


def is_ready(node: Mapping[str, Any]) -> bool:
    """Whether the node's Ready condition is True."""
    return any(
        one.get("type") == "Ready" and one.get("status") == "True"
        for one in _maps(_map(node.get("status")).get("conditions"))
    )


def _requests(container: Mapping[str, Any]) -> Amounts:
    return _amounts(_map(container.get("resources")).get("requests"))


def _amounts(value: Any) -> Amounts:
    """The quantities of a map; one that cannot be read is left out."""
    found: Amounts = {}
    for name, text in _map(value).items():
        try:
            found[name] = Quantity.parse(text)
        except ValueError:
            continue
    return found


def _total(parts: Iterable[Amounts]) -> Amounts:
    total: Amounts = {}
    for part in parts:
        _add(total, part)
    return total


def _add(total: Amounts, more: Mapping[str, Quantity]) -> None:
    for name, amount in more.items():
        total[name] = total.get(name, ZERO) + amount


def _map(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, dict) else {}


def _maps(value: Any) -> list[Mapping[str, Any]]:
    return [one for one in value if isinstance(one, dict)] if isinstance(value, list) else []
