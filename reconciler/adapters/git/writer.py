"""Commits written without a work tree, and refs moved without overwriting anybody.

Strategy: `commit` and its kin only add objects to the local repository and return ids; `push` alone
moves refs, at the target first and locally after it succeeded. The target is a remote, or the
repository itself when there is none. Nothing is committed when no byte changes.
"""

from __future__ import annotations

import threading
from collections.abc import Iterable, Mapping
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


class BranchWriter:
    """Writes branches of one repository; only refs that begin with one of `owns`."""

    def __init__(
        self, store: GitStore, remote: Remote | None, *, owns: tuple[str, ...] = OURS
    ) -> None:
        self._store = store
        self._remote = remote
        self._owns = owns
        self._lock = threading.Lock()

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
        self._require_owned(ref)
        header = _signatures(author, time)
        with self._lock:
            return self._commit(expected, changes, header + b"\n\n" + _text(message))

    def mark(
        self, ref: str, expected: str, *, message: str, author: Identity, time: datetime
    ) -> str:
        """A commit that changes no file and only says something, like an approval."""
        self._require_owned(ref)
        tree, parent = self._tree_of(expected), bytes.fromhex(expected)
        with self._lock:
            objects = Objects(self._store.folder)
            rest = _signatures(author, time) + b"\n\n" + _text(message)
            oid = objects.put(ObjectType.COMMIT, _lineage(tree, parent) + rest)
            objects.flush()
        return oid.hex()

    def rewrite_on(
        self, commit: str, new_base: str | None, changes: Mapping[str, bytes | None]
    ) -> str | None:
        """The same commit, by message, author and time, made again on another base after a race."""
        raw = self._repository[commit].peel(pygit2.Commit).read_raw()
        with self._lock:
            return self._commit(new_base, changes, _without_lineage(raw))

    def bounded(self, tip: str, *, keep: int) -> str:
        """The history of `tip` with its last `keep` commits on a root that holds what was before.

        Returns `tip` while there are at most twice as many, so that history is rewritten rarely.
        """
        walk = self._repository.walk(tip, SortMode.TOPOLOGICAL)
        walk.simplify_first_parent()
        newest = list(islice(walk, 2 * keep + 1))
        if len(newest) <= 2 * keep:
            return tip
        with self._lock:
            objects = Objects(self._store.folder)
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
            self._require_owned(move.ref)
        if not wanted:
            return
        with self._lock:
            try:
                self._push(wanted)
            except PushRejected as refusal:
                self._record([move for move in wanted if move.ref in refusal.landed])
                raise
            self._record(wanted)

    @property
    def _repository(self) -> pygit2.Repository:
        return self._store.repository

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

    def _commit(
        self, base: str | None, changes: Mapping[str, bytes | None], rest: bytes
    ) -> str | None:
        objects = Objects(self._store.folder)
        before = self._tree_of(base) if base is not None else None
        tree = edited(self._read, objects, before, changes)
        if tree == before or (base is None and not any(_writes(changes))):
            return base
        parent = bytes.fromhex(base) if base is not None else None
        oid = objects.put(ObjectType.COMMIT, _lineage(tree, parent) + rest)
        objects.flush()
        return oid.hex()

    def _read(self, oid: bytes) -> list[RawEntry]:
        return read_tree(self._repository.odb, oid)

    def _tree_of(self, commit: str) -> bytes:
        try:
            found: Any = self._repository[commit].peel(pygit2.Commit)
        except (KeyError, ValueError, pygit2.GitError):
            raise SourceUnavailable(f"commit {commit} is missing", hint="fetch first") from None
        return bytes(found.tree_id.raw)

    def _require_owned(self, ref: str) -> None:
        if not ref.startswith(self._owns):
            raise ValueError(f"{ref} is not one of {', '.join(self._owns)}")


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
