"""Clusters, bindings and contexts for tests of scheduling, from the fields that matter."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from reconciler.model.binding import Binding, BindingState, EvictionTask, Target
from reconciler.model.cluster import Cluster
from reconciler.model.diagnostic import Position
from reconciler.model.features import enabled
from reconciler.model.policy import PolicyKind, PolicyRef
from reconciler.parse.decode import decode_binding_spec, decode_cluster
from reconciler.schedule import SchedulingContext

CLAIM = PolicyRef(PolicyKind.PROPAGATION, "default", "web")
GATES = enabled({})
DUPLICATED = {"replicaSchedulingType": "Duplicated"}
AGGREGATED = {"replicaSchedulingType": "Divided", "replicaDivisionPreference": "Aggregated"}
DYNAMIC = {
    "replicaSchedulingType": "Divided",
    "replicaDivisionPreference": "Weighted",
    "weightPreference": {"dynamicWeight": "AvailableReplicas"},
}
STATIC = {"replicaSchedulingType": "Divided", "replicaDivisionPreference": "Weighted"}


def a_cluster(name: str, *, pods: int = 100, kind: str = "Deployment", **spec: Any) -> Cluster:
    """A cluster that serves `kind` of apps/v1 and has room for so many pods."""
    metadata: dict[str, Any] = {"name": name, "labels": spec.pop("labels", {})}
    if spec.pop("is_deleting", False):
        metadata["deletionTimestamp"] = "2026-01-01T00:00:00Z"
    status = {
        "apiEnablements": [
            {"groupVersion": "apps/v1", "resources": [{"name": "things", "kind": kind}]}
        ],
        "resourceSummary": {"allocatable": {"cpu": "1000", "pods": str(pods)}},
    }
    return decode_cluster({"metadata": metadata, "spec": spec, "status": status}, Position())


def a_binding(replicas: int = 0, *, uid: str = "", **placement: Any) -> Binding:
    """A claimed Deployment asking for a tenth of a cpu a replica."""
    spec: dict[str, Any] = {
        "resource": {
            "apiVersion": "apps/v1",
            "kind": "Deployment",
            "namespace": "default",
            "name": "web",
            "uid": uid,
        },
        "replicas": replicas,
        "placement": placement,
    }
    if replicas:
        spec["replicaRequirements"] = {"resourceRequest": {"cpu": "100m"}}
    return decode_binding_spec(spec, CLAIM)


def a_state(
    binding: Binding,
    targets: Mapping[str, int],
    *,
    evicted: tuple[str, ...] = (),
    observed: str = "",
    triggered: str = "",
) -> BindingState:
    """The state after the binding's placement was scheduled to these targets."""
    placement = binding.placement
    return BindingState(
        key=binding.key,
        claim=binding.claim,
        targets=tuple(Target(name=name, replicas=count) for name, count in targets.items()),
        applied_placement=placement.document if placement else None,
        observed_affinity=observed,
        last_scheduled="2026-01-01T00:00:00Z",
        reschedule_triggered=triggered,
        eviction_tasks=tuple(EvictionTask(from_cluster=name) for name in evicted),
    )


def a_context(*clusters: Cluster, **more: Any) -> SchedulingContext:
    """A run over these clusters with the default gates."""
    return SchedulingContext(clusters=clusters, **{"gates": GATES, **more})


def replicas(targets: tuple[Target, ...]) -> dict[str, int]:
    """Replicas by cluster name."""
    return {one.name: one.replicas for one in targets}
