"""PodDisruptionBudget: sums over clusters; healthy while enough pods are."""

from __future__ import annotations

from typing import Final

from reconciler.interpret import typed
from reconciler.interpret.body import map_at, statuses, whole_at
from reconciler.interpret.operation import Body, KindInterpreter

COUNTERS: Final = ("disruptionsAllowed", "currentHealthy", "desiredHealthy", "expectedPods")


def reflect_status(observed: Body) -> Body | None:
    """Counters and disrupted pods."""
    if observed.get("status") is None:
        return None
    status = map_at(observed, "status")
    return counted({name: whole_at(status, name) for name in COUNTERS}, disrupted(status))


def aggregate_status(template: Body, items: list[Body]) -> Body:
    """Sums; a disrupted pod is named with its cluster."""
    found = statuses(items)
    sums = {name: sum(whole_at(status, name) for _, status in found) for name in COUNTERS}
    pods = {
        f"{cluster}/{pod}": moment
        for cluster, status in found
        for pod, moment in disrupted(status).items()
    }
    old = map_at(template, "status")
    if all(whole_at(old, name) == value for name, value in sums.items()) and disrupted(old) == pods:
        return template
    body = typed.written(template, typed.DISRUPTION_BUDGET)
    kept = {name: value for name, value in body["status"].items() if name != "disruptedPods"}
    return body | {"status": kept | counted(sums, pods)}


def counted(counters: Body, pods: Body) -> Body:
    """The status of these counters; disrupted pods where there are any."""
    return {"disruptedPods": pods, **counters} if pods else counters


def disrupted(status: Body) -> Body:
    """Pods whose eviction was let through, by name."""
    return map_at(status, "disruptedPods")


def is_healthy(body: Body) -> bool:
    """As many pods are healthy as have to be."""
    status = map_at(body, "status")
    return whole_at(status, "currentHealthy") >= whole_at(status, "desiredHealthy")


INTERPRETER: Final = KindInterpreter(
    api_version="policy/v1",
    kind="PodDisruptionBudget",
    reflect_status=reflect_status,
    aggregate_status=aggregate_status,
    interpret_health=is_healthy,
)
