"""Commits written without a work tree, and refs moved without overwriting anybody.

Strategy: `commit` and its kin only add objects to the local repository and return ids; `push` alone
moves refs, at the target first and locally after it succeeded. The target is a remote, or the
repository itself when there is none. Nothing is committed when no byte changes.
"""

from __future__ import annotations

import threading
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime
from itertools import islice
from typing import Any

import pygit2
from pygit2.enums import ObjectType, SortMode

from reconciler.adapters.git.edits import edited
from reconciler.adapters.git.folder_push import move_refs, push_to_folder, require_open_to_moves
from reconciler.adapters.git.moves import effective
from reconciler.adapters.git.network_push import push_over_network
from reconciler.adapters.git.objects import Objects
from reconciler.adapters.git.remote import Remote, Transport
from reconciler.adapters.git.store import GitStore
from reconciler.adapters.git.trees import RawEntry, read_tree
from reconciler.model.errors import PushRejected, SourceUnavailable
from reconciler.model.source import Identity, Move

OURS = ("refs/heads/reconciler/",)
#: Objects that commits made together may keep in memory.
_MOST_HELD = 1000


class BranchWriter:
    """Writes branches of one repository; only refs that begin with one of `owns`."""

    def __init__(
        self, store: GitStore, remote: Remote | None, *, owns: tuple[str, ...] = OURS
    ) -> None:
        self.store = store
        self._remote = remote
        self._owns = owns
        self.lock = threading.Lock()

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
        """A commit on top of `expected` with paths written (bytes) or removed (None).

        Returns `expected` itself when no byte changes. Raises ValueError for an impossible path.
        """
        with self.together() as batch:
            return batch.commit(ref, expected, changes, message=message, author=author, time=time)

    @contextmanager
    def together(self) -> Iterator[Batch]:
        """Commits of several branches that are written at once: each write waits for the disk.

        When this ends they are there to be pushed; none of them may build on another.
        """
        batch = Batch(self)
        yield batch
        batch.flush()

    def mark(
        self, ref: str, expected: str, *, message: str, author: Identity, time: datetime
    ) -> str:
        """A commit that changes no file and only says something, like an approval."""
        self.require_owned(ref)
        tree, parent = self.tree_of(expected), bytes.fromhex(expected)
        with self.lock:
            objects = Objects(self.store.folder)
            rest = _signatures(author, time) + b"\n\n" + _text(message)
            oid = objects.put(ObjectType.COMMIT, _lineage(tree, parent) + rest)
            objects.flush()
        return oid.hex()

    def rewrite_on(
        self, commit: str, new_base: str | None, changes: Mapping[str, bytes | None]
    ) -> str | None:
        """The same commit, by message, author and time, made again on another base after a race."""
        raw = self._repository[commit].peel(pygit2.Commit).read_raw()
        batch = Batch(self)
        made = batch.made(new_base, changes, _without_lineage(raw))
        batch.flush()
        return made

    def bounded(self, tip: str, *, keep: int) -> str:
        """The history of `tip` with its last `keep` commits on a root that holds what was before.

        Returns `tip` while there are at most twice as many, so that history is rewritten rarely.
        """
        walk = self._repository.walk(tip, SortMode.TOPOLOGICAL)
        walk.simplify_first_parent()
        newest = list(islice(walk, 2 * keep + 1))
        if len(newest) <= 2 * keep:
            return tip
        with self.lock:
            objects = Objects(self.store.folder)
            parent: bytes | None = None
            for commit in reversed(newest[: keep + 1]):
                lines = _lineage(commit.tree_id.raw, parent)
                parent = objects.put(ObjectType.COMMIT, lines + _without_lineage(commit.read_raw()))
            objects.flush()
        return parent.hex() if parent is not None else tip

    def push(self, moves: Iterable[Move]) -> None:
        """Move refs where everyone sees them.

        Raises `PushRaced` when a ref is not where it was expected, `PushRejected` when the server
        refused one; `landed` then names those that moved all the same.
        """
        wanted = effective(moves)
        for move in wanted:
            self.require_owned(move.ref)
        if not wanted:
            return
        with self.lock:
            try:
                self._push(wanted)
            except PushRejected as refusal:
                self._record([move for move in wanted if move.ref in refusal.landed])
                raise
            self._record(wanted)

    @property
    def _repository(self) -> pygit2.Repository:
        return self.store.repository

    def _push(self, moves: tuple[Move, ...]) -> None:
        if self._remote is None:
            require_open_to_moves(self._repository, moves)
            move_refs(self._repository, moves)
        elif self._remote.transport is Transport.FOLDER:
            push_to_folder(self._repository, self._remote.folder, moves)
        else:
            push_over_network(self._repository, self._remote, moves)

    def _record(self, moves: Iterable[Move]) -> None:
        """Follow the target with the local refs; the next fetch would do the same."""
        if self._remote is None:
            return
        references = self._repository.references
        for move in moves:
            if move.new is not None:
                references.create(move.ref, move.new, force=True)
            elif move.ref in references:
                references.delete(move.ref)

    def tree_of(self, commit: str) -> bytes:
        """Id of what a commit holds."""
        try:
            found: Any = self._repository[commit].peel(pygit2.Commit)
        except (KeyError, ValueError, pygit2.GitError):
            raise SourceUnavailable(f"commit {commit} is missing", hint="fetch first") from None
        return bytes(found.tree_id.raw)

    def require_owned(self, ref: str) -> None:
        """Raise ValueError for a ref that somebody else writes."""
        if not ref.startswith(self._owns):
            raise ValueError(f"{ref} is not one of {', '.join(self._owns)}")


class Batch:
    """Commits on their way into a repository, of branches that its writer owns."""

    def __init__(self, writer: BranchWriter) -> None:
        self._writer = writer
        self._objects = Objects(writer.store.folder)

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
        """As the writer's own."""
        self._writer.require_owned(ref)
        header = _signatures(author, time)
        return self.made(expected, changes, header + b"\n\n" + _text(message))

    def bounded(self, tip: str, *, keep: int) -> str:
        """As the writer's own."""
        self.flush()
        return self._writer.bounded(tip, keep=keep)

    def push(self, moves: Iterable[Move]) -> None:
        """As the writer's own."""
        self.flush()
        self._writer.push(moves)

    def flush(self) -> None:
        """Write what was committed."""
        with self._writer.lock:
            self._objects.flush()

    def made(
        self, base: str | None, changes: Mapping[str, bytes | None], rest: bytes
    ) -> str | None:
        """A commit by what follows its lineage; `base` itself when no byte changes."""
        with self._writer.lock:
            before = self._writer.tree_of(base) if base is not None else None
            tree = edited(self._read, self._objects, before, changes)
            if tree == before or (base is None and not any(_writes(changes))):
                return base
            parent = bytes.fromhex(base) if base is not None else None
            oid = self._objects.put(ObjectType.COMMIT, _lineage(tree, parent) + rest)
            if self._objects.count >= _MOST_HELD:
                self._objects.flush()
        return oid.hex()

    def _read(self, oid: bytes) -> list[RawEntry]:
        return read_tree(self._writer.store.repository.odb, oid)


def _writes(changes: Mapping[str, bytes | None]) -> Iterable[bool]:
    return (content is not None for content in changes.values())


def _lineage(tree: bytes, parent: bytes | None) -> bytes:
    """The lines of a commit object that say what it holds and what it follows."""
    lines = b"tree %s\n" % tree.hex().encode()
    return lines if parent is None else lines + b"parent %s\n" % parent.hex().encode()


def _without_lineage(raw: bytes) -> bytes:
    """A commit object from its author line on."""
    return raw[raw.index(b"author ") :]


def _signatures(author: Identity, time: datetime) -> bytes:
    who = f"{_name(author.name)} <{_name(author.email)}> {int(time.timestamp())} +0000"
    return f"author {who}\ncommitter {who}".encode()


def _name(text: str) -> str:
    """Without what would end the field in a commit object."""
    return "".join(c for c in text if c.isprintable() and c not in "<>").strip() or "unknown"


def _text(message: str) -> bytes:
    return message.replace("\0", "").encode("utf-8", "replace").rstrip(b"\n") + b"\n"
