"""What the branches need of a repository: the shape of `adapters/git`, which only runtime joins."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Protocol, TypeVar

from reconciler.model.source import Identity, Move, SourceTree

T = TypeVar("T")


class Reader(Protocol):
    """Branches as they were last fetched."""

    def tip(self, ref: str) -> str | None:
        """The commit a ref points to; None when it does not exist."""
        ...

    def tree(self, revision: str) -> SourceTree:
        """The files of a commit; raises `SourceUnavailable`."""
        ...


class Writer(Protocol):
    """Commits that nobody sees until they are pushed."""

    def commit(
        self,
        ref: str,
        expected: str | None,
        changes: Mapping[str, bytes | None],
        *,
        message: str,
        author: Identity,
        time: datetime,
    ) -> str | None:
        """A commit on `expected`, or `expected` itself when no byte changes."""
        ...

    def bounded(self, tip: str, *, keep: int) -> str:
        """The same content with the history before the last commits squashed."""
        ...

    def push(self, moves: Iterable[Move]) -> None:
        """Move refs where everyone sees them; raises `PushRaced` or `PushRejected`."""
        ...


class Documents(Protocol[T]):
    """A memory of decoded documents by blob id; may forget anything at any time."""

    def get(self, oid: str) -> T | None:
        """The decoded document, if it is remembered."""
        ...

    def put(self, oid: str, document: T) -> None:
        """Remember a decoded document."""
        ...
