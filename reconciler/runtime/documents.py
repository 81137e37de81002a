"""Documents of our own branches: read back through the same YAML reader as everything else.

Strategy: the same bytes are read once. What a folder held is remembered by blob id until another
commit is read, and on disk as JSON, which reads back many times faster than YAML.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from typing import Any, TypeVar

import orjson

from reconciler.adapters.writeback.branches import BranchContent
from reconciler.model.source import SourceEntry
from reconciler.parse.yaml import Unreadable, read_documents
from reconciler.runtime.disk import DOCUMENTS, Disk

_T = TypeVar("_T")


def document(data: bytes) -> Any:
    """The one document of a file of ours; ValueError when it cannot be read."""
    try:
        readings = read_documents(data)
    except Unreadable as stopped:
        raise ValueError(str(stopped.problem)) from stopped
    if len(readings) != 1 or readings[0].problem is not None:
        raise ValueError("it does not hold exactly one readable document")
    return readings[0].value


class DocumentMemory:
    """Decoded documents of folders, by blob id."""

    def __init__(self, disk: Disk | None = None) -> None:
        self._disk = disk or Disk()
        self._folders: dict[str, dict[str, Any]] = {}
        self._made: dict[str, tuple[str | None, Any]] = {}

    def made(self, name: str, content: BranchContent, make: Callable[[], _T]) -> _T:
        """What was made of a whole branch, while it stands at the same commit."""
        known = self._made.get(name)
        if known is None or known[0] != content.tip:
            known = self._made[name] = (content.tip, make())
        value: _T = known[1]
        return value

    def below(
        self, content: BranchContent, folder: str, decode: Callable[[Any], _T]
    ) -> dict[str, _T]:
        """What every document below a folder says, by path; `decode` gets JSON values. Raises
        ValueError, naming the path, for a document that cannot be read.
        """
        known = self._folders.get(folder, {})
        entries = content.below(folder)
        unknown = {one.oid for one in entries.values()} - known.keys()
        reading = _Reading(content, self._disk, unknown)
        found: dict[str, _T] = {}
        used: dict[str, Any] = {}
        for path, entry in entries.items():
            decoded = known.get(entry.oid) or used.get(entry.oid)
            if decoded is None or entry.anomaly is not None:
                decoded = decode(reading.document(path, entry))
            used[entry.oid] = found[path] = decoded
        self._folders[folder] = used
        reading.store()
        return found


class _Reading:
    """One look at a branch: documents that are not remembered, from disk or from their bytes."""

    def __init__(self, content: BranchContent, disk: Disk, unknown: set[str]) -> None:
        self._content, self._disk = content, disk
        self._known = disk.get(DOCUMENTS, unknown)
        self._fresh: dict[str, bytes] = {}

    def document(self, path: str, entry: SourceEntry) -> Any:
        """One document; raises `SourceUnavailable` for what is no plain file."""
        known = self._known.get(entry.oid)
        if known is not None and entry.anomaly is None:
            with suppress(ValueError):
                return orjson.loads(known)
        try:
            value = document(self._content.read(path) or b"")
        except ValueError as error:
            raise ValueError(f"{path} cannot be read: {error}") from error
        with suppress(TypeError):
            data = orjson.dumps(value)
            if orjson.loads(data) == value:
                self._fresh[entry.oid] = data
        return value

    def store(self) -> None:
        """Keep what was read anew."""
        self._disk.put(DOCUMENTS, self._fresh)
