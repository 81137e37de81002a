"""The garbage collector: dependents of what is gone go too, unless they were orphaned.

Source: pkg/controller/garbagecollector.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from reconciler.adapters.simulation.controllers.view import View, is_deleted
from reconciler.adapters.simulation.deletes import FOREGROUND, ORPHAN

Manifest = dict[str, Any]


def run(view: View) -> None:
    present: set[str] = set()
    dependents: list[Manifest] = []
    waiting: list[Manifest] = []
    for manifest in _objects(view):
        metadata = manifest["metadata"]
        present.add(metadata["uid"])
        if metadata.get("ownerReferences"):
            dependents.append(manifest)
        finalizers = metadata.get("finalizers") or ()
        if is_deleted(manifest) and (ORPHAN in finalizers or FOREGROUND in finalizers):
            waiting.append(manifest)
    for manifest in dependents:
        owners = manifest["metadata"]["ownerReferences"]
        if not is_deleted(manifest) and not any(owner["uid"] in present for owner in owners):
            view.delete(manifest)
    for manifest in waiting:
        _release(view, manifest, dependents)


def _objects(view: View) -> Iterator[Manifest]:
    for name, table in list(view.cluster.store.tables.items()):
        if name == ("", "events") or table.is_generated:
            continue
        for _, manifest in list(table.scan()):
            yield manifest


def _release(view: View, owner: Manifest, dependents: list[Manifest]) -> None:
    uid = owner["metadata"]["uid"]
    mine = [one for one in dependents if uid in _owner_uids(one)]
    finalizers = owner["metadata"]["finalizers"]
    if ORPHAN in finalizers:
        for one in mine:
            rest = [ref for ref in one["metadata"]["ownerReferences"] if ref["uid"] != uid]
            view.set_metadata(one, ownerReferences=rest or None)
    else:
        for one in mine:
            if not is_deleted(one):
                view.delete(one)
        if mine:
            return
    rest = [name for name in finalizers if name not in (ORPHAN, FOREGROUND)]
    view.set_metadata(owner, finalizers=rest or None)


def _owner_uids(manifest: Manifest) -> set[str]:
    return {owner["uid"] for owner in manifest["metadata"].get("ownerReferences") or ()}
