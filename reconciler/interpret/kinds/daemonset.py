"""DaemonSet: no replicas of its own; healthy when every node has the present template available."""

from __future__ import annotations

from typing import Final

from reconciler.interpret import typed, workload
from reconciler.interpret.body import map_at, whole_at
from reconciler.interpret.operation import Body, KindInterpreter

COUNTERS: Final = workload.Counters(
    shape=typed.DAEMON_SET,
    names=(
        "currentNumberScheduled",
        "numberMisscheduled",
        "desiredNumberScheduled",
        "numberReady",
        "updatedNumberScheduled",
        "numberAvailable",
        "numberUnavailable",
    ),
    always=frozenset(
        {"currentNumberScheduled", "numberMisscheduled", "desiredNumberScheduled", "numberReady"}
    ),
)


def is_healthy(body: Body) -> bool:
    """Every wanted pod is of the present template and available."""
    status = map_at(body, "status")
    updated = whole_at(status, "updatedNumberScheduled")
    return (
        workload.is_observed(body)
        and updated >= whole_at(status, "desiredNumberScheduled")
        and whole_at(status, "numberAvailable") >= updated
    )


INTERPRETER: Final = KindInterpreter(
    api_version="apps/v1",
    kind="DaemonSet",
    reflect_status=COUNTERS.reflect,
    aggregate_status=COUNTERS.aggregate,
    interpret_health=is_healthy,
    get_dependencies=workload.template_dependencies("spec", "template"),
)
