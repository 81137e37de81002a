"""Label and field selectors of list and watch requests."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any, Final

from reconciler.adapters.simulation.errors import bad_request

Predicate = Callable[[Mapping[str, Any]], bool]
_SPLIT: Final = re.compile(r",(?![^(]*\))")
_SET: Final = re.compile(r"^(\S+)\s+(in|notin)\s*\(([^)]*)\)$")
_EQUALITY: Final = re.compile(r"^([^=!<>\s]+)\s*(==|=|!=|>|<)\s*(\S*)$")
_KEY: Final = re.compile(r"^([A-Za-z0-9.-]+/)?[A-Za-z0-9]([A-Za-z0-9_.-]*[A-Za-z0-9])?$")
_VALUE: Final = re.compile(r"^([A-Za-z0-9]([A-Za-z0-9_.-]*[A-Za-z0-9])?)?$")

_COMMON_FIELDS: Final = ("metadata.name", "metadata.namespace")
# Fields beside name and namespace. Source: each kind's ToSelectableFields.
_FIELDS: Final[Mapping[str, tuple[str, ...]]] = {
    "pods": (
        "spec.nodeName",
        "spec.restartPolicy",
        "spec.schedulerName",
        "spec.serviceAccountName",
        "spec.hostNetwork",
        "status.phase",
        "status.podIP",
        "status.podIPs",
        "status.nominatedNodeName",
    ),
    "events": (
        "involvedObject.kind",
        "involvedObject.namespace",
        "involvedObject.name",
        "involvedObject.uid",
        "involvedObject.apiVersion",
        "involvedObject.resourceVersion",
        "involvedObject.fieldPath",
        "reason",
        "reportingComponent",
        "source",
        "type",
    ),
    "namespaces": ("status.phase",),
    "nodes": ("spec.unschedulable",),
    "secrets": ("type",),
    "services": ("spec.clusterIP", "spec.type"),
    "replicasets": ("status.replicas",),
    "replicationcontrollers": ("status.replicas",),
    "jobs": ("status.successful",),
    "certificatesigningrequests": ("spec.signerName",),
}


def label_predicate(text: str) -> Predicate | None:
    """Whether an object's labels match; None for an empty selector. ApiError 400 when malformed."""
    terms = [_label_term(term.strip()) for term in _SPLIT.split(text)] if text.strip() else []
    if not terms:
        return None

    def matches(manifest: Mapping[str, Any]) -> bool:
        labels = manifest["metadata"].get("labels") or {}
        return all(term(labels) for term in terms)

    return matches


def _label_term(term: str) -> Callable[[Mapping[str, str]], bool]:
    if found := _SET.match(term):
        key, operator, listed = found.groups()
        values = frozenset(value.strip() for value in listed.split(","))
        _check_label(key, *values)
        if operator == "in":
            return lambda labels: labels.get(key) in values
        return lambda labels: labels.get(key) not in values
    if found := _EQUALITY.match(term):
        key, operator, value = found.groups()
        _check_label(key, value)
        return _comparison(key, operator, value)
    if term.startswith("!"):
        key = term[1:].strip()
        _check_label(key)
        return lambda labels: key not in labels
    _check_label(term)
    return lambda labels: term in labels


def _comparison(key: str, operator: str, value: str) -> Callable[[Mapping[str, str]], bool]:
    if operator in ("=", "=="):
        return lambda labels: labels.get(key) == value
    if operator == "!=":
        return lambda labels: labels.get(key) != value
    if not value.lstrip("-").isdigit():
        raise bad_request(f'unable to parse requirement: "{value}" must be an integer')
    limit = int(value)

    def compares(labels: Mapping[str, str]) -> bool:
        mine = labels.get(key, "")
        if not mine.lstrip("-").isdigit():
            return False
        return int(mine) > limit if operator == ">" else int(mine) < limit

    return compares


def _check_label(key: str, *values: str) -> None:
    if not _KEY.match(key):
        raise bad_request(f'unable to parse requirement: invalid label key "{key}"')
    for value in values:
        if not _VALUE.match(value):
            raise bad_request(f'unable to parse requirement: invalid label value "{value}"')


def field_predicate(text: str, plural: str, *, custom: tuple[str, ...] = ()) -> Predicate | None:
    """Whether an object's fields match. ApiError 400 for a field that cannot be selected by."""
    if not text.strip():
        return None
    known = (*_COMMON_FIELDS, *_FIELDS.get(plural, ()), *custom)
    terms = [_field_term(term.strip(), known) for term in text.split(",") if term.strip()]
    return lambda manifest: all(term(manifest) for term in terms)


def _field_term(term: str, known: tuple[str, ...]) -> Predicate:
    found = re.match(r"^([^=!]+)(!=|==|=)(.*)$", term)
    if found is None:
        raise bad_request(f"invalid selector: '{term}'; can't understand '{term}'")
    field, operator, value = found.group(1).strip(), found.group(2), found.group(3)
    if field not in known:
        listed = ", ".join(f'"{name}"' for name in known)
        raise bad_request(f'"{field}" is not a known field selector: only {listed}')
    path = field.split(".")
    wanted = operator != "!="
    return lambda manifest: (_text(manifest, path) == value) is wanted


def _text(manifest: Mapping[str, Any], path: list[str]) -> str:
    value: Any = manifest
    for name in path:
        value = value.get(name) if isinstance(value, Mapping) else None
    if value is None:
        return "false" if path[-1] in ("unschedulable", "hostNetwork") else ""
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value)
