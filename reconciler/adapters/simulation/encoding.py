"""Objects and lists as bytes; a stored object is encoded once and spliced into every answer."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import orjson

from reconciler.adapters.simulation.catalogue import Resource

Manifest = Mapping[str, Any]


class Encoder:
    """Remembers the bytes of objects as long as they are stored.

    Keyed by identity: stored manifests never change in place, and a reference is kept so that an
    identity is not reused.
    """

    def __init__(self, limit: int = 50_000) -> None:
        self._limit = limit
        self._bytes: dict[int, tuple[Manifest, bytes]] = {}

    def object(self, manifest: Manifest) -> bytes:
        """One object with kind and apiVersion."""
        if type(manifest) is not dict:  # made for this answer alone
            return orjson.dumps(manifest)
        found = self._bytes.get(id(manifest))
        if found is None:
            if len(self._bytes) >= self._limit:
                self._bytes.clear()
            found = self._bytes[id(manifest)] = (manifest, orjson.dumps(manifest))
        return found[1]

    def list(
        self, resource: Resource, metadata: Mapping[str, Any], items: Iterable[Manifest]
    ) -> bytes:
        """A list; items of built-in kinds leave their kind to the list."""
        heads = (
            b'{"kind":',
            orjson.dumps(resource.list_kind),
            b',"apiVersion":',
            orjson.dumps(resource.api_version),
            b',"metadata":',
            orjson.dumps(metadata),
            b',"items":[',
        )
        if resource.custom is not None:
            parts = [self.object(item) for item in items]
        else:
            parts = [self._bare(item) for item in items]
        return b"".join((*heads, b",".join(parts), b"]}"))

    def _bare(self, manifest: Manifest) -> bytes:
        if type(manifest) is not dict:
            return orjson.dumps(_without_kind(manifest))
        key = -id(manifest)
        found = self._bytes.get(key)
        if found is None:
            if len(self._bytes) >= self._limit:
                self._bytes.clear()
            found = self._bytes[key] = (manifest, orjson.dumps(_without_kind(manifest)))
        return found[1]


def _without_kind(manifest: Manifest) -> dict[str, Any]:
    return {name: value for name, value in manifest.items() if name not in ("kind", "apiVersion")}
