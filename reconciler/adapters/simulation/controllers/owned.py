"""Who controls what: an index that follows the store, so that no controller searches."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from reconciler.adapters.simulation.store import Event, Key, Store

Manifest = dict[str, Any]
Name = tuple[str, str]


class Owned:
    """Objects by the UID of their controller, table by table; built from a table at first use."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._tables: dict[Name, dict[str, dict[Key, Manifest]]] = {}

    def of(self, uid: str, name: Name) -> list[Manifest]:
        """What an object controls, in order of name."""
        index = self._tables.get(name)
        if index is None:
            index = self._tables[name] = self._built(name)
        found = index.get(uid)
        return [] if not found else [found[key] for key in sorted(found)]

    def _built(self, name: Name) -> dict[str, dict[Key, Manifest]]:
        index: dict[str, dict[Key, Manifest]] = {}
        table = self._store.table(name)
        if not table.is_generated:
            for key, manifest in table.scan():
                index.setdefault(controller_uid(manifest), {})[key] = manifest
        return index

    def note(self, name: Name, event: Event) -> None:
        """A change of the store."""
        index = self._tables.get(name)
        if index is None:
            return
        if event.previous is not None:
            index.get(controller_uid(event.previous), {}).pop(event.key, None)
        if event.type != "DELETED":
            index.setdefault(controller_uid(event.manifest), {})[event.key] = event.manifest


def controller_uid(manifest: Mapping[str, Any]) -> str:
    """The UID of the owner that controls an object, or ""."""
    for owner in manifest["metadata"].get("ownerReferences") or ():
        if owner.get("controller"):
            return str(owner["uid"])
    return ""
