"""What may be kept on disk between starts: documents that were read before, by blob id.

Rules: deleting it costs only time; it is opened when it is first asked, and where that fails
nothing is kept. What another version of the reader wrote is not asked for.
"""

from __future__ import annotations

import hashlib
import sqlite3
from collections.abc import Iterable, Mapping
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Final

from reconciler.adapters.cache import CacheStore

#: Rooms: files of the fleet repo, and documents of our own branches.
PARSED: Final = "parsed"
DOCUMENTS: Final = "documents"
_READERS: Final = ("parse/files.py", "parse/stored.py", "parse/yaml")


class Disk:
    """Bytes by room and blob id, none without a place."""

    def __init__(self, place: Path | None = None) -> None:
        self._place = place
        self._store: CacheStore | None = None

    @classmethod
    def at(cls, place: Path) -> Disk:
        """The file at this place, made when it is first written to."""
        return cls(place)

    def get(self, room: str, oids: Iterable[str]) -> Mapping[str, bytes]:
        """What is known of these blobs."""
        wanted = list(oids)
        store = self._opened() if wanted else None
        return store.get_many(_room(room), wanted) if store else {}

    def put(self, room: str, values: Mapping[str, bytes]) -> None:
        """Keep what was made of these blobs."""
        store = self._opened() if values else None
        if store:
            store.put_many(_room(room), values)

    def _opened(self) -> CacheStore | None:
        if self._store is None and self._place is not None:
            try:
                self._store = CacheStore(self._place)
            except (OSError, sqlite3.Error):
                self._place = None
        return self._store


def _room(name: str) -> str:
    return f"{name}/{_reader_digest()}"


@cache
def _reader_digest() -> str:
    """Stands for the modules that read documents: another reader may read them otherwise."""
    package, digest = files("reconciler"), hashlib.sha256()
    for name in _READERS:
        place = package.joinpath(name)
        sources = sorted(place.iterdir(), key=str) if place.is_dir() else [place]
        for source in sources:
            if source.name.endswith(".py"):
                digest.update(source.read_bytes())
    return digest.hexdigest()[:16]
