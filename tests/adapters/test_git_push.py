"""Pushes that race, are refused, or have nothing to say; over a path and over smart HTTP alike."""

from __future__ import annotations

import subprocess
import threading
from pathlib import Path

import pygit2
import pytest

from reconciler.adapters.git import BranchWriter, GitStore, Move, Remote
from reconciler.adapters.git.objects import LOOSE_BELOW
from reconciler.model.errors import (
    EmptyRepository,
    MissingBranch,
    PushRaced,
    PushRejected,
    SourceUnavailable,
)
from tests.adapters.gitrepos import AUTHOR, NOON, STATE, STATUS, Served, client, committed


def test_a_first_push_creates_the_branch(served: Served, tmp_path: Path) -> None:
    store, writer = client(tmp_path / "a", served.remote)
    new = committed(writer, None, {"bindings/web/shop.yaml": b"replicas: 2\n"})
    assert served.tip(STATE) is None, "a commit alone is seen by nobody"
    writer.push([Move(ref=STATE, expected=None, new=new)])
    assert served.tip(STATE) == new
    assert store.tip(STATE) == new
    other, _ = client(tmp_path / "b", served.remote)
    tree = other.tree(new)
    assert {path: tree.read(entry.oid) for path, entry in tree.entries.items()} == {
        "bindings/web/shop.yaml": b"replicas: 2\n"
    }


def test_the_second_of_two_racing_pushes_is_told_and_overwrites_nothing(
    served: Served, tmp_path: Path
) -> None:
    _, first = client(tmp_path / "a", served.remote)
    _, second = client(tmp_path / "b", served.remote)
    base = committed(first, None, {"x": b"0"})
    first.push([Move(ref=STATE, expected=None, new=base)])
    second_store, second = client(tmp_path / "b", served.remote)
    won = committed(first, base, {"x": b"1"})
    lost = committed(second, base, {"y": b"2"})
    first.push([Move(ref=STATE, expected=base, new=won)])
    with pytest.raises(PushRaced, match="is at"):
        second.push([Move(ref=STATE, expected=base, new=lost)])
    assert served.tip(STATE) == won

    second_store.fetch(served.remote)
    again = second.rewrite_on(lost, second_store.tip(STATE), {"y": b"2"})
    assert again is not None
    second.push([Move(ref=STATE, expected=won, new=again)])
    assert [revision.id for revision in second_store.log(again)] == [again, won, base]
    assert set(second_store.tree(again).entries) == {"x", "y"}


def test_creating_a_branch_that_appeared_meanwhile_is_a_race(
    served: Served, tmp_path: Path
) -> None:
    _, first = client(tmp_path / "a", served.remote)
    _, second = client(tmp_path / "b", served.remote)
    won = committed(first, None, {"x": b"1"})
    first.push([Move(ref=STATE, expected=None, new=won)])
    lost = committed(second, None, {"x": b"2"})
    with pytest.raises(PushRaced):
        second.push([Move(ref=STATE, expected=None, new=lost)])
    assert served.tip(STATE) == won


def test_of_many_writers_at_once_one_wins_each_round(served: Served, tmp_path: Path) -> None:
    writers = [client(tmp_path / str(n), served.remote)[1] for n in range(4)]
    tips = [committed(writer, None, {"who": b"%d" % n}) for n, writer in enumerate(writers)]
    outcomes: list[str] = []

    def push(writer: BranchWriter, tip: str) -> None:
        try:
            writer.push([Move(ref=STATE, expected=None, new=tip)])
            outcomes.append(tip)
        except PushRaced:
            outcomes.append("raced")

    threads = [threading.Thread(target=push, args=pair) for pair in zip(writers, tips, strict=True)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    winners = [outcome for outcome in outcomes if outcome != "raced"]
    assert winners == [served.tip(STATE)]
    assert len(outcomes) == 4


@pytest.mark.parametrize("hook", ["pre-receive", "update"])
def test_a_hook_that_refuses_is_a_rejection_and_moves_nothing(
    served: Served, tmp_path: Path, hook: str
) -> None:
    store, writer = client(tmp_path / "a", served.remote)
    served.hook(hook, "echo 'not \x1b[31mtoday' >&2; exit 1")
    new = committed(writer, None, {"x": b"1"})
    with pytest.raises(PushRejected) as refusal:
        writer.push([Move(ref=STATE, expected=None, new=new)])
    assert not isinstance(refusal.value, PushRaced)
    assert "hook" in str(refusal.value)
    assert "\x1b" not in str(refusal.value)
    assert refusal.value.hint
    assert served.tip(STATE) is None
    assert store.tip(STATE) is None


def test_refs_that_landed_beside_a_refused_one_are_named(
    http_server: object, served: Served, tmp_path: Path
) -> None:
    store, writer = client(tmp_path / "a", served.remote)
    served.hook("update", 'case "$1" in *status) exit 1;; esac')
    state, status = (committed(writer, None, {"x": name}) for name in (b"1", b"2"))
    with pytest.raises(PushRejected) as refusal:
        writer.push(
            [
                Move(ref=STATE, expected=None, new=state),
                Move(ref=STATUS, expected=None, new=status),
            ]
        )
    assert served.tip(STATUS) is None
    assert refusal.value.landed == ({STATE: state} if served.tip(STATE) else {})
    assert store.tip(STATE) == served.tip(STATE)


def test_several_refs_move_in_one_push(served: Served, tmp_path: Path) -> None:
    _, writer = client(tmp_path / "a", served.remote)
    state, status = (committed(writer, None, {"x": name}) for name in (b"1", b"2"))
    writer.push(
        [Move(ref=STATE, expected=None, new=state), Move(ref=STATUS, expected=None, new=status)]
    )
    assert (served.tip(STATE), served.tip(STATUS)) == (state, status)
    writer.push([Move(ref=STATUS, expected=status, new=None)])
    assert served.tip(STATUS) is None


def test_commits_made_together_are_written_at_once(served: Served, tmp_path: Path) -> None:
    store, writer = client(tmp_path / "a", served.remote)
    files: dict[str, bytes | None] = {f"{n}/file": b"%d" % n for n in range(LOOSE_BELOW)}
    with writer.together() as batch:
        first, second = (
            batch.commit(ref, None, files, message="Write", author=AUTHOR, time=NOON)
            for ref in (STATE, STATUS)
        )
        assert first is not None
        with pytest.raises(EmptyRepository):
            store.resolve(first)
    assert len(list((store.folder / "objects" / "pack").glob("*.pack"))) == 1
    writer.push([Move(ref=STATE, expected=None, new=first)])
    writer.push([Move(ref=STATUS, expected=None, new=second)])
    assert (served.tip(STATE), served.tip(STATUS)) == (first, second)


def test_one_raced_ref_stops_all_refs_of_the_push(served: Served, tmp_path: Path) -> None:
    _, writer = client(tmp_path / "a", served.remote)
    old, new = (committed(writer, None, {"x": name}) for name in (b"1", b"2"))
    writer.push([Move(ref=STATUS, expected=None, new=old)])
    with pytest.raises(PushRaced):
        writer.push(
            [
                Move(ref=STATE, expected=None, new=new),
                Move(ref=STATUS, expected=None, new=new),
            ]
        )
    assert (served.tip(STATE), served.tip(STATUS)) == (None, old)


def test_no_byte_changed_is_no_commit_and_no_push(served: Served, tmp_path: Path) -> None:
    store, writer = client(tmp_path / "a", served.remote)
    tip = committed(writer, None, {"a/x": b"1", "a/y": b"2"})
    for changes in ({}, {"a/x": b"1"}, {"gone": None, "a": None}, {"a/x/below": None}):
        again = writer.commit(STATE, tip, changes, message="m", author=AUTHOR, time=NOON)
        assert again == tip
    assert writer.commit(STATE, None, {"x": None}, message="m", author=AUTHOR, time=NOON) is None
    before = sorted(served.folder.rglob("*"))
    writer.push([Move(ref=STATE, expected=tip, new=tip)])
    assert sorted(served.folder.rglob("*")) == before
    assert store.tip(STATE) is None


def test_bounded_history_replaces_the_branch_only_with_the_lease(
    served: Served, tmp_path: Path
) -> None:
    store, writer = client(tmp_path / "a", served.remote)
    tip: str | None = None
    for n in range(9):
        tip = committed(writer, tip, {f"f{n}": b"x"}, message=f"Step {n}")
    assert tip is not None
    writer.push([Move(ref=STATE, expected=None, new=tip)])
    assert writer.bounded(tip, keep=5) == tip
    short = writer.bounded(tip, keep=4)
    writer.push([Move(ref=STATE, expected=tip, new=short)])
    kept = [revision.subject for revision in store.log(short)]
    assert kept == ["Step 8", "Step 7", "Step 6", "Step 5", "Step 4"]
    assert store.diff(tip, short) == ()
    with pytest.raises(PushRaced):
        writer.push([Move(ref=STATE, expected=tip, new=committed(writer, tip, {"f9": b"x"}))])


def test_branches_of_people_are_not_ours_to_write(served: Served, tmp_path: Path) -> None:
    store, writer = client(tmp_path / "a", served.remote)
    with pytest.raises(ValueError, match="refs/heads/main"):
        committed(writer, None, {"x": b"1"}, ref="refs/heads/main")
    person = BranchWriter(store, served.remote, owns=("refs/heads/main",))
    tip = committed(person, None, {"x": b"1"}, ref="refs/heads/main")
    with pytest.raises(ValueError, match="reconciler"):
        person.push([Move(ref=STATE, expected=None, new=tip)])
    person.push([Move(ref="refs/heads/main", expected=None, new=tip)])
    store.fetch(served.remote)
    assert store.default_branch() == "main"


def test_a_fetch_follows_branches_that_moved_vanished_or_were_rewritten(
    served: Served, tmp_path: Path
) -> None:
    store, writer = client(tmp_path / "a", served.remote)
    with pytest.raises(EmptyRepository):
        store.resolve("main")
    reader = GitStore.mirror(tmp_path / "b")
    first = committed(writer, None, {"x": b"1"})
    writer.push([Move(ref=STATE, expected=None, new=first)])
    reader.fetch(served.remote)
    assert reader.tip(STATE) == first
    other = committed(writer, None, {"x": b"other"})
    writer.push([Move(ref=STATE, expected=first, new=other)])
    reader.fetch(served.remote)
    assert reader.tip(STATE) == other
    assert not reader.is_ancestor(first, other)
    writer.push([Move(ref=STATE, expected=other, new=None)])
    reader.fetch(served.remote)
    assert reader.tip(STATE) is None


def test_a_large_commit_travels_as_a_pack(served: Served, tmp_path: Path) -> None:
    store, writer = client(tmp_path / "a", served.remote)
    files = {f"ns{n % 7}/f{n}.yaml": b"n: %d\n" % n for n in range(500)}
    tip = committed(writer, None, dict(files))
    writer.push([Move(ref=STATE, expected=None, new=tip)])
    for folder in (store.folder, served.folder):
        objects = pygit2.Repository(str(folder)).path + "objects"
        assert list(Path(objects, "pack").glob("*.pack"))
        assert not list(Path(objects).glob("??/*"))
    reader, _ = client(tmp_path / "b", served.remote)
    tree = reader.tree(tip)
    assert {path: tree.read(entry.oid) for path, entry in tree.entries.items()} == files

    second = committed(writer, tip, {"ns1/f1.yaml": b"changed"})
    signature = pygit2.Signature("a", "a@b")
    served.repository.create_tag("v1", tip, pygit2.enums.ObjectType.COMMIT, signature, "m")
    served.repository.create_reference("refs/tags/tree", store.repository[tip].tree.id)
    writer.push([Move(ref=STATE, expected=tip, new=second)])
    sent = list(Path(served.folder, "objects").glob("??/*"))
    assert len(sent) == 3 + 2, "one blob, two trees, a commit, and the tag made here"


def test_an_unreachable_remote_is_unavailable_and_changes_nothing(tmp_path: Path) -> None:
    for address in ("http://127.0.0.1:1/x.git", str(tmp_path / "none"), "file:///nowhere/x.git"):
        store = GitStore.mirror(tmp_path / "a")
        writer = BranchWriter(store, Remote.at(address))
        tip = committed(writer, None, {"x": b"1"})
        with pytest.raises(SourceUnavailable):
            store.fetch(Remote.at(address))
        with pytest.raises(SourceUnavailable):
            writer.push([Move(ref=STATE, expected=None, new=tip)])
        assert store.tip(STATE) is None


@pytest.mark.parametrize("rule", ["receive.denyNonFastForwards", "receive.denyDeletes"])
def test_what_the_configuration_of_the_target_forbids_is_a_rejection(
    served: Served, tmp_path: Path, rule: str
) -> None:
    _, writer = client(tmp_path / "a", served.remote)
    tip, other = (committed(writer, None, {"x": name}) for name in (b"1", b"2"))
    writer.push([Move(ref=STATE, expected=None, new=tip)])
    served.repository.config[rule] = "true"
    new = other if rule == "receive.denyNonFastForwards" else None
    with pytest.raises(PushRejected) as refusal:
        writer.push([Move(ref=STATE, expected=tip, new=new)])
    assert not isinstance(refusal.value, PushRaced)
    assert served.tip(STATE) == tip
    ahead = committed(writer, tip, {"x": b"3"})
    writer.push([Move(ref=STATE, expected=tip, new=ahead)])
    assert served.tip(STATE) == ahead


def test_an_approval_is_a_commit_that_changes_no_file(served: Served, tmp_path: Path) -> None:
    store, _ = client(tmp_path / "a", served.remote)
    person = BranchWriter(store, served.remote, owns=("refs/heads/main",))
    tip = committed(person, None, {"x": b"1"}, ref="refs/heads/main")
    mark = person.mark("refs/heads/main", tip, message="Approve", author=AUTHOR, time=NOON)
    assert mark != tip
    assert store.diff(tip, mark) == ()
    assert store.resolve(mark).parents == (tip,)


def test_a_repository_without_a_remote_is_its_own_target(tmp_path: Path) -> None:
    pygit2.init_repository(str(tmp_path / "r"), initial_head="main")
    store = GitStore.open(tmp_path / "r")
    writer = BranchWriter(store, None)
    tip = committed(writer, None, {"x": b"1"})
    writer.push([Move(ref=STATE, expected=None, new=tip)])
    assert store.tip(STATE) == tip
    with pytest.raises(PushRaced):
        writer.push([Move(ref=STATE, expected=None, new=committed(writer, tip, {"x": b"2"}))])
    with pytest.raises(PushRejected, match="cannot be moved"):
        writer.push([Move(ref=f"{STATE}/below", expected=None, new=tip)])
    person = BranchWriter(store, None, owns=("refs/heads/main",))
    with pytest.raises(PushRejected, match="checked out"):
        person.push([Move(ref="refs/heads/main", expected=None, new=tip)])


def test_a_lock_another_writer_holds_is_a_race_and_not_a_refusal(
    served: Served, tmp_path: Path
) -> None:
    _, writer = client(tmp_path / "a", served.remote)
    tip = committed(writer, None, {"x": b"1"})
    lock = served.folder / f"{STATE}.lock"
    lock.parent.mkdir(parents=True)
    lock.touch()
    with pytest.raises(PushRaced, match=r"lock|failed to update ref"):
        writer.push([Move(ref=STATE, expected=None, new=tip)])
    assert served.tip(STATE) is None
    lock.unlink()
    writer.push([Move(ref=STATE, expected=None, new=tip)])
    assert served.tip(STATE) == tip


def test_one_locked_ref_stops_all_refs_of_a_push_to_a_path(tmp_path: Path) -> None:
    pygit2.init_repository(str(tmp_path / "r.git"), bare=True)
    store = GitStore.open(tmp_path / "r.git")
    writer = BranchWriter(store, None)
    tip = committed(writer, None, {"x": b"1"})
    lock = tmp_path / "r.git" / f"{STATUS}.lock"
    lock.parent.mkdir(parents=True)
    lock.touch()
    with pytest.raises(PushRaced, match="lock"):
        writer.push(
            [Move(ref=STATE, expected=None, new=tip), Move(ref=STATUS, expected=None, new=tip)]
        )
    assert store.tip(STATE) is None


def test_hooks_are_found_where_the_configuration_puts_them(tmp_path: Path) -> None:
    repository = pygit2.init_repository(str(tmp_path / "r.git"), bare=True)
    hook = tmp_path / "elsewhere" / "pre-receive"
    hook.parent.mkdir()
    hook.write_text("#!/bin/sh\n")
    hook.chmod(0o755)
    repository.config["core.hooksPath"] = str(hook.parent)
    writer = BranchWriter(GitStore.open(tmp_path / "r.git"), None)
    tip = committed(writer, None, {"x": b"1"})
    with pytest.raises(PushRejected, match="pre-receive"):
        writer.push([Move(ref=STATE, expected=None, new=tip)])


def test_the_default_branch_is_the_one_the_remote_names(served: Served, tmp_path: Path) -> None:
    store, _ = client(tmp_path / "a", served.remote)
    person = BranchWriter(store, served.remote, owns=("refs/heads/",))
    tip = committed(person, None, {"x": b"1"}, ref="refs/heads/trunk")
    person.push(
        [
            Move(ref="refs/heads/trunk", expected=None, new=tip),
            Move(ref="refs/heads/other", expected=None, new=committed(person, tip, {"x": b"2"})),
        ]
    )
    store.fetch(served.remote)
    with pytest.raises(MissingBranch):
        store.default_branch()
    served.repository.set_head("refs/heads/trunk")
    store.fetch(served.remote)
    assert store.default_branch() == "trunk"
    assert store.branches().keys() == {"refs/heads/trunk", "refs/heads/other"}
    served.repository.set_head(pygit2.Oid(hex=tip))
    store.fetch(served.remote)
    assert store.default_branch() == "trunk", "a detached HEAD is the branch at its commit"


def test_a_base_that_is_not_there_is_unavailable(tmp_path: Path) -> None:
    writer = BranchWriter(GitStore.mirror(tmp_path / "m"), None)
    with pytest.raises(SourceUnavailable, match="missing"):
        committed(writer, "1" * 40, {"x": b"1"})


def test_a_mirror_can_be_compacted(tmp_path: Path) -> None:
    store = GitStore.mirror(tmp_path / "m")
    writer = BranchWriter(store, None)
    tip: str | None = None
    for n in range(5):
        tip = committed(writer, tip, {f"d/{n}": b"%d" % n})
    assert tip is not None
    assert store.compact() == 5 * 4
    assert store.compact() == 0
    fresh = GitStore.mirror(tmp_path / "m")
    tree = fresh.tree(tip)
    assert [tree.read(entry.oid) for entry in tree.entries.values()] == [
        b"0",
        b"1",
        b"2",
        b"3",
        b"4",
    ]


@pytest.mark.parametrize("path", ["", "/x", "a//b", "../x", ".git/config", "a/./b", "x\n", "a\\b"])
def test_a_path_no_tree_may_hold_is_a_broken_promise(tmp_path: Path, path: str) -> None:
    writer = BranchWriter(GitStore.mirror(tmp_path / "m"), None)
    with pytest.raises(ValueError, match="part of"):
        committed(writer, None, {path: b"x"})


def test_a_file_and_a_folder_of_one_name_are_a_broken_promise(tmp_path: Path) -> None:
    writer = BranchWriter(GitStore.mirror(tmp_path / "m"), None)
    for changes in ({"a": b"x", "a/b": b"y"}, {"a/b": b"y", "a": b"x"}):
        with pytest.raises(ValueError, match="'a"):
            committed(writer, None, changes)


def test_what_is_written_stands_the_strictest_check_of_git(served: Served, tmp_path: Path) -> None:
    _, writer = client(tmp_path / "a", served.remote)
    tip = committed(writer, None, {f"a{n % 3}/a.b/{n}": b"%d" % n for n in range(150)})
    tip = committed(
        writer, tip, {"a0.b": b"x", "a1-b": b"y", "a0/a.b/0": None}, message="ünïcode\n"
    )
    writer.push([Move(ref=STATE, expected=None, new=writer.bounded(tip, keep=1))])
    check = subprocess.run(
        ["git", "-C", str(served.folder), "fsck", "--strict", "--full"],
        capture_output=True,
        text=True,
        check=False,
    )
    assert check.returncode == 0, check.stderr
    assert "error" not in check.stderr
