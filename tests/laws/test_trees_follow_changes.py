"""Laws of what is written: changed folders alone give the tree that writing everything gives."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st

from reconciler.adapters.git.edits import edited
from reconciler.adapters.git.objects import Objects
from reconciler.adapters.git.trees import RawEntry, raw_entries
from reconciler.adapters.writeback import commit_message
from reconciler.model.text import printable
from reconciler.model.trailers import trailers

# Few names, so that edits meet; "a.b" and "a-b" sort around "a/" in Git's order.
NAMES = st.sampled_from(["a", "a.b", "a-b", "b", "é"])
PATHS = st.builds("/".join, st.lists(NAMES, min_size=1, max_size=3))
CONTENT = st.one_of(st.none(), st.binary(max_size=2))


def steps(paths: Iterable[str]) -> dict[str, None]:
    """Paths of which none is a folder of another."""
    kept: dict[str, None] = {}
    for path in paths:
        if not any(f"{p}/".startswith(f"{path}/") or f"{path}/".startswith(f"{p}/") for p in kept):
            kept[path] = None
    return kept


class InMemory:
    """Trees that were put, and nothing else."""

    def __init__(self) -> None:
        self.objects = Objects(Path())

    def read(self, oid: bytes) -> Iterable[RawEntry]:
        return raw_entries(self.objects._new[oid][1])

    def write(self, base: bytes | None, changes: dict[str, bytes | None]) -> bytes:
        return edited(self.read, self.objects, base, changes)


@settings(deadline=None)
@given(st.data())
def test_edits_step_by_step_are_the_tree_written_at_once(data: st.DataObject) -> None:
    memory = InMemory()
    files: dict[str, bytes] = {}
    tree = memory.write(None, {})
    for _ in range(data.draw(st.integers(1, 5))):
        changes = {path: data.draw(CONTENT) for path in steps(data.draw(st.lists(PATHS)))}
        # A file may take the place of a folder only when the folder is emptied by name.
        for path in list(files):
            if any(path != new and f"{path}/".startswith(f"{new}/") for new in changes):
                changes = {p: c for p, c in changes.items() if not path.startswith(f"{p}/")}
        for path, content in changes.items():
            if content is None:
                files.pop(path, None)
                continue
            files = {p: c for p, c in files.items() if not path.startswith(f"{p}/")}
            files[path] = content
        tree = memory.write(tree, changes)
        assert tree == memory.write(None, dict(files))
        assert memory.write(tree, dict(files)) == tree
        assert memory.write(tree, {}) == tree


@settings(deadline=None)
@given(
    st.text(max_size=120),
    st.lists(st.text(max_size=60), max_size=6),
    st.lists(
        st.tuples(st.sampled_from(["Cause", "Source-Commit"]), st.text(max_size=60)), max_size=3
    ),
)
def test_a_message_has_the_trailers_it_was_written_with(
    subject: str, body: list[str], written: list[tuple[str, str]]
) -> None:
    message = commit_message(subject, body=body, trailers=written)
    expected = tuple((key, printable(value).strip()) for key, value in written)
    assert trailers(message) == expected
    assert all(line.isprintable() for line in message.split("\n"))
    assert 0 < len(message.split("\n", maxsplit=1)[0]) <= 100
