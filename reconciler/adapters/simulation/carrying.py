"""What an update keeps of the stored object, and whether it changes anything."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from reconciler.adapters.simulation import kinds, validation
from reconciler.adapters.simulation.catalogue import Resource
from reconciler.adapters.simulation.errors import Cause
from reconciler.adapters.simulation.places import Manifest, Place

DEPLOYMENTS: Final = ("apps", "deployments")
# The server's own part of metadata: what a client sends for it is ignored.
SERVER_METADATA: Final = (
    "uid",
    "creationTimestamp",
    "deletionTimestamp",
    "deletionGracePeriodSeconds",
    "generation",
    "selfLink",
)


def carried(place: Place, old: Manifest, manifest: Manifest) -> Manifest:
    """What an update keeps of the stored object: the server's metadata and the other half."""
    if place.subresource == "status":
        kept = {**old}
        if "status" in manifest:
            kept["status"] = manifest["status"]
        else:
            kept.pop("status", None)
        metadata = old["metadata"] if place.resource.custom is not None else manifest["metadata"]
        manifest = {**kept, "metadata": dict(metadata)}
        if place.resource.key == DEPLOYMENTS:
            manifest["metadata"].pop("labels", None)
            if "labels" in old["metadata"]:
                manifest["metadata"]["labels"] = old["metadata"]["labels"]
    else:
        manifest = {**manifest, "metadata": dict(manifest["metadata"])}
        if "status" in place.resource.subresources:
            if "status" in old:
                manifest["status"] = old["status"]
            else:
                manifest.pop("status", None)
    metadata = manifest["metadata"]
    metadata.pop("managedFields", None)
    for name in (*SERVER_METADATA, "resourceVersion"):
        if name in old["metadata"]:
            metadata[name] = old["metadata"][name]
        else:
            metadata.pop(name, None)
    return manifest


def finalizer_causes(old: Manifest, manifest: Manifest) -> list[Cause]:
    if not old["metadata"].get("deletionTimestamp"):
        return []
    before = old["metadata"].get("finalizers") or ()
    added = [name for name in manifest["metadata"].get("finalizers") or () if name not in before]
    if not added:
        return []
    message = (
        "no new finalizers can be added if the object is being deleted, found new finalizers "
        f"{added}"
    )
    return [validation.refused("metadata.finalizers", message)]


def counted_part(manifest: Mapping[str, Any], resource: Resource) -> Mapping[str, Any]:
    """What a generation counts: everything outside metadata, and status where it is separate."""
    hidden = {"metadata", "apiVersion", "kind"}
    if resource.custom is None or resource.custom.has_status:
        hidden.add("status")
    counted = {name: value for name, value in manifest.items() if name not in hidden}
    if resource.key in kinds.COUNTS_ANNOTATIONS:
        counted["annotations"] = manifest["metadata"].get("annotations") or {}
    return counted


def is_due(manifest: Manifest) -> bool:
    return not manifest["metadata"].get("deletionGracePeriodSeconds")


def is_same(old: Manifest, new: Manifest) -> bool:
    """Equal but for the times of managedFields entries."""
    if old == new:
        return True
    return _timeless(old) == _timeless(new)


def _timeless(manifest: Manifest) -> Manifest:
    metadata = manifest["metadata"]
    entries = [
        {name: value for name, value in entry.items() if name != "time"}
        for entry in metadata.get("managedFields") or ()
    ]
    return {**manifest, "metadata": {**metadata, "managedFields": entries}}


def without_metadata(manifest: Manifest, *names: str) -> Manifest:
    metadata = {key: value for key, value in manifest["metadata"].items() if key not in names}
    return {**manifest, "metadata": metadata}
