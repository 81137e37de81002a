"""Whose object is it: ours, another fleet's (or a live Karmada's), or nobody's.

Ours is what carries both the label `karmada.io/managed=true` and the annotation
`fleet-reconciler.io/fleet` with our fleetId; both are added at apply and are not in rendered bytes
(design §6).
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from typing import Any, Final

MANAGED_LABEL: Final = "karmada.io/managed"
MANAGED: Final = "true"
FLEET_ANNOTATION: Final = "fleet-reconciler.io/fleet"
RECREATE_ANNOTATION: Final = "fleet-reconciler.io/recreate"
PROTECTION_LABEL: Final = "resourcetemplate.karmada.io/deletion-protected"
#: Labels and annotations of these domains say where an object comes from, not what it is.
OUR_DOMAINS: Final = ("karmada.io", "fleet-reconciler.io")


class Owner(StrEnum):
    """To whom an observed object belongs."""

    OURS = "ours"
    OTHER_FLEET = "other fleet"
    KARMADA = "karmada"
    NOBODY = "nobody"


def owner_of(observed: Mapping[str, Any], fleet_id: str) -> Owner:
    """Whose object this is; the label alone says Karmada's, the label and another id a fleet's."""
    if labels_of(observed).get(MANAGED_LABEL) != MANAGED:
        return Owner.NOBODY
    fleet = annotations_of(observed).get(FLEET_ANNOTATION)
    if fleet is None:
        return Owner.KARMADA
    return Owner.OURS if fleet == fleet_id else Owner.OTHER_FLEET


def is_our_key(key: str) -> bool:
    """Whether a label or annotation key belongs to Karmada or to us."""
    domain, slash, _ = key.partition("/")
    return bool(slash) and any(
        domain == ours or domain.endswith(f".{ours}") for ours in OUR_DOMAINS
    )


def with_ownership(manifest: Mapping[str, Any], fleet_id: str) -> dict[str, Any]:
    """The manifest with our label and annotation; the input is left as it is."""
    metadata = dict(manifest.get("metadata") or {})
    metadata["labels"] = {**(metadata.get("labels") or {}), MANAGED_LABEL: MANAGED}
    metadata["annotations"] = {**(metadata.get("annotations") or {}), FLEET_ANNOTATION: fleet_id}
    return {**manifest, "metadata": metadata}


def without_our_marks(manifest: Mapping[str, Any]) -> dict[str, Any]:
    """The manifest without our labels and annotations: what adoption compares."""
    metadata = dict(manifest.get("metadata") or {})
    for kind in ("labels", "annotations"):
        kept = {key: value for key, value in marks(metadata, kind).items() if not is_our_key(key)}
        metadata[kind] = kept
    return {**manifest, "metadata": metadata}


def release_patch(observed: Mapping[str, Any]) -> dict[str, Any]:
    """A JSON merge patch that takes our labels and annotations off an object that is to stay.

    Karmada: preserveResourcesOnDeletion, karmada-semantics §2.13.
    """
    metadata = observed.get("metadata") or {}
    patch: dict[str, Any] = {
        kind: {key: None for key in marks(metadata, kind) if is_our_key(key)}
        for kind in ("labels", "annotations")
    }
    patch["resourceVersion"] = metadata.get("resourceVersion")
    return {"metadata": patch}


def labels_of(manifest: Mapping[str, Any]) -> Mapping[str, Any]:
    """`metadata.labels`, empty where absent."""
    return marks(manifest.get("metadata"), "labels")


def annotations_of(manifest: Mapping[str, Any]) -> Mapping[str, Any]:
    """`metadata.annotations`, empty where absent."""
    return marks(manifest.get("metadata"), "annotations")


def marks(metadata: Any, kind: str) -> Mapping[str, Any]:
    """Labels or annotations of a metadata object of unknown shape."""
    found = metadata.get(kind) if isinstance(metadata, dict) else None
    return found if isinstance(found, dict) else {}
