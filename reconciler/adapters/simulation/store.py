"""Objects in memory with one revision counter, an event log per resource, and watchers.

A stored manifest is never changed in place: a write stores a new one, so readers, the log and
caches share it freely. Writes come from one thread at a time (the cluster's lock).
"""

from __future__ import annotations

import bisect
from collections import deque
from collections.abc import Callable, Iterator, MutableMapping
from typing import Any, Final, NamedTuple

Manifest = dict[str, Any]
Key = tuple[str, str]  # namespace ("" for cluster scope) and name
LOG_LENGTH: Final = 20_000


class Event(NamedTuple):
    """One change. `manifest` is the new state (of a deletion: the last, at the new revision)."""

    revision: int
    type: str
    key: Key
    manifest: Manifest
    previous: Manifest | None


Listener = Callable[[Event], None]


class Table:
    """The objects of one resource."""

    def __init__(self, name: tuple[str, str]) -> None:
        self.name = name
        self.objects: MutableMapping[Key, Manifest] = {}
        self.is_generated = False
        self.log: deque[Event] = deque()
        self.listeners: list[Listener] = []
        self.compacted = 0
        self._sorted: list[Key] | None = None

    def keys(self) -> list[Key]:
        """In the order of the API server's storage."""
        if self.is_generated:
            return sorted(self.objects)
        if self._sorted is None:
            self._sorted = sorted(self.objects)
        return self._sorted

    def scan(self, namespace: str = "") -> Iterator[tuple[Key, Manifest]]:
        """All objects, or those of one namespace, in order."""
        keys = self.keys()
        if not namespace:
            for key in keys:
                yield key, self.objects[key]
            return
        for position in range(bisect.bisect_left(keys, (namespace, "")), len(keys)):
            key = keys[position]
            if key[0] != namespace:
                return
            yield key, self.objects[key]

    def at(self, revision: int) -> dict[Key, Manifest] | None:
        """The objects as they were at a revision; None when the log no longer reaches it."""
        if revision < self.compacted:
            return None
        state = dict(self.objects)
        for event in reversed(self.log):
            if event.revision <= revision:
                break
            if event.previous is None:
                state.pop(event.key, None)
            else:
                state[event.key] = event.previous
        return state

    def since(self, revision: int) -> list[Event]:
        """Events after a revision, oldest first."""
        found: list[Event] = []
        for event in reversed(self.log):
            if event.revision <= revision:
                break
            found.append(event)
        found.reverse()
        return found

    def forget(self, revision: int) -> None:
        """Compact the log: what happened up to this revision can no longer be watched from."""
        while self.log and self.log[0].revision <= revision:
            self.log.popleft()
        self.compacted = max(self.compacted, revision)

    def record(self, event: Event) -> None:
        """Append and tell the listeners."""
        if event.type != "MODIFIED":
            self._note_key(event)
        self.log.append(event)
        if len(self.log) > LOG_LENGTH:
            self.compacted = self.log.popleft().revision
        for listener in tuple(self.listeners):
            listener(event)

    def _note_key(self, event: Event) -> None:
        if self._sorted is None:
            return
        if event.type == "ADDED":
            bisect.insort(self._sorted, event.key)
        else:
            del self._sorted[bisect.bisect_left(self._sorted, event.key)]


class Store:
    """All tables of one cluster under one revision counter."""

    def __init__(self) -> None:
        self.revision = 0
        self.tables: dict[tuple[str, str], Table] = {}
        self.listeners: list[Callable[[tuple[str, str], Event], None]] = []

    def table(self, name: tuple[str, str]) -> Table:
        found = self.tables.get(name)
        if found is None:
            found = self.tables[name] = Table(name)
        return found

    def put(self, name: tuple[str, str], key: Key, manifest: Manifest) -> Manifest:
        """Store under a new resourceVersion; returns what is stored."""
        table = self.table(name)
        self.revision += 1
        stored = with_revision(manifest, self.revision)
        previous = table.objects.get(key)
        table.objects[key] = stored
        kind = "ADDED" if previous is None else "MODIFIED"
        self._record(table, Event(self.revision, kind, key, stored, previous))
        return stored

    def delete(self, name: tuple[str, str], key: Key) -> Manifest:
        """Remove; returns the last state at the revision of the removal."""
        table = self.table(name)
        previous = table.objects.pop(key)
        self.revision += 1
        last = with_revision(previous, self.revision)
        self._record(table, Event(self.revision, "DELETED", key, last, previous))
        return last

    def _record(self, table: Table, event: Event) -> None:
        table.record(event)
        for listener in self.listeners:
            listener(table.name, event)

    def compact(self) -> None:
        """Forget the history of every table, as etcd's compaction does."""
        for table in self.tables.values():
            table.forget(self.revision)


def with_revision(manifest: Manifest, revision: int) -> Manifest:
    """A copy with this resourceVersion."""
    return {**manifest, "metadata": {**manifest["metadata"], "resourceVersion": str(revision)}}
