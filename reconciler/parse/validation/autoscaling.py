"""FederatedHPA and CronFederatedHPA (karmada-semantics §1.8).

Karmada: pkg/webhook/federatedhpa, cronfederatedhpa. Whether a cron field's values exist in the
calendar is left to the clock that runs it; here its five fields must have the form of cron.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, Final

from reconciler.parse.validation.errors import FieldErrors, Path, duplicate, invalid, required
from reconciler.parse.validation.shapes import Wire, entries, part, shape_errors, text, whole

_RULE_NAME_LENGTH: Final = 32
_MAX_HISTORY: Final = 32
_MAX_PERIOD_SECONDS: Final = 1800
_MAX_WINDOW_SECONDS: Final = 3600
_GROUP: Final = "autoscaling.karmada.io"
_FIELD = r"[0-9A-Za-z*?,/#-]+"
_CRON: Final = re.compile(rf"{_FIELD}(?:\s+{_FIELD}){{4}}|@[a-z0-9]+")
_ZONE: Final = re.compile(r"[A-Za-z0-9_+-]+(?:/[A-Za-z0-9_+-]+){0,2}")


def validate_federated_hpa(document: Mapping[str, Any]) -> FieldErrors:
    """Bounds, target and behaviour."""
    spec, path = part(document, "spec"), ("spec",)
    yield from shape_errors(spec, path, {"minReplicas": int, "maxReplicas": int, "metrics": list})
    yield from _target(spec, path)
    least, most = whole(spec, "minReplicas"), whole(spec, "maxReplicas")
    if least is not None and least < 1:
        yield invalid((*path, "minReplicas"), "must be at least 1")
    if most is None:
        yield required((*path, "maxReplicas"))
    elif most < max(1, least or 1):
        yield invalid((*path, "maxReplicas"), "must be at least 1 and at least minReplicas")
    for index, metric in entries(spec, "metrics"):
        if metric.get("type") == "External":
            yield invalid((*path, "metrics", index, "type"), "External metrics are not supported")
    for direction in ("scaleUp", "scaleDown"):
        rules = part(spec, "behavior", direction)
        yield from _behavior(rules, (*path, "behavior", direction))


def validate_cron_federated_hpa(document: Mapping[str, Any]) -> FieldErrors:
    """Target and rules."""
    spec, path = part(document, "spec"), ("spec",)
    yield from _target(spec, path)
    target = part(spec, "scaleTargetRef")
    scales_hpa = text(target, "apiVersion").partition("/")[0] == _GROUP
    if scales_hpa and target.get("kind") != "FederatedHPA":
        yield invalid((*path, "scaleTargetRef", "kind"), "must be FederatedHPA in this group")
    if not spec.get("rules"):
        yield required((*path, "rules"), "at least one rule is required")
    names = set()
    for index, rule in entries(spec, "rules"):
        where, name = (*path, "rules", index), text(rule, "name")
        if not 0 < len(name) <= _RULE_NAME_LENGTH:
            yield invalid((*where, "name"), f"must have 1 to {_RULE_NAME_LENGTH} characters")
        if name in names:
            yield duplicate((*where, "name"), "is the name of a rule before")
        names.add(name)
        yield from _rule(rule, where)
        yield from _sizes(rule, where, scales_hpa=scales_hpa)


def _target(spec: Wire, path: Path) -> FieldErrors:
    target = part(spec, "scaleTargetRef")
    for field in ("apiVersion", "kind", "name"):
        if not text(target, field):
            yield required((*path, "scaleTargetRef", field))


def _behavior(rules: Wire, path: Path) -> FieldErrors:
    window = whole(rules, "stabilizationWindowSeconds")
    if window is not None and not 0 <= window <= _MAX_WINDOW_SECONDS:
        where = (*path, "stabilizationWindowSeconds")
        yield invalid(where, f"must be between 0 and {_MAX_WINDOW_SECONDS}")
    for index, policy in entries(rules, "policies"):
        period = whole(policy, "periodSeconds")
        if period is None or not 0 < period <= _MAX_PERIOD_SECONDS:
            where = (*path, "policies", index, "periodSeconds")
            yield invalid(where, f"must be between 1 and {_MAX_PERIOD_SECONDS}")


def _rule(rule: Wire, path: Path) -> FieldErrors:
    if not _CRON.fullmatch(text(rule, "schedule").strip()):
        yield invalid((*path, "schedule"), "must be a cron expression of five fields")
    zone = text(rule, "timeZone")
    if zone and not _ZONE.fullmatch(zone):
        yield invalid((*path, "timeZone"), "must be the name of an IANA time zone")
    for field, least in (("successfulHistoryLimit", 1), ("failedHistoryLimit", 0)):
        limit = whole(rule, field)
        if limit is not None and not least <= limit <= _MAX_HISTORY:
            yield invalid((*path, field), f"must be between {least} and {_MAX_HISTORY}")


def _sizes(rule: Wire, path: Path, *, scales_hpa: bool) -> FieldErrors:
    if not scales_hpa:
        replicas = whole(rule, "targetReplicas")
        if replicas is None:
            yield required((*path, "targetReplicas"))
        elif replicas < 0:
            yield invalid((*path, "targetReplicas"), "must not be negative")
        return
    least, most = whole(rule, "targetMinReplicas"), whole(rule, "targetMaxReplicas")
    if least is None and most is None:
        yield invalid(path, "needs targetMinReplicas or targetMaxReplicas")
    for field, value in (("targetMinReplicas", least), ("targetMaxReplicas", most)):
        if value is not None and value <= 0:
            yield invalid((*path, field), "must be greater than 0")
    if least is not None and most is not None and least > most:
        yield invalid((*path, "targetMinReplicas"), "must not be greater than targetMaxReplicas")
