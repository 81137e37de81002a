"""Deployment: replicas kept by the member on request, healthy when the rollout is complete."""

from __future__ import annotations

from typing import Final

from reconciler.interpret import typed, workload
from reconciler.interpret.body import map_at, optional_whole_at, whole_at, with_value
from reconciler.interpret.errors import InterpretError
from reconciler.interpret.operation import Body, KindInterpreter

RETAIN_LABEL: Final = "resourcetemplate.karmada.io/retain-replicas"

COUNTERS: Final = workload.Counters(
    shape=typed.DEPLOYMENT,
    names=(
        "replicas",
        "readyReplicas",
        "updatedReplicas",
        "availableReplicas",
        "unavailableReplicas",
    ),
)


def retain(desired: Body, observed: Body) -> Body:
    """Replicas belong to the member where the label says so: an autoscaler there sets them."""
    if map_at(desired, "metadata", "labels").get(RETAIN_LABEL) != "true":
        return desired
    replicas = optional_whole_at(map_at(observed, "spec"), "replicas")
    if replicas is None:
        raise InterpretError("the observed Deployment has no spec.replicas to retain")
    return with_value(desired, ("spec", "replicas"), replicas)


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


INTERPRETER: Final = KindInterpreter(
    api_version="apps/v1",
    kind="Deployment",
    get_replicas=workload.replicas_of,
    revise_replica=workload.revise("replicas"),
    retain=retain,
    reflect_status=COUNTERS.reflect,
    aggregate_status=COUNTERS.aggregate,
    interpret_health=is_healthy,
    get_dependencies=workload.template_dependencies("spec", "template"),
)
