"""ResourceInterpreterCustomization and -WebhookConfiguration (karmada-semantics §1.10).

Karmada: pkg/webhook/resourceinterpretercustomization, resourceinterpreterwebhook. Whether a script
is Lua, the interpreter says when it loads it.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final
from urllib.parse import urlsplit

from reconciler.parse.validation.errors import (
    FieldErrors,
    Path,
    duplicate,
    invalid,
    not_supported,
    required,
)
from reconciler.parse.validation.names import dns_subdomain
from reconciler.parse.validation.shapes import Wire, entries, part, shape_errors, text, whole

OPERATIONS: Final = (
    "retention",
    "replicaResource",
    "componentResource",
    "replicaRevision",
    "statusReflection",
    "statusAggregation",
    "healthInterpretation",
    "dependencyInterpretation",
)
_WEBHOOK_OPERATIONS: Final = (
    "*",
    "InterpretReplica",
    "InterpretComponent",
    "ReviseReplica",
    "InterpretStatus",
    "Retain",
    "AggregateStatus",
    "InterpretHealth",
    "InterpretDependency",
)
_RULE_LISTS: Final = ("operations", "apiGroups", "apiVersions", "kinds")
_MAX_TIMEOUT_SECONDS: Final = 30
_NAME_LABELS: Final = 3


def validate_customization(document: Mapping[str, Any]) -> FieldErrors:
    """Target and known operations, each with a script."""
    spec, path = part(document, "spec"), ("spec",)
    yield from shape_errors(spec, path, {"target": dict, "customizations": dict})
    for field in ("apiVersion", "kind"):
        if not text(part(spec, "target"), field):
            yield required((*path, "target", field))
    for name, operation in part(spec, "customizations").items():
        where = (*path, "customizations", name)
        if name not in OPERATIONS:
            yield not_supported(where, OPERATIONS)
        elif operation is not None and not text(part(operation), "luaScript"):
            yield required((*where, "luaScript"))


def validate_webhook_configuration(document: Mapping[str, Any]) -> FieldErrors:
    """Name, address, rules and versions of each webhook."""
    names = set()
    yield from _list_of(document, "webhooks", (), dict)
    for index, hook in entries(document, "webhooks"):
        where, name = ("webhooks", index), text(hook, "name")
        for clause in dns_subdomain(name):
            yield invalid((*where, "name"), clause)
        if len(name.split(".")) < _NAME_LABELS:
            yield invalid((*where, "name"), "must have at least three parts, separated by dots")
        if name in names:
            yield duplicate((*where, "name"), "is the name of a webhook before")
        names.add(name)
        yield from _client(part(hook, "clientConfig"), (*where, "clientConfig"))
        yield from _rules(hook, where)
        yield from shape_errors(hook, where, {"clientConfig": dict, "timeoutSeconds": int})
        timeout = whole(hook, "timeoutSeconds")
        if timeout is not None and not 1 <= timeout <= _MAX_TIMEOUT_SECONDS:
            clause = f"must be between 1 and {_MAX_TIMEOUT_SECONDS}"
            yield invalid((*where, "timeoutSeconds"), clause)
        versions = hook.get("interpreterContextVersions")
        if not isinstance(versions, list) or "v1alpha1" not in versions:
            yield invalid((*where, "interpreterContextVersions"), "must hold v1alpha1")


def _client(client: Wire, path: Path) -> FieldErrors:
    url, service = text(client, "url"), client.get("service")
    if bool(url) == (service is not None):
        yield required(path, "needs exactly one of url and service")
    if url:
        yield from _url(url, (*path, "url"))
    if service is not None:
        for field in ("namespace", "name"):
            if not text(part(service), field):
                yield required((*path, "service", field))


def _url(url: str, path: Path) -> FieldErrors:
    try:
        parts = urlsplit(url)
    except ValueError:
        yield invalid(path, "must be a URL")
        return
    if parts.scheme != "https" or not parts.hostname:
        yield invalid(path, "must be an https URL with a host")
    if "@" in parts.netloc or parts.query or parts.fragment:
        yield invalid(path, "must not hold credentials, a query or a fragment")


def _list_of(raw: Wire, field: str, path: Path, kind: type) -> FieldErrors:
    """A list, if it is there, of nothing but maps or texts."""
    yield from shape_errors(raw, path, {field: list})
    value = raw.get(field)
    for index, one in enumerate(value if isinstance(value, list) else ()):
        if not isinstance(one, kind):
            yield invalid((*path, field, index), f"must be {'a map' if kind is dict else 'a text'}")


def _rules(hook: Wire, path: Path) -> FieldErrors:
    yield from _list_of(hook, "rules", path, dict)
    for index, rule in entries(hook, "rules"):
        where = (*path, "rules", index)
        for field in _RULE_LISTS:
            if not isinstance(rule.get(field), list) or not rule[field]:
                yield required((*where, field), "must not be empty")
            yield from _list_of(rule, field, where, str)
        operations = rule.get("operations")
        for number, one in enumerate(operations if isinstance(operations, list) else ()):
            if one not in _WEBHOOK_OPERATIONS:
                yield not_supported((*where, "operations", number), _WEBHOOK_OPERATIONS)
