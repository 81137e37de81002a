"""Selectors of resources and clusters, the part every policy shares."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from reconciler.parse.validation.errors import FieldErrors, Path, invalid

_FIELD_KEYS: Final = ("provider", "region", "zone")
_FIELD_OPERATORS: Final = ("In", "NotIn")


def affinity_errors(affinity: Mapping[str, Any] | None, path: Path) -> FieldErrors:
    """Karmada: ValidateClusterAffinity; one error for the first bad expression."""
    field_selector = (affinity or {}).get("fieldSelector") or {}
    for expression in field_selector.get("matchExpressions") or ():
        if expression.get("key") not in _FIELD_KEYS:
            clause = f"key must be one of {', '.join(_FIELD_KEYS)}"
        elif expression.get("operator") not in _FIELD_OPERATORS:
            clause = f"operator must be one of {', '.join(_FIELD_OPERATORS)}"
        else:
            continue
        yield invalid((*path, "fieldSelector"), clause)
        return


def selector_namespace_errors(spec: Mapping[str, Any], namespace: str) -> FieldErrors:
    """A namespaced policy selects in its own namespace only; cluster forms (`namespace` empty)
    select anywhere.
    """
    for index, selector in enumerate(spec.get("resourceSelectors") or ()):
        if namespace and (selector.get("namespace") or "") != namespace:
            path = ("spec", "resourceSelectors", index, "namespace")
            yield invalid(path, f"must be the policy's own namespace {namespace!r}")
