"""What may be kept on disk between starts: documents that were read before, by blob id, and what is
known of renderings.

Rules: deleting it costs only time; it is opened when it is first asked, and where that fails
nothing is kept. What another version of the code wrote is not asked for.
"""

from __future__ import annotations

import hashlib
import sqlite3
from collections.abc import Iterable, Mapping
from functools import cache
from importlib.metadata import version
from importlib.resources import files
from pathlib import Path
from typing import Final

from reconciler.adapters.cache import CacheStore

#: Rooms: files of the fleet repo, documents of our own branches, and known renderings.
PARSED: Final = "parsed"
DOCUMENTS: Final = "documents"
RENDERINGS: Final = "renderings"
_PACKAGE: Final = "reconciler"
_READERS: Final = ("parse/files.py", "parse/stored.py", "parse/yaml")
#: What a room's content is made by: folders and files of the package, and libraries.
_MAKERS: Final = {
    PARSED: (_READERS, ()),
    DOCUMENTS: (_READERS, ()),
    RENDERINGS: (
        ("model", "interpret", "overriders", "render"),
        ("jsonpatch", "jsonpointer", "lupa", "orjson"),
    ),
}


class Disk:
    """Bytes by room and blob id, none without a place."""

    def __init__(self, place: Path | None = None) -> None:
        self._place = place
        self._store: CacheStore | None = None

    @classmethod
    def at(cls, place: Path) -> Disk:
        """The file at this place, made when it is first written to."""
        return cls(place)

    @property
    def is_there(self) -> bool:
        """Whether anything is kept at all."""
        return self._place is not None

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
    return f"{name}/{_makers_digest(name)}"


@cache
def _makers_digest(room: str) -> str:
    """Stands for what makes a room's content: other code may make it otherwise."""
    modules, libraries = _MAKERS[room]
    digest = hashlib.sha256()
    for source in (one for name in modules for one in _sources(Path(str(files(_PACKAGE))) / name)):
        digest.update(source.read_bytes())
    for library in libraries:
        digest.update(f"{library} {version(library)}\n".encode())
    return digest.hexdigest()[:16]


def _sources(place: Path) -> list[Path]:
    """A file, or everything in a folder but what the interpreter leaves there."""
    if not place.is_dir():
        return [place]
    return sorted(
        one for one in place.rglob("*") if one.is_file() and one.parent.name != "__pycache__"
    )
