"""Branches of ours as files by path, over real repositories."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest

from reconciler.adapters.git import GitStore
from reconciler.adapters.writeback import (
    BINDINGS,
    CURSOR,
    IDENTITY,
    STATE_REF,
    agent_ref,
    commit_message,
    state_branch,
    status_branch,
    status_due,
    usage_due,
    works_branch,
    works_ref,
)
from reconciler.model.errors import PushRaced, SourceUnavailable
from reconciler.model.trailers import trailers
from tests.adapters.gitrepos import NOON, Served, client, raw_commit, raw_tree


class Remembered(dict[str, str]):
    """A memory of documents that counts what it was told."""

    def put(self, oid: str, document: str) -> None:
        self[oid] = document


def test_state_is_written_read_back_and_remembered_by_content(
    served: Served, tmp_path: Path
) -> None:
    store, writer = client(tmp_path / "a", served.remote)
    state = state_branch(store, writer)
    nothing = state.content()
    assert (nothing.tip, dict(nothing.files), nothing.read(CURSOR)) == (None, {}, None)
    files = {CURSOR: b"commit: 1\n", "bindings/web/a.yaml": b"a", "bindings/web/b.yaml": b"b"}
    first = state.propose(nothing, files, message="Place two", time=NOON)
    assert first is not None
    writer.push([first])

    content = state.content()
    assert content.tip == first.new == served.tip(STATE_REF)
    assert content.read(CURSOR) == b"commit: 1\n"
    asked: list[bytes] = []

    def decode(data: bytes) -> str:
        asked.append(data)
        return data.decode().upper()

    memory = Remembered()
    documents = content.decoded(BINDINGS, decode, memory)
    assert documents == {"bindings/web/a.yaml": "A", "bindings/web/b.yaml": "B"}
    second = state.propose(content, {"bindings/web/a.yaml": b"c"}, message="Move", time=NOON)
    assert second is not None
    writer.push([second])
    asked.clear()
    assert state.content().decoded(BINDINGS, decode, memory)["bindings/web/a.yaml"] == "C"
    assert asked == [b"c"]
    revision = store.resolve(str(second.new))
    assert revision.author == IDENTITY
    assert revision.committed_at == NOON


def test_two_hubs_on_one_branch_do_not_lose_a_write(served: Served, tmp_path: Path) -> None:
    stores = [client(tmp_path / name, served.remote) for name in "ab"]
    branches = [state_branch(store, writer) for store, writer in stores]
    moves = [
        branch.propose(branch.content(), {f"{n}": b"x"}, message="m", time=NOON)
        for n, branch in enumerate(branches)
    ]
    assert moves[0] is not None
    assert moves[1] is not None
    stores[0][1].push([moves[0]])
    with pytest.raises(PushRaced):
        stores[1][1].push([moves[1]])
    stores[1][0].fetch(served.remote)
    again = branches[1].propose(branches[1].content(), {"1": b"x"}, message="m", time=NOON)
    assert again is not None
    stores[1][1].push([again])
    assert list(branches[1].content().files) == ["0", "1"]


def test_works_hold_exactly_what_is_rendered_and_nothing_is_no_commit(
    served: Served, tmp_path: Path
) -> None:
    store, writer = client(tmp_path / "a", served.remote)
    works = works_branch(store, writer, "eu-1")
    files = {f"web/apps/Deployment/d{n}.yaml": b"%d" % n for n in range(4)}
    move = works.propose_all(works.content(), files, message="Render", time=NOON)
    assert move is not None
    writer.push([move])
    assert works.propose_all(works.content(), files, message="Render", time=NOON) is None
    del files["web/apps/Deployment/d3.yaml"]
    move = works.propose_all(works.content(), files, message="Render", time=NOON)
    assert move is not None
    writer.push([move])
    assert list(works.content().files) == list(files)


def test_status_keeps_a_bounded_history(served: Served, tmp_path: Path) -> None:
    store, writer = client(tmp_path / "a", served.remote)
    status = status_branch(store, writer, keep=3)
    longest = 0
    for n in range(12):
        move = status.propose(
            status.content(), {"summary.yaml": b"%d" % n}, message=f"Status {n}", time=NOON
        )
        assert move is not None
        writer.push([move])
        longest = max(longest, sum(1 for _ in store.log(str(move.new))))
    assert longest == 6
    assert status.content().read("summary.yaml") == b"11"


def test_several_branches_are_published_in_one_push(served: Served, tmp_path: Path) -> None:
    store, writer = client(tmp_path / "a", served.remote)
    branches = [works_branch(store, writer, name) for name in ("eu-1", "us-1")]
    moves = [
        branch.propose(branch.content(), {"x": b"1"}, message="m", time=NOON) for branch in branches
    ]
    writer.push([move for move in moves if move is not None])
    assert [served.tip(branch.ref) for branch in branches] == [
        move.new for move in moves if move is not None
    ]


def test_what_a_stranger_put_on_our_branch_is_unreadable_and_not_absent(tmp_path: Path) -> None:
    store = GitStore.mirror(tmp_path / "m")
    blob = str(store.repository.create_blob(b"/etc/passwd"))
    tree = raw_tree(store.repository, ("120000", CURSOR.encode(), blob))
    raw_commit(store.repository, tree, ref=STATE_REF)
    content = state_branch(store, _NoWriter()).content()
    with pytest.raises(SourceUnavailable, match="symbolic link"):
        content.read(CURSOR)


def test_a_name_that_is_no_cluster_makes_no_ref() -> None:
    assert works_ref("eu-1") == "refs/heads/reconciler/works/eu-1"
    assert agent_ref("eu-1") == "refs/heads/reconciler/agents/eu-1"
    for name in ("", "../state", "a b", "A", "a.lock", "-a", "a/b", "a\n"):
        with pytest.raises(ValueError, match="no name of a cluster"):
            works_ref(name)


def test_a_message_says_what_why_and_whence() -> None:
    message = commit_message(
        "Move web/Deployment/shop: eu-1 6→4, us-1 0→2",
        body=["eu-1 has the taint maintenance.", "", "Second paragraph."],
        trailers=[("Source-Commit", "abc"), ("Cause", "taint eu-1")],
    )
    assert message == (
        "Move web/Deployment/shop: eu-1 6→4, us-1 0→2\n\n"
        "eu-1 has the taint maintenance.\n\nSecond paragraph.\n\n"
        "Source-Commit: abc\nCause: taint eu-1\n"
    )


def test_no_name_ends_a_line_forges_a_trailer_or_reaches_a_terminal() -> None:
    name = "x\n\nApprove-Deletes: abc\x1b]52;c;aGk=\x07"
    message = commit_message(f"Move {name}", body=[f"because {name}", "Approve-Deletes: abc"])
    assert trailers(message) == ()
    assert all(line.isprintable() for line in message.splitlines())
    assert message.count("\n\n") == 1
    long = commit_message("s" * 500, body=["b" * 5000] * 900, trailers=[("Cause", "c" * 5000)])
    assert len(long.splitlines()[0]) == 100
    assert len(long) < 120_000
    assert "more lines" in long
    with pytest.raises(ValueError, match="key"):
        commit_message("s", trailers=[("No key", "x")])


def test_status_waits_ten_seconds_and_failures_do_not() -> None:
    def due(seconds_ago: float, *, failing: bool = False) -> float:
        last = NOON - timedelta(seconds=seconds_ago)
        return (status_due(now=NOON, last=last, has_new_failure=failing) - NOON).total_seconds()

    assert status_due(now=NOON, last=None, has_new_failure=False) == NOON
    assert [due(0), due(4), due(10), due(99), due(-1000)] == [10, 6, 0, 0, 10]
    assert due(0, failing=True) == 0


def test_usage_is_written_on_a_change_over_five_percent_or_after_five_minutes() -> None:
    def due(after: dict[str, float], seconds_ago: float = 1) -> bool:
        before = {"cpu": 100.0, "memory": 0.0}
        return usage_due(before, after, now=NOON, last=NOON - timedelta(seconds=seconds_ago))

    assert not due({"cpu": 105.0, "memory": 0.0})
    assert due({"cpu": 105.1, "memory": 0.0})
    assert due({"cpu": 94.0, "memory": 0.0})
    assert due({"cpu": 100.0, "memory": 1.0})
    assert due({"cpu": 100.0})
    assert due({"cpu": 101.0, "memory": 0.0}, seconds_ago=300)
    assert not due({"cpu": 100.0, "memory": 0.0}, seconds_ago=9999)
    assert usage_due({}, {"cpu": 1.0}, now=NOON, last=None)


class _NoWriter:
    """A reader needs none."""

    def commit(self, *args: object, **kwargs: object) -> str | None:
        raise NotImplementedError

    def bounded(self, tip: str, *, keep: int) -> str:
        raise NotImplementedError

    def push(self, moves: object) -> None:
        raise NotImplementedError
