"""ClusterTaintPolicy, Remedy and WorkloadRebalancer (karmada-semantics §1.7, §1.11).

Karmada: pkg/webhook/clustertaintpolicy and the schemas of the CRDs.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from reconciler.parse.validation.errors import (
    FieldErrors,
    Path,
    duplicate,
    invalid,
    not_supported,
    required,
)
from reconciler.parse.validation.names import qualified_name
from reconciler.parse.validation.selectors import given_affinity_errors
from reconciler.parse.validation.shapes import entries, item_errors, part, shape_errors, text, whole

_CONDITION_OPERATORS: Final = ("In", "NotIn")
_MATCH_OPERATORS: Final = ("Equal", "NotEqual")
_STATUSES: Final = ("True", "False", "Unknown")
_ACTIONS: Final = ("TrafficControl",)


def validate_taint_policy(document: Mapping[str, Any]) -> FieldErrors:
    """Conditions and taints. NoExecute is refused, as by Karmada's webhook without its flag
    `--allow-no-execute-taint-policy`.
    """
    spec, path = part(document, "spec"), ("spec",)
    shapes = {
        "targetClusters": dict,
        "addOnConditions": list,
        "removeOnConditions": list,
        "taints": list,
    }
    yield from shape_errors(spec, path, shapes)
    yield from given_affinity_errors(spec.get("targetClusters"), (*path, "targetClusters"))
    for field in ("addOnConditions", "removeOnConditions"):
        yield from item_errors(spec, field, path)
        for index, condition in entries(spec, field):
            yield from _condition(condition, (*path, field, index))
    if not spec.get("taints"):
        yield required((*path, "taints"), "at least one taint is required")
    yield from item_errors(spec, "taints", path)
    seen = set()
    for index, taint in entries(spec, "taints"):
        where, key, effect = (*path, "taints", index), text(taint, "key"), text(taint, "effect")
        for clause in qualified_name(key):
            yield invalid((*where, "key"), clause)
        if effect != "NoSchedule":
            yield not_supported((*where, "effect"), ("NoSchedule",))
        if (key, effect) in seen:
            yield duplicate(where, f"taint {key}:{effect} is given before")
        seen.add((key, effect))


def _condition(condition: Mapping[str, Any], path: Path) -> FieldErrors:
    if not text(condition, "conditionType"):
        yield required((*path, "conditionType"))
    if text(condition, "operator") not in _CONDITION_OPERATORS:
        yield not_supported((*path, "operator"), _CONDITION_OPERATORS)
    values = condition.get("statusValues")
    if not isinstance(values, list) or not values or any(one not in _STATUSES for one in values):
        yield invalid((*path, "statusValues"), f"must hold some of {', '.join(_STATUSES)}")


def validate_remedy(document: Mapping[str, Any]) -> FieldErrors:
    """Matches and actions."""
    spec, path = part(document, "spec"), ("spec",)
    for index, one in entries(spec, "decisionMatches"):
        match = part(one, "clusterConditionMatch")
        where = (*path, "decisionMatches", index, "clusterConditionMatch")
        if not text(match, "conditionType"):
            yield required((*where, "conditionType"))
        if text(match, "operator") not in _MATCH_OPERATORS:
            yield not_supported((*where, "operator"), _MATCH_OPERATORS)
    actions = spec.get("actions")
    for index, action in enumerate(actions if isinstance(actions, list) else ()):
        if action not in _ACTIONS:
            yield not_supported((*path, "actions", index), _ACTIONS)


def validate_rebalancer(document: Mapping[str, Any]) -> FieldErrors:
    """Workloads and life time."""
    spec, path = part(document, "spec"), ("spec",)
    if not spec.get("workloads"):
        yield required((*path, "workloads"), "at least one workload is required")
    for index, workload in entries(spec, "workloads"):
        for field in ("apiVersion", "kind", "name"):
            if not text(workload, field):
                yield required((*path, "workloads", index, field))
    seconds = whole(spec, "ttlSecondsAfterFinished")
    if seconds is not None and seconds < 0:
        yield invalid((*path, "ttlSecondsAfterFinished"), "must not be negative")
