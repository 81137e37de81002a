"""Defaults of what is stored: Secret, volumes, claims, storage classes."""

from __future__ import annotations

import base64
from typing import Any

from reconciler.parse.defaults.fill import filled, in_spec


def secret(body: dict[str, Any], minor: int) -> dict[str, Any]:
    """core/v1 Secret: `stringData` is written into `data` and never read back."""
    del minor
    body = filled(body, type="Opaque")
    plain = body.get("stringData")
    if not isinstance(plain, dict):
        return body
    encoded = {key: base64.b64encode(str(value).encode()).decode() for key, value in plain.items()}
    rest = {key: value for key, value in body.items() if key != "stringData"}
    return {**rest, "data": {**(body.get("data") or {}), **encoded}} if encoded else rest


def claim(body: dict[str, Any], minor: int) -> dict[str, Any]:
    """core/v1 PersistentVolumeClaim."""
    del minor
    return in_spec(body, claim_spec)


def claim_spec(spec: dict[str, Any]) -> dict[str, Any]:
    """The spec of a claim, in a claim of its own or in a template."""
    return filled(spec, volumeMode="Filesystem")


def volume(body: dict[str, Any], minor: int) -> dict[str, Any]:
    """core/v1 PersistentVolume."""
    del minor
    return in_spec(
        body,
        lambda spec: filled(spec, persistentVolumeReclaimPolicy="Retain", volumeMode="Filesystem"),
    )


def storage_class(body: dict[str, Any], minor: int) -> dict[str, Any]:
    """storage.k8s.io StorageClass."""
    del minor
    return filled(body, reclaimPolicy="Delete", volumeBindingMode="Immediate")


DEFAULTS = {
    ("", "Secret"): secret,
    ("", "PersistentVolumeClaim"): claim,
    ("", "PersistentVolume"): volume,
    ("storage.k8s.io", "StorageClass"): storage_class,
}
