"""Defaults of what is stored: Secret, volumes, claims, storage classes."""

from __future__ import annotations

import base64
from typing import Any

from reconciler.parse.defaults.fill import filled, in_spec, within
from reconciler.parse.defaults.pods import claim_spec, volume_source
from reconciler.parse.defaults.quantities import resource_list

_CAPACITY_SINCE, _SELINUX_SINCE = 21, 27
_LIFECYCLE = {"volumeLifecycleModes": ["Persistent"]}


def secret(body: dict[str, Any], minor: int) -> dict[str, Any]:
    """core/v1 Secret: `stringData` is written into `data` and never read back."""
    del minor
    body = filled(body, type="Opaque")
    plain = body.get("stringData")
    stored = body.get("data") or {}
    if not isinstance(plain, dict) or not isinstance(stored, dict):
        return body
    encoded = {key: base64.b64encode(str(value).encode()).decode() for key, value in plain.items()}
    rest = {key: value for key, value in body.items() if key != "stringData"}
    return {**rest, "data": {**stored, **encoded}} if encoded else rest


def claim(body: dict[str, Any], minor: int) -> dict[str, Any]:
    """core/v1 PersistentVolumeClaim."""
    del minor
    return in_spec(body, claim_spec)


def volume(body: dict[str, Any], minor: int) -> dict[str, Any]:
    """core/v1 PersistentVolume."""
    del minor

    def step(spec: dict[str, Any]) -> dict[str, Any]:
        spec = filled(spec, persistentVolumeReclaimPolicy="Retain", volumeMode="Filesystem")
        return within(volume_source(spec), "capacity", resource_list)

    return in_spec(body, step)


def storage_class(body: dict[str, Any], minor: int) -> dict[str, Any]:
    """storage.k8s.io StorageClass."""
    del minor
    return filled(body, reclaimPolicy="Delete", volumeBindingMode="Immediate")


def csi_driver(body: dict[str, Any], minor: int) -> dict[str, Any]:
    """storage.k8s.io CSIDriver; the later fields came with the version that enabled their gate."""

    def step(spec: dict[str, Any]) -> dict[str, Any]:
        spec = filled(
            spec,
            attachRequired=True,
            podInfoOnMount=False,
            fsGroupPolicy="ReadWriteOnceWithFSType",
        )
        spec = spec if spec.get("volumeLifecycleModes") else {**spec, **_LIFECYCLE}
        if minor >= _CAPACITY_SINCE:
            spec = filled(spec, storageCapacity=False, requiresRepublish=False)
        return filled(spec, seLinuxMount=False) if minor >= _SELINUX_SINCE else spec

    return in_spec(body, step)


DEFAULTS = {
    ("storage.k8s.io", "CSIDriver"): csi_driver,
    ("", "Secret"): secret,
    ("", "PersistentVolumeClaim"): claim,
    ("", "PersistentVolume"): volume,
    ("storage.k8s.io", "StorageClass"): storage_class,
}
