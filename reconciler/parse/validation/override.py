"""OverridePolicy and ClusterOverridePolicy (karmada-semantics §1.2).

Karmada: pkg/util/validation, ValidateOverrideSpec.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from reconciler.parse.validation.errors import FieldErrors, Path, invalid
from reconciler.parse.validation.names import annotation_errors, is_pointer, label_errors
from reconciler.parse.validation.selectors import affinity_errors, selector_namespace_errors

Wire = Mapping[str, Any]

#: Karmada's check for "are there deprecated overriders" forgets fieldOverrider.
_COUNTED_OVERRIDERS: Final = (
    "plaintext",
    "imageOverrider",
    "commandOverrider",
    "argsOverrider",
    "labelsOverrider",
    "annotationsOverrider",
)


def validate_override(spec: Wire, namespace: str) -> FieldErrors:
    """Every error of a policy's spec; `namespace` is empty for the cluster form."""
    rules = spec.get("overrideRules")
    if rules is not None:
        yield from _deprecated_beside_rules(spec)
    for index, rule in enumerate(rules or ()):
        path = ("spec", "overrideRules", index)
        yield from _overriders(rule.get("overriders") or {}, (*path, "overriders"))
        yield from affinity_errors(rule.get("targetCluster"), (*path, "targetCluster"))
    yield from selector_namespace_errors(spec, namespace)


def _deprecated_beside_rules(spec: Wire) -> FieldErrors:
    if spec.get("targetCluster") is not None:
        yield invalid(("spec", "targetCluster"), "must not be used beside overrideRules")
    overriders = spec.get("overriders") or {}
    if any(overriders.get(field) for field in _COUNTED_OVERRIDERS):
        yield invalid(("spec", "overriders"), "must not be used beside overrideRules")


def _overriders(overriders: Wire, path: Path) -> FieldErrors:
    for index, rule in enumerate(overriders.get("annotationsOverrider") or ()):
        where = (*path, "annotationsOverrider", index, "value")
        yield from annotation_errors(rule.get("value") or {}, where)
    for index, rule in enumerate(overriders.get("labelsOverrider") or ()):
        where = (*path, "labelsOverrider", index, "value")
        yield from label_errors(rule.get("value") or {}, where)
    for index, rule in enumerate(overriders.get("imageOverrider") or ()):
        if rule.get("predicate") is not None and not is_pointer(
            rule["predicate"].get("path") or ""
        ):
            where = (*path, "imageOverrider", index, "predicate", "path")
            yield invalid(where, "must be a JSON pointer: empty, or beginning with `/`")
    for index, rule in enumerate(overriders.get("fieldOverrider") or ()):
        yield from _field_overrider(rule, (*path, "fieldOverrider", index))


def _field_overrider(rule: Wire, path: Path) -> FieldErrors:
    if rule.get("json") and rule.get("yaml"):
        yield invalid(path, "json and yaml exclude each other")
    if not is_pointer(rule.get("fieldPath") or ""):
        yield invalid((*path, "fieldPath"), "must be a JSON pointer beginning with `/`")
    for language in ("json", "yaml"):
        for index, operation in enumerate(rule.get(language) or ()):
            yield from _operation(operation, (*path, language, index))


def _operation(operation: Wire, path: Path) -> FieldErrors:
    if not is_pointer(operation.get("subPath") or ""):
        yield invalid((*path, "subPath"), "must be a JSON pointer beginning with `/`")
    has_value = "value" in operation
    if operation.get("operator") == "remove" and has_value:
        yield invalid((*path, "value"), "must not be given with remove")
    elif operation.get("operator") in {"add", "replace"} and not has_value:
        yield invalid((*path, "value"), "is required with add and replace")
