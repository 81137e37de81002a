"""A commit as data: its revision, and the entries of its tree.

Trees are read from Git objects, never from a work tree, so a symbolic link or a submodule is an
entry with that kind and never followed. An entry that must not be used as it stands carries an
`anomaly`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Protocol


class EntryKind(StrEnum):
    """What a tree entry is."""

    BLOB = "blob"
    SYMLINK = "symlink"
    SUBMODULE = "submodule"
    FOLDER = "folder"  # only where a folder could not be entered


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceEntry:
    """One entry of a tree.

    `path` is printable as it stands: bytes that are not UTF-8 are written `\\xNN`. `size` is in
    bytes, 0 for everything but blobs. `anomaly` completes the sentence "<path> …" and is None when
    the entry may be read.
    """

    path: str
    oid: str
    size: int
    kind: EntryKind
    anomaly: str | None = None


class SourceTree(Protocol):
    """The files of one commit: entries by path in ascending order, and their bytes on demand."""

    @property
    def revision(self) -> str:
        """The commit's id."""
        ...

    @property
    def entries(self) -> Mapping[str, SourceEntry]:
        """Every entry outside hidden folders, sorted by path."""
        ...

    def read(self, oid: str) -> bytes:
        """The content of a blob; raises `SourceUnavailable` when it is missing or too large."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Identity:
    """Who authors a commit."""

    name: str
    email: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Revision:
    """One commit. Times are UTC; the message is as written, not made safe for a terminal."""

    id: str
    author: Identity
    committer: Identity
    authored_at: datetime
    committed_at: datetime
    message: str
    parents: tuple[str, ...]

    @property
    def subject(self) -> str:
        """The message's first line."""
        return self.message.lstrip("\n").partition("\n")[0]


@dataclass(frozen=True, slots=True, kw_only=True)
class PathChange:
    """What happened to a path between two commits: None stands for absence."""

    path: str
    before: str | None
    after: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Move:
    """One ref, by full name, from the commit it is expected to have to the one it gets.

    None stands for a ref that does not exist: creating is exclusive, `new=None` deletes.
    """

    ref: str
    expected: str | None
    new: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceFile:
    """One entry with its bytes; `data` is None where there are none to read or too many to load,
    or where a memory knows the blob already: `load` then brings them after all.
    """

    path: str
    oid: str
    size: int = 0
    kind: EntryKind = EntryKind.BLOB
    data: bytes | None = None
    anomaly: str | None = None
    load: Callable[[], bytes] | None = field(default=None, compare=False, repr=False)
