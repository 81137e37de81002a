"""Identity and metadata of one document: what is required, dropped, or refused.

Rules: names as an API server checks them for every kind (IsValidPathSegmentName); fields a server
sets and marks a control plane sets are left out with a warning (design §4).
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from functools import lru_cache
from typing import Any, Final

from reconciler.model.diagnostic import Diagnostic
from reconciler.model.identity import ObjectKey, shared_key, split_api_version
from reconciler.parse.problems import Document, diagnostic
from reconciler.parse.scope import GroupKind, Scope
from reconciler.parse.validation.names import dns_label, label_value, qualified_name

Body = dict[str, Any]

_API_VERSION: Final = re.compile(r"(?:[a-z0-9](?:[-a-z0-9.]*[a-z0-9])?/)?[a-z0-9]+")
_KIND: Final = re.compile(r"[A-Za-z][A-Za-z0-9]*")
_NAME: Final = re.compile(r"(?!\.{1,2}\Z)[^/%\x00-\x20\x7f]{1,253}")

SERVER_OWNED: Final = frozenset(
    (
        "uid",
        "generation",
        "resourceVersion",
        "managedFields",
        "creationTimestamp",
        "deletionTimestamp",
        "deletionGracePeriodSeconds",
        "selfLink",
    )
)
#: Marks that say whose an object is; only the reconciler may set them.
RESERVED_LABELS: Final = frozenset(
    (
        "propagationpolicy.karmada.io/permanent-id",
        "clusterpropagationpolicy.karmada.io/permanent-id",
        "resourcebinding.karmada.io/permanent-id",
        "clusterresourcebinding.karmada.io/permanent-id",
        "work.karmada.io/permanent-id",
        "multiclusterservice.karmada.io/permanent-id",
        "karmada.io/managed",
        "binding.karmada.io/managed-by",
    )
)
RESERVED_ANNOTATIONS: Final = frozenset(
    (
        "propagationpolicy.karmada.io/namespace",
        "propagationpolicy.karmada.io/name",
        "clusterpropagationpolicy.karmada.io/name",
        "resourcebinding.karmada.io/namespace",
        "resourcebinding.karmada.io/name",
        "clusterresourcebinding.karmada.io/name",
        "work.karmada.io/namespace",
        "work.karmada.io/name",
        "resourcetemplate.karmada.io/generation",
        "resourcetemplate.karmada.io/uid",
        "resourcetemplate.karmada.io/managed-labels",
        "resourcetemplate.karmada.io/managed-annotations",
        "policy.karmada.io/applied-placement",
        "policy.karmada.io/applied-overrides",
        "policy.karmada.io/applied-cluster-overrides",
        "resourcebinding.karmada.io/dependencies",
        "fleet-reconciler.io/fleet",
    )
)
_MAPS: Final = {"labels": RESERVED_LABELS, "annotations": RESERVED_ANNOTATIONS}
_RESERVED_NAMESPACES: Final = frozenset({"karmada-system", "karmada-cluster"})
_EXECUTION_PREFIX: Final = "karmada-es-"


def identity_problems(document: Document) -> list[Diagnostic]:
    """Why a document cannot be told from others; empty when its identity is complete."""
    body = document.parsed.body or {}
    metadata = body.get("metadata")
    checks = (
        ("apiVersion", body.get("apiVersion"), _API_VERSION),
        ("kind", body.get("kind"), _KIND),
    )
    for field, value, pattern in checks:
        if not isinstance(value, str) or not pattern.fullmatch(value):
            return [_incomplete(document, field)]
    if not isinstance(metadata, dict):
        return [_incomplete(document, "metadata")]
    name = metadata.get("name")
    if not name and metadata.get("generateName"):
        message = "generateName gives the object a new name each time it is applied"
        place = document.place("metadata", "generateName")
        return [diagnostic("RC023", message, place, hint="give it a metadata.name")]
    if not isinstance(name, str) or not _NAME.fullmatch(name):
        return [_incomplete(document, "metadata", "name")]
    namespace = metadata.get("namespace")
    if namespace and not (isinstance(namespace, str) and _is_namespace(namespace)):
        return [_incomplete(document, "metadata", "namespace")]
    return []


def resolve_scope(
    document: Document, scopes: Mapping[GroupKind, Scope], default_namespace: str
) -> tuple[ObjectKey | None, list[Diagnostic]]:
    """The object's identity with its namespace settled, None where the scope is not known."""
    body = document.parsed.body or {}
    metadata, kind = body["metadata"], body["kind"]
    group, _ = split_api_version(body["apiVersion"])
    known = scopes.get((group, kind))
    if known is None:
        full = f"{group}/{kind}" if group else kind
        message = f"nothing says whether {full} lives in namespaces"
        hint = f"add its CRD, or `kinds: {{{full}: Namespaced}}` (or Cluster) to reconciler.yaml"
        return None, [diagnostic("RC021", message, document.place("kind"), hint=hint)]
    is_namespaced, _ = known
    given = metadata.get("namespace") or ""
    namespace = (given or default_namespace) if is_namespaced else ""
    key = shared_key(ObjectKey(group, kind, namespace, metadata["name"]))
    if given and not is_namespaced:
        message = f"{kind} is cluster-scoped; its namespace is ignored"
        place = document.place("metadata", "namespace")
        return key, [diagnostic("RC022", message, place, hint="remove it", subject=str(key))]
    if is_reserved_namespace(key.namespace):
        message = f"namespace {key.namespace} is reserved: nothing in it is propagated"
        place = document.place("metadata", "namespace")
        return key, [diagnostic("RC025", message, place, subject=str(key))]
    return key, []


def cleaned(document: Document, key: ObjectKey) -> tuple[Body, list[Diagnostic]]:
    """The body with its namespace settled and without what only servers set, and warnings."""
    body: Body = document.parsed.body or {}
    metadata = dict(body["metadata"])
    problems = list(_without_server_owned(document, key, metadata))
    for field, reserved in _MAPS.items():
        marks = metadata.get(field)
        if marks is None:
            metadata.pop(field, None)
        elif isinstance(marks, dict) and not reserved.isdisjoint(marks):
            problems += _reserved(document, key, field, sorted(reserved & marks.keys()))
            metadata[field] = {name: one for name, one in marks.items() if name not in reserved}
    metadata.pop("generateName", None)
    metadata.pop("namespace", None)
    if key.namespace:
        metadata["namespace"] = key.namespace
    return {**body, "metadata": metadata}, problems


def mark_problems(document: Document, key: ObjectKey, body: Body) -> Iterator[Diagnostic]:
    """Labels and annotations that an API server would not store."""
    metadata = body["metadata"]
    for field in _MAPS:
        marks = metadata.get(field)
        if marks is None or (isinstance(marks, dict) and _marks_are_fine(field, marks)):
            continue
        if not isinstance(marks, dict):
            yield _bad_mark(document, key, (field,), "must be a map of texts")
            continue
        for name, value in marks.items():
            for clause in _mark_clauses(field, name, value):
                yield _bad_mark(document, key, (field, name), clause)


def is_reserved_namespace(namespace: str) -> bool:
    """Karmada's own namespaces (karmada-semantics §2.1)."""
    return namespace in _RESERVED_NAMESPACES or namespace.startswith(_EXECUTION_PREFIX)


def _incomplete(document: Document, *pointer: str) -> Diagnostic:
    body: Any = document.parsed.body or {}
    for step in pointer:
        body = body.get(step) if isinstance(body, dict) else None
    said = "is missing" if body in (None, "") else "is not one an API server accepts"
    hint = "" if body else "not a Kubernetes object? exclude the file in reconciler.yaml"
    return diagnostic("RC007", f"{'.'.join(pointer)} {said}", document.place(*pointer), hint=hint)


@lru_cache(maxsize=4096)
def _is_namespace(text: str) -> bool:
    return not any(dns_label(text))


def _without_server_owned(
    document: Document, key: ObjectKey, metadata: dict[str, Any]
) -> Iterator[Diagnostic]:
    if SERVER_OWNED.isdisjoint(metadata):
        return
    for field in sorted(SERVER_OWNED & metadata.keys()):
        if metadata.pop(field) is not None:
            place = document.place("metadata", field)
            message = f"metadata.{field} is set by servers only and is ignored"
            yield diagnostic("RC024", message, place, hint="remove it", subject=str(key))


def _reserved(
    document: Document, key: ObjectKey, field: str, names: list[str]
) -> Iterator[Diagnostic]:
    for name in names:
        place = document.place("metadata", field, name)
        message = f"{name} is set by the reconciler only and is ignored"
        yield diagnostic("RC026", message, place, hint="remove it", subject=str(key))


def _marks_are_fine(field: str, marks: Mapping[str, Any]) -> bool:
    return all(
        isinstance(value, str) and _mark_is_fine(field, name, value if field == "labels" else "")
        for name, value in marks.items()
    )


@lru_cache(maxsize=65536)
def _mark_is_fine(field: str, name: str, value: str) -> bool:
    return not _mark_clauses(field, name, value)


def _mark_clauses(field: str, name: str, value: Any) -> list[str]:
    if not isinstance(value, str):
        return [f"the value of {name[:80]} must be a text: put it in quotes"]
    clauses = [f"{name[:80]}: {clause}" for clause in qualified_name(name.lower())]
    if field == "labels":
        clauses += [f"the value of {name[:80]} {clause}" for clause in label_value(value)]
    return clauses


def _bad_mark(
    document: Document, key: ObjectKey, pointer: tuple[str, ...], clause: str
) -> Diagnostic:
    place = document.at(("metadata", *pointer))
    return diagnostic("RC027", f"metadata.{pointer[0]}: {clause}", place, subject=str(key))
