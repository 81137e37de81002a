"""The reconciler's own branches as files by path: what is there, and what to make of it.

Strategy: a branch is read at one commit and changed on top of that same commit; the move that comes
out is pushed by the caller, alone or together with others, and a race shows as `PushRaced`. What
the files say is made elsewhere: here they are bytes. The caller sees to the order in which branches
are pushed.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import TypeVar

from reconciler.adapters.writeback.messages import IDENTITY
from reconciler.adapters.writeback.ports import Documents, Reader, Writer
from reconciler.model.errors import SourceUnavailable
from reconciler.model.source import Identity, Move, SourceEntry, SourceTree

T = TypeVar("T")

STATE_REF = "refs/heads/reconciler/state"
STATUS_REF = "refs/heads/reconciler/status"
WORKS_PREFIX = "refs/heads/reconciler/works/"
AGENTS_PREFIX = "refs/heads/reconciler/agents/"

CURSOR = "cursor.yaml"
BINDINGS = "bindings/"
SUMMARY = "summary.yaml"
STATUSES = "status/"
CLUSTERS = "clusters/"
HOLDS = "holds/"

# Karmada: a cluster's name is a DNS label of at most 48 characters (karmada-semantics, Cluster).
_CLUSTER_NAME = re.compile(r"[a-z0-9](?:[-a-z0-9]{0,61}[a-z0-9])?")


def works_ref(cluster: str) -> str:
    """Where the Works of one cluster are; raises ValueError for a name that is no DNS label."""
    return WORKS_PREFIX + _label(cluster)


def agent_ref(cluster: str) -> str:
    """Where one cluster's agent reports; raises ValueError for a name that is no DNS label."""
    return AGENTS_PREFIX + _label(cluster)


@dataclass(frozen=True, slots=True, kw_only=True)
class BranchContent:
    """A branch at one commit; no tip and no tree where the branch does not exist yet."""

    tip: str | None
    tree: SourceTree | None

    @property
    def files(self) -> Mapping[str, SourceEntry]:
        """Entries by path in ascending order."""
        return self.tree.entries if self.tree is not None else {}

    def below(self, folder: str) -> dict[str, SourceEntry]:
        """Entries of one folder, with their full paths."""
        return {path: entry for path, entry in self.files.items() if path.startswith(folder)}

    def read(self, path: str) -> bytes | None:
        """One file's bytes; None when the branch does not have it."""
        entry = self.files.get(path)
        if entry is None or self.tree is None:
            return None
        return self.tree.read(_usable(entry).oid)

    def decoded(
        self, folder: str, decode: Callable[[bytes], T], remembered: Documents[T]
    ) -> dict[str, T]:
        """Every document below a folder; only blobs that are not remembered are read."""
        found: dict[str, T] = {}
        for path, entry in self.below(folder).items():
            document = remembered.get(_usable(entry).oid)
            if document is None and self.tree is not None:
                document = decode(self.tree.read(entry.oid))
                remembered.put(entry.oid, document)
            if document is not None:
                found[path] = document
        return found


@dataclass(frozen=True, slots=True, kw_only=True)
class Branch:
    """One of our branches, with one writer: this process."""

    reader: Reader
    writer: Writer
    ref: str
    author: Identity = IDENTITY
    keep: int = 0  # commits of history, 0 for all of it

    def content(self) -> BranchContent:
        """What the branch holds since the last fetch or push; raises `SourceUnavailable`."""
        tip = self.reader.tip(self.ref)
        return BranchContent(tip=tip, tree=self.reader.tree(tip) if tip is not None else None)

    def propose(
        self,
        content: BranchContent,
        changes: Mapping[str, bytes | None],
        *,
        message: str,
        time: datetime,
    ) -> Move | None:
        """A commit with these paths written or removed, to be pushed; None without a change."""
        new = self.writer.commit(
            self.ref, content.tip, changes, message=message, author=self.author, time=time
        )
        if new is None or new == content.tip:
            return None
        if self.keep:
            new = self.writer.bounded(new, keep=self.keep)
        return Move(ref=self.ref, expected=content.tip, new=new)

    def propose_all(
        self,
        content: BranchContent,
        files: Mapping[str, bytes],
        *,
        message: str,
        time: datetime,
    ) -> Move | None:
        """A commit after which the branch holds exactly these files."""
        gone: dict[str, bytes | None] = dict.fromkeys(content.files.keys() - files.keys())
        return self.propose(content, {**gone, **files}, message=message, time=time)


def state_branch(reader: Reader, writer: Writer, author: Identity = IDENTITY) -> Branch:
    """Bindings and the cursor. Its log is the placement audit, so its history is never cut."""
    return Branch(reader=reader, writer=writer, ref=STATE_REF, author=author)


def status_branch(
    reader: Reader, writer: Writer, *, keep: int, author: Identity = IDENTITY
) -> Branch:
    """Summary, statuses, clusters, holds; `keep` commits of history (0: all)."""
    return Branch(reader=reader, writer=writer, ref=STATUS_REF, author=author, keep=keep)


def works_branch(
    reader: Reader, writer: Writer, cluster: str, *, keep: int = 0, author: Identity = IDENTITY
) -> Branch:
    """The rendered Works of one cluster."""
    return Branch(reader=reader, writer=writer, ref=works_ref(cluster), author=author, keep=keep)


def agent_branch(
    reader: Reader, writer: Writer, cluster: str, *, keep: int = 0, author: Identity = IDENTITY
) -> Branch:
    """The report of one cluster's agent."""
    return Branch(reader=reader, writer=writer, ref=agent_ref(cluster), author=author, keep=keep)


def _label(cluster: str) -> str:
    if _CLUSTER_NAME.fullmatch(cluster) is None:
        raise ValueError(f"{cluster!r} is no name of a cluster")
    return cluster


def _usable(entry: SourceEntry) -> SourceEntry:
    """Our own branches hold plain files only; anything else was put there by a stranger."""
    if entry.anomaly is not None:
        raise SourceUnavailable(
            f"{entry.path} {entry.anomaly}",
            hint="someone else wrote to a reconciler branch; restore it or remove that file",
        )
    return entry
