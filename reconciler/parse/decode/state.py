"""State of a binding <-> the document of the state branch.

The document is a complete ResourceBinding or ClusterResourceBinding of work.karmada.io/v1alpha2, so
that Karmada's own tools can read it; what Karmada has no field for stands in annotations of ours.
Law: `decode_binding_state(encode_binding_state(state, binding)) == state`.
"""

from __future__ import annotations

from dataclasses import replace
from functools import lru_cache
from typing import Any, Final

import orjson

from reconciler.model.binding import (
    Binding,
    BindingState,
    Component,
    EvictionTask,
    ReplicaRequirements,
    Requirer,
    Target,
)
from reconciler.model.cluster import Condition
from reconciler.model.identity import shared_key
from reconciler.model.policy import PolicyKind, PolicyRef, Suspension
from reconciler.parse.decode.binding import (
    decode_binding_spec,
    decode_resource_ref,
    decode_target,
    key_of,
)
from reconciler.parse.decode.cluster import decode_condition
from reconciler.parse.decode.fields import (
    Wire,
    canonical,
    items,
    labels,
    sub,
    text,
    texts,
    without_empty,
)

API_VERSION: Final = "work.karmada.io/v1alpha2"
APPLIED_PLACEMENT: Final = "policy.karmada.io/applied-placement"
TEMPLATE_DIGEST: Final = "fleet-reconciler.io/template-digest"
MANIFEST_DIGEST: Final = "fleet-reconciler.io/manifest-digest"
TEMPLATE_GENERATION: Final = "fleet-reconciler.io/template-generation"
PP_NAMESPACE: Final = "propagationpolicy.karmada.io/namespace"
PP_NAME: Final = "propagationpolicy.karmada.io/name"
#: Lists of targets whose decoded form is remembered: most bindings go to the same few places.
_KNOWN_TARGETS: Final = 4096
CPP_NAME: Final = "clusterpropagationpolicy.karmada.io/name"


def encode_binding_state(state: BindingState, binding: Binding) -> dict[str, Any]:
    """The document; absent values are left out, lists keep their order."""
    return {
        "apiVersion": API_VERSION,
        "kind": "ResourceBinding" if binding.resource.namespace else "ClusterResourceBinding",
        "metadata": _metadata(state, binding),
        "spec": _spec(state, binding),
        "status": without_empty(
            {
                "schedulerObservingAffinityName": state.observed_affinity,
                "lastScheduledTime": state.last_scheduled,
                "conditions": [_condition(state.scheduled)] if state.scheduled else None,
            }
        ),
    }


def decode_binding_state(document: Wire) -> BindingState:
    """What the state branch remembers of a binding."""
    spec, status = sub(document, "spec"), sub(document, "status")
    annotations = labels(sub(document, "metadata"), "annotations")
    claim = _claim(annotations)
    applied = annotations.get(APPLIED_PLACEMENT)
    return BindingState(
        key=shared_key(key_of(decode_resource_ref(sub(spec, "resource")))),
        claim=claim,
        targets=_decode_targets(spec),
        applied_placement=orjson.loads(applied) if applied else None,
        template_digest=annotations.get(TEMPLATE_DIGEST, ""),
        generation=int(annotations.get(TEMPLATE_GENERATION, "0")),
        observed_affinity=text(status, "schedulerObservingAffinityName"),
        last_scheduled=text(status, "lastScheduledTime"),
        reschedule_triggered=text(spec, "rescheduleTriggeredAt"),
        eviction_tasks=tuple(_decode_task(one) for one in items(spec, "gracefulEvictionTasks")),
        requirers=tuple(_decode_requirer(one) for one in items(spec, "requiredBy")),
        scheduled=next(
            (
                decode_condition(one)
                for one in items(status, "conditions")
                if one.get("type") == "Scheduled"
            ),
            None,
        ),
        recorded=replace(
            decode_binding_spec(spec, claim),
            template_digest=annotations.get(MANIFEST_DIGEST, ""),
        ),
    )


def _metadata(state: BindingState, binding: Binding) -> dict[str, Any]:
    prefix = "resourcebinding" if binding.resource.namespace else "clusterresourcebinding"
    own_labels = {f"{prefix}.karmada.io/permanent-id": binding.permanent_id}
    annotations = {
        MANIFEST_DIGEST: binding.template_digest,
        TEMPLATE_DIGEST: state.template_digest,
        TEMPLATE_GENERATION: str(state.generation) if state.generation else "",
    }
    if state.claim is not None:
        claim_prefix = state.claim.kind.lower()
        own_labels[f"{claim_prefix}.karmada.io/permanent-id"] = state.claim.permanent_id
        annotations[f"{claim_prefix}.karmada.io/name"] = state.claim.name
        if state.claim.namespace:
            annotations[PP_NAMESPACE] = state.claim.namespace
    if state.applied_placement is not None:
        annotations[APPLIED_PLACEMENT] = canonical(state.applied_placement).decode()
    return without_empty(
        {
            "name": binding.name,
            "namespace": binding.resource.namespace,
            "labels": {**binding.labels, **own_labels},
            "annotations": without_empty(annotations),
        }
    )


def _spec(state: BindingState, binding: Binding) -> dict[str, Any]:
    resource = binding.resource
    spec = without_empty(
        {
            "resource": without_empty(
                {
                    "apiVersion": resource.api_version,
                    "kind": resource.kind,
                    "namespace": resource.namespace,
                    "name": resource.name,
                    "uid": resource.uid,
                }
            ),
            "propagateDeps": binding.propagate_deps or None,
            "replicas": binding.replicas or None,
            "components": [_component(one) for one in binding.components],
            "clusters": [_target(one) for one in state.targets],
            "gracefulEvictionTasks": [_task(one) for one in state.eviction_tasks],
            "requiredBy": [_requirer(one) for one in state.requirers],
            "schedulerName": binding.scheduler_name,
            "failover": binding.failover,
            "conflictResolution": binding.conflict_resolution,
            "rescheduleTriggeredAt": state.reschedule_triggered,
            "suspension": _suspension(binding.suspension, binding.is_scheduling_suspended),
            "preserveResourcesOnDeletion": binding.preserve_on_deletion,
            "schedulePriority": (
                {"priority": binding.schedule_priority} if binding.schedule_priority else None
            ),
            "workloadAffinityGroups": without_empty(
                {
                    "affinityGroup": binding.affinity_group,
                    "antiAffinityGroup": binding.anti_affinity_group,
                }
            ),
        }
    )
    # An empty placement and empty requirements say something else than none at all.
    if binding.placement is not None:
        spec["placement"] = dict(binding.placement.document)
    if binding.requirements is not None:
        spec["replicaRequirements"] = _requirements(binding.requirements)
    return spec


def _suspension(suspension: Suspension, scheduling: bool) -> dict[str, Any]:  # noqa: FBT001
    on_clusters = sorted(suspension.on_clusters)
    return without_empty(
        {
            "dispatching": suspension.dispatching or None,
            "dispatchingOnClusters": {"clusterNames": on_clusters} if on_clusters else None,
            "scheduling": scheduling or None,
        }
    )


def _requirements(requirements: ReplicaRequirements) -> dict[str, Any]:
    if requirements.document:
        return dict(requirements.document)
    return without_empty(
        {
            "resourceRequest": {
                name: str(amount) for name, amount in sorted(requirements.resources.items())
            },
            "namespace": requirements.namespace,
            "priorityClassName": requirements.priority_class,
        }
    )


def _component(component: Component) -> dict[str, Any]:
    document: dict[str, Any] = {"name": component.name, "replicas": component.replicas}
    if component.requirements is not None:
        document["replicaRequirements"] = _requirements(component.requirements)
    return document


def _target(target: Target) -> dict[str, Any]:
    components = [{"name": name, "replicas": replicas} for name, replicas in target.components]
    return without_empty(
        {"name": target.name, "replicas": target.replicas or None, "components": components}
    )


def _task(task: EvictionTask) -> dict[str, Any]:
    return without_empty(
        {
            "fromCluster": task.from_cluster,
            "purgeMode": task.purge_mode,
            "replicas": task.replicas,
            "reason": task.reason,
            "message": task.message,
            "producer": task.producer,
            "gracePeriodSeconds": task.grace_period_seconds,
            "suppressDeletion": task.suppress_deletion,
            "preservedLabelState": dict(task.preserved_labels),
            "creationTimestamp": task.created,
            "clustersBeforeFailover": list(task.clusters_before_failover),
        }
    )


def _decode_task(raw: Wire) -> EvictionTask:
    return EvictionTask(
        from_cluster=text(raw, "fromCluster"),
        purge_mode=text(raw, "purgeMode"),
        replicas=raw.get("replicas"),
        reason=text(raw, "reason"),
        message=text(raw, "message"),
        producer=text(raw, "producer"),
        grace_period_seconds=raw.get("gracePeriodSeconds"),
        suppress_deletion=raw.get("suppressDeletion"),
        preserved_labels=labels(raw, "preservedLabelState"),
        created=text(raw, "creationTimestamp"),
        clusters_before_failover=texts(raw, "clustersBeforeFailover"),
    )


def _requirer(requirer: Requirer) -> dict[str, Any]:
    return without_empty(
        {
            "namespace": requirer.namespace,
            "name": requirer.name,
            "clusters": [_target(one) for one in requirer.targets],
        }
    )


def _decode_requirer(raw: Wire) -> Requirer:
    return Requirer(
        namespace=text(raw, "namespace"),
        name=text(raw, "name"),
        targets=_decode_targets(raw),
    )


def _decode_targets(raw: Wire) -> tuple[Target, ...]:
    """The targets under `clusters`; one tuple stands for all equal lists of a branch."""
    return _targets_of(orjson.dumps(items(raw, "clusters")))


@lru_cache(maxsize=_KNOWN_TARGETS)
def _targets_of(data: bytes) -> tuple[Target, ...]:
    return tuple(decode_target(one) for one in orjson.loads(data))


def _condition(condition: Condition) -> dict[str, Any]:
    """`reason` and `message` are required on the wire, even when empty."""
    document = {
        "type": condition.type,
        "status": condition.status,
        "reason": condition.reason,
        "message": condition.message,
    }
    if condition.last_transition:
        document["lastTransitionTime"] = condition.last_transition
    return document


def _claim(annotations: dict[str, str]) -> PolicyRef | None:
    if PP_NAME in annotations:
        namespace = annotations.get(PP_NAMESPACE, "")
        return PolicyRef(PolicyKind.PROPAGATION, namespace, annotations[PP_NAME])
    if CPP_NAME in annotations:
        return PolicyRef(PolicyKind.CLUSTER_PROPAGATION, "", annotations[CPP_NAME])
    return None
