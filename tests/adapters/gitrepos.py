"""Repositories to test with: a bare one on a server, reached as a path or over smart HTTP."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import pygit2

from reconciler.adapters.git import BranchWriter, GitStore, Remote
from reconciler.model.source import Identity

AUTHOR = Identity(name="Fleet", email="fleet@example.org")
NOON = datetime(2026, 1, 2, 12, 0, tzinfo=UTC)
STATE = "refs/heads/reconciler/state"
STATUS = "refs/heads/reconciler/status"


@dataclass(slots=True)
class Served:
    """A repository as a server has it, and the address a client uses."""

    folder: Path
    remote: Remote

    @property
    def repository(self) -> pygit2.Repository:
        return pygit2.Repository(str(self.folder))

    def tip(self, ref: str) -> str | None:
        reference = self.repository.references.get(ref)
        return str(reference.target) if reference is not None else None

    def hook(self, name: str, script: str) -> None:
        hook = self.folder / "hooks" / name
        hook.parent.mkdir(exist_ok=True)
        hook.write_text(f"#!/bin/sh\n{script}\n")
        hook.chmod(0o755)


def committed(
    writer: BranchWriter,
    expected: str | None,
    changes: Mapping[str, bytes | None],
    *,
    ref: str = STATE,
    message: str = "Change",
) -> str:
    """A commit that must exist."""
    oid = writer.commit(ref, expected, changes, message=message, author=AUTHOR, time=NOON)
    assert oid is not None
    return oid


def client(folder: Path, remote: Remote) -> tuple[GitStore, BranchWriter]:
    """A fresh mirror, fetched, with its writer."""
    store = GitStore.mirror(folder)
    store.fetch(remote)
    return store, BranchWriter(store, remote)


def raw_tree(repository: pygit2.Repository, *entries: tuple[str, bytes, str]) -> str:
    """A tree object of any content: mode, name, hex id, in the order given."""
    data = b"".join(
        mode.encode() + b" " + name + b"\0" + bytes.fromhex(oid) for mode, name, oid in entries
    )
    return str(repository.odb.write(pygit2.enums.ObjectType.TREE, data))


def raw_commit(repository: pygit2.Repository, tree: str, ref: str = "refs/heads/main") -> str:
    """A commit of any tree on a ref."""
    text = f"tree {tree}\nauthor A <a@b> 1 +0000\ncommitter A <a@b> 1 +0000\n\nhostile\n"
    oid = repository.odb.write(pygit2.enums.ObjectType.COMMIT, text.encode())
    repository.references.create(ref, oid, force=True)
    return str(oid)
