"""Namespaces that no document declares: created bare where an object needs one, never ours."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import orjson

from reconciler.model.change import Action, Change
from reconciler.model.identity import ObjectKey
from reconciler.model.work import Work


def bare_namespaces(cluster: str, works: Iterable[Work], existing: frozenset[str]) -> list[Change]:
    """One creation for each namespace of these Works that is neither there nor among them.

    The namespace gets no mark of ours, so that it is never pruned (design §4, Scope).
    """
    needed: dict[str, ObjectKey] = {}
    declared = set(existing)
    for work in works:
        if (work.key.group, work.key.kind) == ("", "Namespace"):
            declared.add(work.key.name)
        elif work.key.namespace:
            needed.setdefault(work.key.namespace, work.key)
    return [
        _creation(cluster, name, needed[name]) for name in sorted(needed) if name not in declared
    ]


def _creation(cluster: str, name: str, reason: ObjectKey) -> Change:
    body: dict[str, Any] = {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name}}
    return Change(
        cluster=cluster,
        key=ObjectKey("", "Namespace", "", name),
        action=Action.CREATE,
        api_version="v1",
        reason=f"{reason} needs it and no document declares it",
        payload=orjson.dumps(body),
    )
