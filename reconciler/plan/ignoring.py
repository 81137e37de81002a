"""Ready-made `ignoreDifferences` for what drifts: rules that would leave it alone."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import orjson

from reconciler.model.change import Action, Change
from reconciler.model.config import IgnoreRule
from reconciler.model.emit import emit_yaml
from reconciler.model.identity import ObjectKey
from reconciler.model.pointers import Pointer, field_pointer

_UNTOUCHABLE = ("apiVersion", "kind")


def ignore_rules(changes: Iterable[Change]) -> tuple[IgnoreRule, ...]:
    """One rule for each object that differs, with the JSON pointers of what does, on any cluster.

    What identifies an object or says whose it is can not be ignored and has none.
    """
    paths: dict[ObjectKey, set[str]] = {}
    for change in changes:
        if change.action is Action.UPDATE and change.desired is not None:
            body = orjson.loads(change.desired.manifest_bytes())
            found = (_pointer(edit.path, body) for edit in change.edits)
            paths.setdefault(change.key, set()).update(one for one in found if one)
    return tuple(
        IgnoreRule(
            group=key.group,
            kind=key.kind,
            namespace=key.namespace,
            name=key.name,
            paths=tuple(sorted(pointers)),
        )
        for key, pointers in sorted(paths.items())
        if pointers
    )


def ignore_yaml(rules: Iterable[IgnoreRule]) -> str:
    """The rules as a part of reconciler.yaml; `` for none."""
    entries = [_entry(one) for one in rules]
    return emit_yaml({"ignoreDifferences": entries}).decode() if entries else ""


def _entry(rule: IgnoreRule) -> dict[str, Any]:
    fields = {
        "group": rule.group,
        "kind": rule.kind,
        "namespace": rule.namespace,
        "name": rule.name,
        "paths": list(rule.paths),
    }
    return {name: value for name, value in fields.items() if value}


def _pointer(path: str, body: Any) -> str:
    """The JSON pointer of an edit, `` for what cannot be ignored or pointed at."""
    try:
        pointer = field_pointer(path, body)
    except ValueError:
        return ""
    if not pointer or pointer[0] in _UNTOUCHABLE or _is_ours(pointer):
        return ""
    if any(isinstance(step, str) and "=" in step for step in pointer):
        return ""  # an item that only the member has
    return "".join(f"/{str(step).replace('~', '~0').replace('/', '~1')}" for step in pointer)


def _is_ours(pointer: Pointer) -> bool:
    """Identity, bookkeeping of the server, and marks of the fleet."""
    if pointer[0] != "metadata":
        return False
    if len(pointer) < 3 or pointer[1] not in {"labels", "annotations"}:  # noqa: PLR2004 - a mark
        return True
    domain = str(pointer[2]).partition("/")[0]
    return domain.endswith(("karmada.io", "fleet-reconciler.io"))
