"""Claims are bound to volumes made for them; protected ones go when nothing uses them."""

from __future__ import annotations

from typing import Any, Final

from reconciler.adapters.simulation.controllers.view import View, is_active, is_deleted

Manifest = dict[str, Any]
_CLAIM: Final = "kubernetes.io/pvc-protection"
_VOLUME: Final = "kubernetes.io/pv-protection"


def run(view: View) -> None:
    claims = view.all("", "persistentvolumeclaims")
    for claim in claims:
        if is_deleted(claim):
            _release_claim(view, claim)
        elif (claim.get("status") or {}).get("phase") != "Bound":
            _bind(view, claim)
    bound = {claim["metadata"]["uid"] for claim in claims}
    for volume in view.all("", "persistentvolumes"):
        _tend(view, volume, bound)


def _release_claim(view: View, claim: Manifest) -> None:
    namespace, name = claim["metadata"]["namespace"], claim["metadata"]["name"]
    for pod in view.all("", "pods", namespace):
        volumes = pod["spec"].get("volumes") or ()
        used = [(one.get("persistentVolumeClaim") or {}).get("claimName") for one in volumes]
        if name in used and is_active(pod):
            return
    _drop(view, claim, _CLAIM)


def _drop(view: View, manifest: Manifest, finalizer: str) -> None:
    finalizers = manifest["metadata"].get("finalizers") or []
    if finalizer in finalizers:
        rest = [one for one in finalizers if one != finalizer]
        view.set_metadata(manifest, finalizers=rest or None)


def _bind(view: View, claim: Manifest) -> None:
    metadata, spec = claim["metadata"], claim["spec"]
    name = f"pvc-{metadata['uid']}"
    size = (spec.get("resources") or {}).get("requests") or {}
    if view.get("", "persistentvolumes", "", name) is None:
        created = view.create(
            {
                "apiVersion": "v1",
                "kind": "PersistentVolume",
                "metadata": {"name": name},
                "spec": {
                    "accessModes": spec["accessModes"],
                    "capacity": {"storage": size.get("storage", "1Gi")},
                    "claimRef": {
                        "apiVersion": "v1",
                        "kind": "PersistentVolumeClaim",
                        "name": metadata["name"],
                        "namespace": metadata["namespace"],
                        "uid": metadata["uid"],
                    },
                    "hostPath": {"path": f"/simulated/{name}"},
                    "persistentVolumeReclaimPolicy": "Delete",
                    "storageClassName": spec.get("storageClassName", ""),
                },
            }
        )
        if created is None:
            return
    view.set_spec(claim, volumeName=name)
    fresh = view.get("", "persistentvolumeclaims", metadata["namespace"], metadata["name"])
    if fresh is not None:
        status = {
            "phase": "Bound",
            "accessModes": spec["accessModes"],
            "capacity": {"storage": size.get("storage", "1Gi")},
        }
        view.set_status(fresh, status)


def _tend(view: View, volume: Manifest, claims: set[str]) -> None:
    if is_deleted(volume):
        _drop(view, volume, _VOLUME)
        return
    reference = volume["spec"].get("claimRef") or {}
    if reference.get("uid") in claims:
        view.set_status(volume, {"phase": "Bound"})
    elif not reference:
        view.set_status(volume, {"phase": "Available"})
    elif volume["spec"].get("persistentVolumeReclaimPolicy") == "Delete":
        view.delete(volume)
    else:
        view.set_status(volume, {"phase": "Released"})
