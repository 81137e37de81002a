"""PropagationPolicy and ClusterPropagationPolicy (karmada-semantics §1.1)."""

from __future__ import annotations

from reconciler.model.diagnostic import Position
from reconciler.model.policy import PolicyKind, PolicyRef, PropagationPolicy, Suspension
from reconciler.parse.decode.fields import (
    Wire,
    digest_of,
    items,
    labels,
    number,
    sub,
    text,
    texts,
)
from reconciler.parse.decode.placement import decode_placement
from reconciler.parse.decode.selectors import decode_resource_selector


def decode_propagation_policy(document: Wire, position: Position) -> PropagationPolicy:
    """A policy of either scope; which one its `kind` says."""
    metadata, spec = sub(document, "metadata"), sub(document, "spec")
    return PropagationPolicy(
        ref=policy_ref(document),
        selectors=tuple(decode_resource_selector(one) for one in items(spec, "resourceSelectors")),
        placement=decode_placement(sub(spec, "placement")),
        priority=number(spec, "priority"),
        preemption=text(spec, "preemption") or "Never",
        propagate_deps=bool(spec.get("propagateDeps")),
        dependent_overrides=texts(spec, "dependentOverrides"),
        scheduler_name=text(spec, "schedulerName") or "default-scheduler",
        conflict_resolution=text(spec, "conflictResolution") or "Abort",
        is_lazy=spec.get("activationPreference") == "Lazy",
        suspension=decode_suspension(sub(spec, "suspension")),
        preserve_on_deletion=spec.get("preserveResourcesOnDeletion"),
        schedule_priority_class=text(sub(spec, "schedulePriority"), "priorityClassName"),
        failover=spec.get("failover"),
        labels=labels(metadata, "labels"),
        annotations=labels(metadata, "annotations"),
        digest=digest_of(spec),
        document=spec,
        position=position,
    )


def policy_ref(document: Wire) -> PolicyRef:
    """Names a policy document; the cluster forms have no namespace whatever they say."""
    kind, metadata = PolicyKind(document["kind"]), sub(document, "metadata")
    is_namespaced = kind in {PolicyKind.PROPAGATION, PolicyKind.OVERRIDE}
    return PolicyRef(
        kind, text(metadata, "namespace") if is_namespaced else "", text(metadata, "name")
    )


def decode_suspension(raw: Wire) -> Suspension:
    """`dispatching: true` or the clusters named; anything else suspends nothing."""
    return Suspension(
        dispatching=bool(raw.get("dispatching")),
        on_clusters=frozenset(texts(sub(raw, "dispatchingOnClusters"), "clusterNames")),
    )
