"""ReplicaSet: healthy when all its replicas are available."""

from __future__ import annotations

from typing import Final

from reconciler.interpret import typed, workload
from reconciler.interpret.body import map_at, optional_whole_at, whole_at
from reconciler.interpret.operation import Body, KindInterpreter

COUNTERS: Final = workload.Counters(
    shape=typed.REPLICA_SET,
    names=("replicas", "readyReplicas", "availableReplicas"),
    always=frozenset({"replicas"}),
)


def is_healthy(body: Body) -> bool:
    """All replicas are available."""
    wanted = optional_whole_at(map_at(body, "spec"), "replicas")
    available = whole_at(map_at(body, "status"), "availableReplicas")
    return workload.is_observed(body) and (wanted is None or available >= wanted)


INTERPRETER: Final = KindInterpreter(
    api_version="apps/v1",
    kind="ReplicaSet",
    get_replicas=workload.replicas_of,
    revise_replica=workload.revise("replicas"),
    reflect_status=COUNTERS.reflect,
    aggregate_status=COUNTERS.aggregate,
    interpret_health=is_healthy,
    get_dependencies=workload.template_dependencies("spec", "template"),
)
