"""HorizontalPodAutoscaler: current and desired replicas, summed."""

from __future__ import annotations

from typing import Final

from reconciler.interpret import typed
from reconciler.interpret.body import map_at, statuses, whole_at
from reconciler.interpret.operation import Body, KindInterpreter

COUNTERS: Final = ("currentReplicas", "desiredReplicas")


def reflect_status(observed: Body) -> Body | None:
    """The two counters."""
    if observed.get("status") is None:
        return None
    status = map_at(observed, "status")
    return written_status({name: whole_at(status, name) for name in COUNTERS})


def aggregate_status(template: Body, items: list[Body]) -> Body:
    """The sums; unchanged where they are known."""
    found = [status for _, status in statuses(items)]
    sums = {name: sum(whole_at(status, name) for status in found) for name in COUNTERS}
    old = map_at(template, "status")
    if all(whole_at(old, name) == value for name, value in sums.items()):
        return template
    body = typed.written(template, typed.AUTOSCALER)
    kept = {name: value for name, value in body["status"].items() if name not in COUNTERS}
    return body | {"status": {"currentMetrics": None} | kept | written_status(sums)}


def written_status(counters: Body) -> Body:
    """The status as Go writes it: metrics are null, zero current replicas are left out."""
    status = {"desiredReplicas": counters["desiredReplicas"], "currentMetrics": None}
    if counters["currentReplicas"]:
        status["currentReplicas"] = counters["currentReplicas"]
    return status


INTERPRETER: Final = KindInterpreter(
    api_version="autoscaling/v2",
    kind="HorizontalPodAutoscaler",
    reflect_status=reflect_status,
    aggregate_status=aggregate_status,
)
