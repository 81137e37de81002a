"""StatefulSet: as a Deployment, but for Karmada's way with generations."""

from __future__ import annotations

from typing import Final

from reconciler.interpret import typed, workload
from reconciler.interpret.body import list_at, map_at, optional_whole_at, whole_at
from reconciler.interpret.operation import Body, KindInterpreter

# Karmada leaves observedGeneration out of the reflected status and then compares a member with its
# own generation (karmada-semantics §2.15); `extension.py` has the right figure.
COUNTERS: Final = workload.Counters(
    shape=typed.STATEFUL_SET,
    names=(
        "replicas",
        "readyReplicas",
        "currentReplicas",
        "updatedReplicas",
        "availableReplicas",
    ),
    always=frozenset({"replicas", "availableReplicas"}),
    reflects_observed=False,
    own_generation=True,
)

template_dependencies = workload.template_dependencies("spec", "template")


def is_healthy(body: Body) -> bool:
    """All replicas are of the present template and available."""
    status = map_at(body, "status")
    wanted = optional_whole_at(map_at(body, "spec"), "replicas")
    updated = whole_at(status, "updatedReplicas")
    return (
        workload.is_observed(body)
        and (wanted is None or updated >= wanted)
        and whole_at(status, "availableReplicas") >= updated
    )


def get_dependencies(body: Body) -> list[Body]:
    """Those of the template, without the claims that the StatefulSet makes itself."""
    claims = list_at(body, "spec", "volumeClaimTemplates")
    own = {map_at(claim, "metadata").get("name") for claim in claims}
    return [
        reference
        for reference in template_dependencies(body)
        if reference["kind"] != "PersistentVolumeClaim" or reference["name"] not in own
    ]


INTERPRETER: Final = KindInterpreter(
    api_version="apps/v1",
    kind="StatefulSet",
    get_replicas=workload.replicas_of,
    revise_replica=workload.revise("replicas"),
    reflect_status=COUNTERS.reflect,
    aggregate_status=COUNTERS.aggregate,
    interpret_health=is_healthy,
    get_dependencies=get_dependencies,
)
