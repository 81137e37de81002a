"""Renames: the same content deleted under one name and created under another.

A rename is shown as one; it is still a delete and a create, and counts as such.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from typing import Any, Final

import orjson

from reconciler.model.change import Action, Change, Rename
from reconciler.model.identity import ObjectKey
from reconciler.model.world import Works

#: Bodies of what is deleted, by cluster and identity, as they stand there.
RemovedBodies = Mapping[tuple[str, ObjectKey], Mapping[str, Any]]

_KEPT_METADATA: Final = ("annotations", "labels")
_OUR_MARKS: Final = (".karmada.io/", "karmada.io/", "fleet-reconciler.io/")


def renames(changes: Iterable[Change], removed: RemovedBodies) -> tuple[Rename, ...]:
    """Pairs of equal content on the same cluster, where there is no doubt who became whom."""
    if not removed:
        return ()
    gone: dict[tuple[str, str], list[ObjectKey]] = {}
    come: dict[tuple[str, str], list[ObjectKey]] = {}
    for change in changes:
        side, body = _side(change, removed)
        if body is not None:
            place = (change.cluster, content_digest(body))
            (gone if side is Action.DELETE else come).setdefault(place, []).append(change.key)
    clusters: dict[tuple[ObjectKey, ObjectKey], list[str]] = {}
    for place, before in gone.items():
        after = come.get(place, [])
        if len(before) == len(after) == 1:
            clusters.setdefault((before[0], after[0]), []).append(place[0])
    return tuple(
        Rename(before=before, after=after, clusters=tuple(sorted(names)))
        for (before, after), names in sorted(clusters.items())
    )


def bodies_of_removed(changes: Iterable[Change], works: Works) -> RemovedBodies:
    """What the Works of an earlier commit say of the objects that changes delete."""
    return {
        (change.cluster, change.key): orjson.loads(work.manifest_bytes())
        for change in changes
        if change.action is Action.DELETE
        and (work := works.get(change.cluster, {}).get(change.key)) is not None
    }


def _side(change: Change, removed: RemovedBodies) -> tuple[Action, Mapping[str, Any] | None]:
    """Whether it takes away or brings, and the body it does that with; None for other changes."""
    if change.action is Action.CREATE and change.desired is not None:
        return Action.CREATE, orjson.loads(change.desired.manifest_bytes())
    if change.action in {Action.DELETE, Action.HOLD} and change.desired is None:
        return Action.DELETE, removed.get((change.cluster, change.key))
    return change.action, None


def content_digest(body: Mapping[str, Any]) -> str:
    """What an object is apart from its name, namespace, status, and marks of ours."""
    metadata = body.get("metadata") or {}
    content = {key: value for key, value in body.items() if key not in {"metadata", "status"}}
    content["metadata"] = {name: _own(metadata.get(name)) for name in _KEPT_METADATA}
    return hashlib.sha256(orjson.dumps(content, option=orjson.OPT_SORT_KEYS)).hexdigest()


def _own(marks: Any) -> dict[str, Any]:
    """Labels or annotations that are the user's."""
    entries = marks if isinstance(marks, dict) else {}
    return {
        key: value for key, value in entries.items() if not any(mark in key for mark in _OUR_MARKS)
    }
