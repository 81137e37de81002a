"""A commit that changes no file may move the branch a work tree has checked out."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pygit2
import pytest

from reconciler.adapters.git import BranchWriter, GitStore
from reconciler.model.errors import PushRejected
from reconciler.model.source import Identity, Move

MAIN = "refs/heads/main"
WHO = Identity(name="a", email="a@b.example")
NOW = datetime(2026, 1, 1, tzinfo=UTC)


def work_tree(folder: Path) -> tuple[GitStore, BranchWriter, str]:
    """A repository with one commit and its work tree."""
    repository = pygit2.init_repository(str(folder), initial_head="main")
    (folder / "a.yaml").write_text("a: 1\n")
    repository.index.add("a.yaml")
    tree = repository.index.write_tree()
    who = pygit2.Signature(WHO.name, WHO.email, 0, 0)
    head = str(repository.create_commit("HEAD", who, who, "first", tree, []))
    store = GitStore.open(folder)
    return store, BranchWriter(store, None, owns=(MAIN,)), head


def test_a_mark_moves_the_checked_out_branch(tmp_path: Path) -> None:
    store, writer, head = work_tree(tmp_path)
    mark = writer.mark(MAIN, head, message="say something", author=WHO, time=NOW)
    writer.push([Move(ref=MAIN, expected=head, new=mark)])
    assert store.tip(MAIN) == mark


def test_a_changed_file_does_not(tmp_path: Path) -> None:
    _, writer, head = work_tree(tmp_path)
    new = writer.commit(MAIN, head, {"b.yaml": b"b: 1\n"}, message="add", author=WHO, time=NOW)
    with pytest.raises(PushRejected, match="checked out"):
        writer.push([Move(ref=MAIN, expected=head, new=new)])
