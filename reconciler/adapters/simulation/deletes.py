"""Deleting: preconditions, propagation, grace, finalizers, and what the answer is.

Source: apiserver registry/rest/delete.go and registry/generic/registry/store.go.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from reconciler.adapters.simulation import errors, kinds
from reconciler.adapters.simulation.conversion import to_version

if TYPE_CHECKING:
    from reconciler.adapters.simulation.cluster import SimulatedCluster
    from reconciler.adapters.simulation.places import Place

Manifest = dict[str, Any]
ORPHAN: Final = "orphan"
FOREGROUND: Final = "foregroundDeletion"
CRD_CLEANUP: Final = "customresourcecleanup.apiextensions.k8s.io"
_PODS: Final = ("", "pods")
_NAMESPACES: Final = ("", "namespaces")
_SERVICES: Final = ("", "services")
_DEFINITIONS: Final = ("apiextensions.k8s.io", "customresourcedefinitions")
_POD_GRACE_SECONDS: Final = 30
_IMMORTAL: Final = ("default", "kube-system", "kube-public")
_POLICIES: Final = ("Orphan", "Background", "Foreground")


@dataclass(frozen=True, slots=True, kw_only=True)
class DeleteOptions:
    """From the body and the query string."""

    uid: str | None = None
    resource_version: str | None = None
    policy: str | None = None
    grace_seconds: int | None = None
    dry_run: bool = False


def delete(cluster: SimulatedCluster, place: Place, options: DeleteOptions) -> Manifest:
    """The object while it waits for finalizers or grace, else what the kind answers."""
    resource = place.resource
    stored = cluster.store.table(resource.key).objects.get(place.key)
    if stored is None:
        raise errors.not_found(resource.plural, resource.group, place.name)
    _check_preconditions(place, stored, options)
    _check_policy(options)
    if place.resource.key == _NAMESPACES and place.name in _IMMORTAL:
        message = "this namespace may not be deleted"
        raise errors.forbidden("namespaces", "", place.name, message)
    doomed = _marked(cluster, place, stored, options)
    if doomed is None:
        if not options.dry_run:
            cluster.remove(resource, place.key)
        return _farewell(cluster, place, to_version(stored, resource))
    if not options.dry_run and doomed is not stored:
        doomed = cluster.put(resource, place.key, doomed)
    if resource.key == _SERVICES and not cluster.features.service_deletes_return_object:
        return _farewell(cluster, place, doomed)
    return to_version(doomed, resource)


def _check_policy(options: DeleteOptions) -> None:
    if options.policy is None or options.policy in _POLICIES:
        return
    cause = errors.Cause(
        reason="FieldValueNotSupported",
        message=f'Unsupported value: "{options.policy}"',
        field="propagationPolicy",
    )
    raise errors.invalid("DeleteOptions", "meta.k8s.io", "", [cause])


def _check_preconditions(place: Place, stored: Manifest, options: DeleteOptions) -> None:
    metadata = stored["metadata"]
    checks = (
        ("UID", options.uid, "uid"),
        ("ResourceVersion", options.resource_version, "resourceVersion"),
    )
    for word, sent, field in checks:
        if sent is not None and sent != metadata[field]:
            message = (
                f"the {word} in the precondition ({sent}) does not match the {word} in record "
                f"({metadata[field]}). The object might have been modified"
            )
            raise errors.conflict(place.resource.plural, place.resource.group, place.name, message)


def _marked(
    cluster: SimulatedCluster, place: Place, stored: Manifest, options: DeleteOptions
) -> Manifest | None:
    """The object with its deletion noted, itself when that is noted already, None to remove it."""
    metadata = stored["metadata"]
    finalizers = _finalizers(metadata.get("finalizers") or [], place, options)
    grace = _grace_seconds(place, stored, options)
    waits = bool(finalizers) or grace > 0 or _has_content(place, stored)
    if not waits:
        return None
    marked = {**metadata, "finalizers": finalizers}
    if not finalizers:
        del marked["finalizers"]
    if not metadata.get("deletionTimestamp"):
        marked["deletionTimestamp"] = cluster.timestamp(after_seconds=grace)
        if place.resource.key != _NAMESPACES:
            marked["deletionGracePeriodSeconds"] = grace
        if "generation" in metadata and place.resource.key != _DEFINITIONS:
            marked["generation"] = metadata["generation"] + 1
    elif grace < metadata.get("deletionGracePeriodSeconds", 0):
        marked["deletionTimestamp"] = cluster.timestamp(after_seconds=grace)
        marked["deletionGracePeriodSeconds"] = grace
    if marked == metadata:
        return stored
    if place.resource.key == _DEFINITIONS:
        marked.pop("deletionGracePeriodSeconds", None)
    return _terminating(cluster, place, {**stored, "metadata": marked})


def _terminating(cluster: SimulatedCluster, place: Place, manifest: Manifest) -> Manifest:
    if place.resource.key == _DEFINITIONS:
        return _definition_terminating(cluster, manifest)
    if place.resource.key == _NAMESPACES:
        return {**manifest, "status": {**(manifest.get("status") or {}), "phase": "Terminating"}}
    return manifest


def _definition_terminating(cluster: SimulatedCluster, manifest: Manifest) -> Manifest:
    """Source: apiextensions-apiserver registry/customresourcedefinition/etcd.go."""
    status = manifest.get("status") or {}
    conditions = [one for one in status.get("conditions") or () if one["type"] != "Terminating"]
    terminating = {
        "type": "Terminating",
        "status": "True",
        "lastTransitionTime": cluster.timestamp(),
        "reason": "InstanceDeletionPending",
        "message": "CustomResourceDefinition marked for deletion; CustomResource deletion will "
        "begin soon",
    }
    return {**manifest, "status": {**status, "conditions": [*conditions, terminating]}}


def _finalizers(current: list[str], place: Place, options: DeleteOptions) -> list[str]:
    """Propagation policies are finalizers (store.go, deletionFinalizersForGarbageCollection)."""
    kept = [name for name in current if options.policy is None or name not in (ORPHAN, FOREGROUND)]
    if options.policy == "Orphan":
        kept.append(ORPHAN)
    if options.policy == "Foreground":
        kept.append(FOREGROUND)
    if place.resource.key == _DEFINITIONS and CRD_CLEANUP not in kept:
        kept.append(CRD_CLEANUP)
    return kept


def _grace_seconds(place: Place, stored: Manifest, options: DeleteOptions) -> int:
    """Only pods that run have time to end. Source: pod strategy, CheckGracefulDelete."""
    if place.resource.key != _PODS:
        return 0
    spec, status = stored.get("spec") or {}, stored.get("status") or {}
    if not spec.get("nodeName") or status.get("phase") in ("Succeeded", "Failed"):
        return 0
    if options.grace_seconds is not None:
        return options.grace_seconds
    return int(spec.get("terminationGracePeriodSeconds", _POD_GRACE_SECONDS))


def _has_content(place: Place, stored: Manifest) -> bool:
    """A namespace goes when its finalizers went."""
    return place.resource.key == _NAMESPACES and bool((stored.get("spec") or {}).get("finalizers"))


def _farewell(cluster: SimulatedCluster, place: Place, last: Manifest) -> Manifest:
    resource = place.resource
    as_object = resource.key in kinds.RETURNS_DELETED or (
        resource.key == _SERVICES and cluster.features.service_deletes_return_object
    )
    if as_object:
        return last
    details: dict[str, Any] = {"name": place.name}
    if resource.group:
        details["group"] = resource.group
    details["kind"] = resource.plural
    details["uid"] = last["metadata"]["uid"]
    return {
        "kind": "Status",
        "apiVersion": "v1",
        "metadata": {},
        "status": "Success",
        "details": details,
    }
