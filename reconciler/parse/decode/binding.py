"""`spec` of a ResourceBinding (karmada-semantics §1.4): the part that matching makes anew."""

from __future__ import annotations

from reconciler.model.binding import Binding, Component, ReplicaRequirements, ResourceRef, Target
from reconciler.model.identity import ObjectKey, split_api_version
from reconciler.model.policy import PolicyRef
from reconciler.parse.decode.fields import Wire, items, number, sub, text
from reconciler.parse.decode.placement import decode_placement
from reconciler.parse.decode.propagation import decode_suspension


def decode_binding_spec(spec: Wire, claim: PolicyRef | None = None) -> Binding:
    """The binding; the scheduling state beside it is read by `decode_binding_state`."""
    resource = decode_resource_ref(sub(spec, "resource"))
    placement, groups = spec.get("placement"), sub(spec, "workloadAffinityGroups")
    suspension, requirements = sub(spec, "suspension"), spec.get("replicaRequirements")
    return Binding(
        key=key_of(resource),
        resource=resource,
        claim=claim,
        placement=None if placement is None else decode_placement(placement),
        replicas=number(spec, "replicas"),
        requirements=None if requirements is None else ReplicaRequirements.decode(requirements),
        components=tuple(Component.decode(one) for one in items(spec, "components")),
        scheduler_name=text(spec, "schedulerName") or "default-scheduler",
        propagate_deps=bool(spec.get("propagateDeps")),
        conflict_resolution=text(spec, "conflictResolution") or "Abort",
        suspension=decode_suspension(suspension),
        is_scheduling_suspended=bool(suspension.get("scheduling")),
        preserve_on_deletion=spec.get("preserveResourcesOnDeletion"),
        schedule_priority=number(sub(spec, "schedulePriority"), "priority"),
        affinity_group=text(groups, "affinityGroup"),
        anti_affinity_group=text(groups, "antiAffinityGroup"),
        failover=spec.get("failover"),
    )


def decode_resource_ref(raw: Wire) -> ResourceRef:
    """`spec.resource`."""
    return ResourceRef(
        api_version=text(raw, "apiVersion"),
        kind=text(raw, "kind"),
        namespace=text(raw, "namespace"),
        name=text(raw, "name"),
        uid=text(raw, "uid"),
    )


def key_of(resource: ResourceRef) -> ObjectKey:
    """Identity of the template a binding is of."""
    group, _ = split_api_version(resource.api_version)
    return ObjectKey(group, resource.kind, resource.namespace, resource.name)


def decode_target(raw: Wire) -> Target:
    """One entry of `spec.clusters`."""
    return Target(
        name=text(raw, "name"),
        replicas=number(raw, "replicas"),
        components=tuple(
            (text(one, "name"), number(one, "replicas")) for one in items(raw, "components")
        ),
    )
