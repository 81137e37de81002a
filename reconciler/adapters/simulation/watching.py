"""Watches: events of one resource from a revision on, filtered, with bookmarks.

Source: apiserver storage/cacher and etcd3/watcher. An object that stops matching a selector is
reported as DELETED, one that starts to match as ADDED.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import orjson

from reconciler.adapters.simulation import errors, reads
from reconciler.adapters.simulation.catalogue import Resource
from reconciler.adapters.simulation.conversion import to_version
from reconciler.adapters.simulation.selectors import Predicate
from reconciler.adapters.simulation.store import Event
from reconciler.adapters.simulation.tables import Form

if TYPE_CHECKING:
    from reconciler.adapters.simulation.cluster import SimulatedCluster

INITIAL_EVENTS_END: Final = "k8s.io/initial-events-end"
BOOKMARK_SECONDS: Final = 60.0
_ERROR: Final = b'{"type":"ERROR","object":'


@dataclass(frozen=True, slots=True, kw_only=True)
class WatchOptions:
    """What a watch asks for beside selectors."""

    list_options: reads.ListOptions
    bookmarks: bool = False
    initial_events: bool = False
    timeout_seconds: float = 1800.0
    form: Form | None = None


class Watch:
    """One watcher. Iterate `lines()`; call `close()` when the client has gone."""

    def __init__(
        self, cluster: SimulatedCluster, resource: Resource, namespace: str, options: WatchOptions
    ) -> None:
        self._cluster = cluster
        self._resource = resource
        self._namespace = namespace
        self._options = options
        self._matches: Predicate | None = reads.predicate(resource, options.list_options)
        self._table = cluster.store.table(resource.key)
        self._loop = asyncio.get_running_loop()
        self._waiting: asyncio.Queue[Event | None] = asyncio.Queue()
        self._floor = 0

    def start(self) -> Iterator[bytes]:
        """Subscribe and return the lines that are due at once. Raises ApiError."""
        with self._cluster.lock:
            sent = self._options.list_options.resource_version
            if sent and not sent.isdigit():
                raise errors.bad_request(f'Invalid value: "{sent}": strconv.ParseUint')
            revision = int(sent or 0)
            lines = list(self._initial(revision))
            self._floor = max(revision, self._floor)
            self._table.listeners.append(self._hear)
        return iter(lines)

    def _initial(self, revision: int) -> Iterator[bytes]:
        if self._options.initial_events or not revision:
            self._floor = self._cluster.store.revision
            for _, manifest in self._table.scan(self._namespace):
                if self._matches is None or self._matches(manifest):
                    yield self._line("ADDED", manifest)
            if self._options.initial_events and self._options.bookmarks:
                yield self._bookmark(initial=True)
            return
        if revision < self._table.compacted:
            gone = errors.expired(f"too old resource version: {revision} ({self._table.compacted})")
            yield _ERROR + orjson.dumps(gone.status()) + b"}\n"
            return
        for event in self._table.since(revision):
            self._floor = event.revision
            line = self._event_line(event)
            if line is not None:
                yield line

    def _hear(self, event: Event) -> None:
        if event.revision <= self._floor:
            return
        try:
            if asyncio.get_running_loop() is self._loop:
                self._waiting.put_nowait(event)
                return
        except RuntimeError:
            pass
        self._loop.call_soon_threadsafe(self._waiting.put_nowait, event)

    async def next_lines(self, seconds: float) -> bytes | None:
        """Bytes of the next events, b"" after `seconds` of silence, None when the watch ends."""
        try:
            event = await asyncio.wait_for(self._waiting.get(), seconds)
        except TimeoutError:
            return b""
        parts: list[bytes] = []
        while True:
            if event is None:
                return b"".join(parts) or None
            line = self._event_line(event)
            if line is not None:
                parts.append(line)
            if self._waiting.empty():
                return b"".join(parts)
            event = self._waiting.get_nowait()

    def end(self) -> None:
        """Let `next_lines` say that the watch is over."""
        self._loop.call_soon_threadsafe(self._waiting.put_nowait, None)

    def close(self) -> None:
        with self._cluster.lock:
            if self._hear in self._table.listeners:
                self._table.listeners.remove(self._hear)

    def bookmark(self) -> bytes | None:
        return self._bookmark(initial=False) if self._options.bookmarks else None

    def _bookmark(self, *, initial: bool) -> bytes:
        metadata: dict[str, Any] = {"resourceVersion": str(self._cluster.store.revision)}
        if initial:
            metadata["annotations"] = {INITIAL_EVENTS_END: "true"}
        manifest = {
            "kind": self._resource.kind,
            "apiVersion": self._resource.api_version,
            "metadata": metadata,
        }
        return self._line("BOOKMARK", manifest)

    def _event_line(self, event: Event) -> bytes | None:
        if self._namespace and event.key[0] != self._namespace:
            return None
        if self._matches is None:
            return self._line(event.type, event.manifest)
        before = event.previous is not None and self._matches(event.previous)
        after = event.type != "DELETED" and self._matches(event.manifest)
        if not before and not after:
            return None
        if before and after:
            return self._line("MODIFIED", event.manifest)
        return self._line("ADDED" if after else "DELETED", event.manifest)

    def _line(self, kind: str, manifest: dict[str, Any]) -> bytes:
        form = self._options.form
        if form is not None and kind != "BOOKMARK":
            shown: bytes = orjson.dumps(form.one(self._resource, manifest))
        else:
            shown = self._cluster.encoder.object(to_version(manifest, self._resource))
        return b'{"type":"' + kind.encode() + b'","object":' + shown + b"}\n"
