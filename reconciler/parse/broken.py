"""Documents that could not be read in full: whose they are, and whether the commit can go on.

Rules (design §2): a document whose identity could be read freezes. One whose identity is unknown
freezes what its file held before; when it is new, what it governs cannot be known, and the commit
is held. What is merely readable but wrong (a repeated key) never holds a commit unless it is a new
policy of which not even the selectors can be trusted.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

from reconciler.model.diagnostic import Diagnostic, Effect, Position
from reconciler.model.fleet import Fleet
from reconciler.model.identity import ObjectKey, split_api_version
from reconciler.model.policy import PolicyKind, PolicyRef
from reconciler.parse.built import Built
from reconciler.parse.files import Fault
from reconciler.parse.governing import read_reach
from reconciler.parse.groups import sort_of
from reconciler.parse.metadata import cleaned, identity_problems, resolve_scope
from reconciler.parse.problems import Document, diagnostic
from reconciler.parse.scope import GroupKind, Scope
from reconciler.parse.values import without_nulls

_POLICY_GROUP = "policy.karmada.io"
_POLICY_KINDS = frozenset(PolicyKind)
_SYNTAX = "RC001"
#: Faults after which the document is still there as a whole.
_COMPLETE = frozenset({"RC002"})
_HINTS = {
    "RC002": "keep one of the two",
    "RC003": "write the values out",
    "RC006": "not a Kubernetes object? exclude the file in reconciler.yaml",
}


@dataclass(frozen=True)
class Before:
    """What is known of the last applied commit: its paths, and its documents if it was read."""

    paths: Collection[str]
    fleet: Fleet | None

    def has_policy(self, key: ObjectKey) -> bool:
        """Whether that policy was there before."""
        return PolicyRef(PolicyKind(key.kind), key.namespace, key.name) in self._policies

    def is_all_there(self, path: str, readable: Collection[ObjectKey]) -> bool:
        """Whether a file that was in order still has every document it held; what cannot be read in
        it must then be new.
        """
        held = self._held.get(path, set())
        return bool(held) and path not in self._frozen and held.issubset(readable)

    @cached_property
    def _policies(self) -> frozenset[PolicyRef]:
        old = self.fleet or Fleet()
        propagation = (one.ref for one in old.propagation_policies)
        return frozenset((*propagation, *(one.ref for one in old.override_policies)))

    @cached_property
    def _held(self) -> dict[str, set[ObjectKey]]:
        held: dict[str, set[ObjectKey]] = defaultdict(set)
        for key, position in self._places():
            held[position.path].add(key)
        return held

    @cached_property
    def _frozen(self) -> frozenset[str]:
        return frozenset(one.position.path for one in (self.fleet or Fleet()).frozen)

    def _places(self) -> Iterator[tuple[ObjectKey, Position]]:
        old = self.fleet or Fleet()
        yield from ((key, one.position) for key, one in old.templates.items())
        yield from old.places.items()
        yield from ((_cluster_key(one.name), one.position) for one in old.clusters)
        yield from ((_policy_key(one.ref), one.position) for one in old.propagation_policies)
        yield from ((_policy_key(one.ref), one.position) for one in old.override_policies)


def _cluster_key(name: str) -> ObjectKey:
    return ObjectKey("cluster.karmada.io", "Cluster", "", name)


def _policy_key(ref: PolicyRef) -> ObjectKey:
    return ObjectKey(_POLICY_GROUP, str(ref.kind), ref.namespace, ref.name)


def read_broken(
    document: Document,
    fault: Fault,
    scopes: Mapping[GroupKind, Scope],
    default_namespace: str,
) -> Built:
    """The document's identity as far as it is certain, its problem, and what it still selects."""
    position = Position(document.path, fault.line or document.parsed.line, fault.column)
    key = _certain_key(document, fault, scopes, default_namespace)
    subject = "" if key is None else str(key)
    problem = diagnostic(
        fault.code, fault.message, position, hint=_HINTS.get(fault.code, ""), subject=subject
    )
    reach = None
    if key is not None and fault.code in _COMPLETE:
        body, _ = cleaned(document, key)
        reach = read_reach(document, without_nulls(body), sort_of(body))
    return Built(document.position, key, (problem,), reach=reach)


def held_where_unknown(
    built: Built, path: str, before: Before, readable: Collection[ObjectKey]
) -> Built:
    """The same with the effect HOLD where nobody can say what a new document governs.

    `readable` are the identities that the same file holds in order.
    """
    if _is_known(built, path, before, readable):
        return built
    return replace(built, diagnostics=tuple(_held(one) for one in built.diagnostics))


def _held(problem: Diagnostic) -> Diagnostic:
    if problem.effect is not Effect.FREEZE_DOCUMENT:
        return problem
    return replace(problem, effect=Effect.HOLD)


def _is_known(built: Built, path: str, before: Before, readable: Collection[ObjectKey]) -> bool:
    key = built.key
    if key is not None and key.group == _POLICY_GROUP and key.kind in _POLICY_KINDS:
        return built.reach is not None or before.has_policy(key)
    if not _has_syntax_error(built.diagnostics):
        return True
    if path in before.paths and not before.is_all_there(path, readable):
        return True
    return key is not None and bool(readable)


def _has_syntax_error(diagnostics: tuple[Diagnostic, ...]) -> bool:
    return any(one.code == _SYNTAX for one in diagnostics)


def _certain_key(
    document: Document,
    fault: Fault,
    scopes: Mapping[GroupKind, Scope],
    default_namespace: str,
) -> ObjectKey | None:
    body: dict[str, Any] = document.parsed.body or {}
    is_whole = fault.code in _COMPLETE or next(reversed(body), "metadata") != "metadata"
    if not is_whole or "metadata" not in body or identity_problems(document):
        return None
    group, _ = split_api_version(body["apiVersion"])
    if (group, body["kind"]) not in scopes:
        return None
    return resolve_scope(document, scopes, default_namespace)[0]
