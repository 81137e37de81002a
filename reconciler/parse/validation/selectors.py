"""Selectors of resources and clusters, the part every policy shares."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from reconciler.parse.validation.errors import FieldErrors, Path, invalid
from reconciler.parse.validation.shapes import entries, item_errors, part, shape_errors

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


def given_affinity_errors(affinity: Any, path: Path) -> FieldErrors:
    """The same of an affinity that no schema has checked, its shape first."""
    if not isinstance(affinity, dict):
        return
    shapes = {"clusterNames": list, "exclude": list, "labelSelector": dict, "fieldSelector": dict}
    wrong = [
        *shape_errors(affinity, path, shapes),
        *item_errors(affinity, "clusterNames", path, str),
        *item_errors(affinity, "exclude", path, str),
        *_selector_errors(part(affinity, "labelSelector"), (*path, "labelSelector")),
        *_selector_errors(part(affinity, "fieldSelector"), (*path, "fieldSelector")),
    ]
    yield from wrong or affinity_errors(affinity, path)


def _selector_errors(selector: Mapping[str, Any], path: Path) -> FieldErrors:
    yield from shape_errors(selector, path, {"matchLabels": dict, "matchExpressions": list})
    for name, value in part(selector, "matchLabels").items():
        if not isinstance(value, str):
            yield invalid((*path, "matchLabels", name), "must be a text")
    yield from item_errors(selector, "matchExpressions", path)
    for index, one in entries(selector, "matchExpressions"):
        where = (*path, "matchExpressions", index)
        yield from shape_errors(one, where, {"key": str, "operator": str, "values": list})
        yield from item_errors(one, "values", where, str)


def selector_namespace_errors(spec: Mapping[str, Any], namespace: str) -> FieldErrors:
    """A namespaced policy selects in its own namespace only; cluster forms (`namespace` empty)
    select anywhere.
    """
    for index, selector in enumerate(spec.get("resourceSelectors") or ()):
        if namespace and (selector.get("namespace") or "") != namespace:
            path = ("spec", "resourceSelectors", index, "namespace")
            yield invalid(path, f"must be the policy's own namespace {namespace!r}")
