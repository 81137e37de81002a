"""Which validator speaks for which kind: one row each."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final

from reconciler.parse.validation.cluster import validate_cluster
from reconciler.parse.validation.errors import FieldErrors
from reconciler.parse.validation.override import validate_override
from reconciler.parse.validation.propagation import validate_propagation

Document = Mapping[str, Any]


def validate(document: Document) -> FieldErrors:
    """Every field error of a document of ours or Karmada's; kinds without rules have none."""
    validator = VALIDATORS.get(str(document.get("kind")))
    return iter(()) if validator is None else validator(document)


def _propagation(document: Document) -> FieldErrors:
    return validate_propagation(document.get("spec") or {}, _namespace(document))


def _cluster_propagation(document: Document) -> FieldErrors:
    return validate_propagation(document.get("spec") or {}, "")


def _override(document: Document) -> FieldErrors:
    return validate_override(document.get("spec") or {}, _namespace(document))


def _cluster_override(document: Document) -> FieldErrors:
    return validate_override(document.get("spec") or {}, "")


def _namespace(document: Document) -> str:
    return str((document.get("metadata") or {}).get("namespace") or "")


VALIDATORS: Final[Mapping[str, Callable[[Document], FieldErrors]]] = {
    "PropagationPolicy": _propagation,
    "ClusterPropagationPolicy": _cluster_propagation,
    "OverridePolicy": _override,
    "ClusterOverridePolicy": _cluster_override,
    "Cluster": validate_cluster,
}
