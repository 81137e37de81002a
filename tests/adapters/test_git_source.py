"""What a tree may hold, and what is said about entries that must not be used."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pygit2
import pytest

from reconciler.adapters.git import GitStore
from reconciler.adapters.git import trees as tree_module
from reconciler.adapters.git.objects import Objects
from reconciler.model.errors import (
    BlobTooLarge,
    EmptyRepository,
    MissingBranch,
    SourceUnavailable,
)
from reconciler.model.source import EntryKind
from tests.adapters.gitrepos import raw_commit, raw_tree

FILE, LINK, FOLDER, MODULE = "100644", "120000", "40000", "160000"


@pytest.fixture
def repository(tmp_path: Path) -> pygit2.Repository:
    return pygit2.init_repository(str(tmp_path / "r.git"), bare=True, initial_head="main")


@pytest.fixture
def store(repository: pygit2.Repository) -> GitStore:
    return GitStore.open(Path(repository.path))


def blob(repository: pygit2.Repository, content: bytes = b"a: 1\n") -> str:
    return str(repository.create_blob(content))


def test_files_are_listed_flat_sorted_and_read_on_demand(
    repository: pygit2.Repository, store: GitStore
) -> None:
    one, two = blob(repository, b"1"), blob(repository, b"22")
    below = raw_tree(repository, (FILE, b"z.yaml", two), (FILE, b"\xc3\xa9.yaml", one))
    commit = raw_commit(
        repository,
        raw_tree(repository, (FILE, b"b.yaml", one), (FOLDER, b"b", below), (FILE, b"a.yaml", two)),
    )
    tree = store.tree("main")
    assert tree.revision == commit
    assert list(tree.entries) == ["a.yaml", "b.yaml", "b/z.yaml", "b/é.yaml"]
    assert [entry.size for entry in tree.entries.values()] == [2, 1, 2, 1]
    assert all(entry.anomaly is None for entry in tree.entries.values())
    assert tree.read(tree.entries["b/z.yaml"].oid) == b"22"


def test_hidden_folders_are_left_out_and_hidden_files_are_not(
    repository: pygit2.Repository, store: GitStore
) -> None:
    inner = raw_tree(repository, (FILE, b"x.yaml", blob(repository)))
    raw_commit(
        repository,
        raw_tree(
            repository,
            (FOLDER, b".github", inner),
            (FOLDER, b".g\xe2\x80\x8cit", inner),
            (FILE, b".x.yaml", blob(repository)),
            (FOLDER, b"a", raw_tree(repository, (FOLDER, b".hidden", inner))),
        ),
    )
    assert list(store.tree("main").entries) == [".x.yaml"]


@pytest.mark.parametrize(
    ("mode", "kind", "said"),
    [
        (LINK, EntryKind.SYMLINK, "is a symbolic link"),
        (MODULE, EntryKind.SUBMODULE, "is a submodule"),
        ("100000", EntryKind.BLOB, "has a mode that no file has"),
    ],
)
def test_what_is_no_file_is_named_and_never_followed(
    repository: pygit2.Repository, store: GitStore, mode: str, kind: EntryKind, said: str
) -> None:
    target = blob(repository, b"/etc/passwd")
    raw_commit(repository, raw_tree(repository, (mode, b"x.yaml", target)))
    entry = store.tree("main").entries["x.yaml"]
    assert (entry.kind, entry.size, entry.anomaly) == (kind, 0, said)


@pytest.mark.parametrize(
    ("name", "path", "said"),
    [
        (b"..", "..", "means a folder above"),
        (b"", "", "means a folder above"),
        (b"a/b.yaml", "a/b.yaml", "slash"),
        (b"a\\b.yaml", "a\\b.yaml", "backslash"),
        (b"a\nb.yaml", "a\\nb.yaml", "control"),
        (b"\x1b[2J.yaml", "\\x1b[2J.yaml", "control"),
        ("a\u202eb.yaml".encode(), "a\\u202eb.yaml", "invisible"),
        (b"\xff.yaml", "\\xff.yaml", "not UTF-8"),
        (b"a.yaml ", "a.yaml ", "ends in a dot or a space"),
        (b"GIT~1", "GIT~1", "Git keeps"),
        (b"n" * 300, "n" * 300, "longer than 255"),
    ],
)
def test_a_name_that_could_mislead_is_an_anomaly(
    repository: pygit2.Repository, store: GitStore, name: bytes, path: str, said: str
) -> None:
    raw_commit(repository, raw_tree(repository, (FILE, name, blob(repository))))
    entry = store.tree("main").entries[path]
    assert entry.anomaly is not None
    assert said in entry.anomaly
    inner = raw_tree(repository, (FILE, b"x.yaml", blob(repository)))
    raw_commit(repository, raw_tree(repository, (FOLDER, name, inner)))
    below = store.tree("main").entries[f"{path}/x.yaml"]
    assert below.anomaly is not None
    assert below.anomaly.startswith("lies in a folder that")


def test_twins_in_case_or_composition_are_both_named(
    repository: pygit2.Repository, store: GitStore
) -> None:
    names = [b"a.yaml", b"A.yaml", "é.yaml".encode(), "e\u0301.yaml".encode(), b"b.yaml"]
    raw_commit(
        repository, raw_tree(repository, *((FILE, name, blob(repository)) for name in names))
    )
    entries = store.tree("main").entries
    assert [path for path, entry in entries.items() if entry.anomaly is None] == ["b.yaml"]
    assert len(entries) == 5


def test_a_name_that_occurs_twice_in_a_folder_is_an_anomaly(
    repository: pygit2.Repository, store: GitStore
) -> None:
    one, two = blob(repository, b"1"), blob(repository, b"2")
    raw_commit(repository, raw_tree(repository, (FILE, b"x", one), (FILE, b"x", two)))
    assert store.tree("main").entries["x"].anomaly == "appears twice in its folder"


def test_a_large_file_is_known_by_its_header_and_not_loaded(
    repository: pygit2.Repository,
) -> None:
    raw_commit(repository, raw_tree(repository, (FILE, b"x", blob(repository, b"x" * 101))))
    small = GitStore.open(Path(repository.path), most_blob_bytes=100)
    entry = small.tree("main").entries["x"]
    assert entry.size == 101
    assert entry.anomaly == "has 101 bytes, more than the 100 allowed"
    with pytest.raises(BlobTooLarge):
        small.read(entry.oid)


def test_a_tree_2000_deep_ends_in_one_entry_that_says_so(
    repository: pygit2.Repository, store: GitStore
) -> None:
    tree = bytes.fromhex(raw_tree(repository, (FILE, b"x", blob(repository))))
    objects = Objects(Path(repository.path))  # one pack: two thousand files take their time
    for _ in range(2000):
        tree = objects.put(pygit2.enums.ObjectType.TREE, b"40000 d\0" + tree)
    objects.flush()
    raw_commit(repository, tree.hex())
    (entry,) = store.tree("main").entries.values()
    assert entry.kind is EntryKind.FOLDER
    assert entry.anomaly is not None


def test_a_few_trees_that_stand_for_billions_of_paths_are_refused(
    repository: pygit2.Repository, store: GitStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tree_module, "MOST_ENTRIES", 5000)
    tree = raw_tree(repository, (FILE, b"x", blob(repository)))
    for _ in range(12):
        tree = raw_tree(repository, *((FOLDER, b"%d" % n, tree) for n in range(10)))
    commit = raw_commit(repository, tree)
    with pytest.raises(SourceUnavailable, match="more than"):
        store.tree("main")
    with pytest.raises(SourceUnavailable, match="more than"):
        store.diff(None, commit)


def test_a_missing_object_is_unavailable_and_never_an_empty_tree(
    repository: pygit2.Repository, store: GitStore
) -> None:
    nowhere = "1" * 40
    raw_commit(repository, raw_tree(repository, (FILE, b"x", nowhere)))
    with pytest.raises(SourceUnavailable):
        store.tree("main")
    raw_commit(repository, raw_tree(repository, (FOLDER, b"d", nowhere)))
    with pytest.raises(SourceUnavailable):
        store.tree("main")
    raw_commit(repository, nowhere)
    with pytest.raises(SourceUnavailable):
        store.tree("main")
    with pytest.raises(SourceUnavailable):
        store.read(nowhere)


def test_an_empty_repository_and_a_missing_branch_are_two_things(
    repository: pygit2.Repository, store: GitStore
) -> None:
    with pytest.raises(EmptyRepository):
        store.resolve("main")
    with pytest.raises(EmptyRepository):
        store.default_branch()
    raw_commit(repository, raw_tree(repository), ref="refs/heads/other")
    with pytest.raises(MissingBranch):
        store.resolve("main")
    with pytest.raises(MissingBranch):
        store.default_branch()
    with pytest.raises(MissingBranch):
        store.resolve("--upload-pack=x\n")
    assert dict(store.tree("other").entries) == {}
    assert store.tip("refs/heads/main") is None


def test_differences_are_found_by_path_without_hidden_folders(
    repository: pygit2.Repository, store: GitStore
) -> None:
    one, two = blob(repository, b"1"), blob(repository, b"2")
    hidden = raw_tree(repository, (FILE, b"x", one))
    before = raw_commit(
        repository,
        raw_tree(
            repository,
            (FOLDER, b"d", raw_tree(repository, (FILE, b"same", one), (FILE, b"x", one))),
            (FILE, b"gone", one),
            (FILE, b"kind", one),
        ),
    )
    after = raw_commit(
        repository,
        raw_tree(
            repository,
            (FOLDER, b".h", hidden),
            (FOLDER, b"d", raw_tree(repository, (FILE, b"same", one), (FILE, b"x", two))),
            (LINK, b"kind", one),
            (FOLDER, b"gone", raw_tree(repository, (FILE, b"now", two))),
        ),
    )
    changes = [(change.path, change.before, change.after) for change in store.diff(before, after)]
    assert changes == [
        ("d/x", one, two),
        ("gone", one, None),
        ("gone/now", None, two),
        ("kind", one, one),
    ]
    assert [change.path for change in store.diff(None, before)] == ["d/same", "d/x", "gone", "kind"]


def test_an_unchanged_folder_is_not_read_again(
    repository: pygit2.Repository, store: GitStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    one = blob(repository)
    same = raw_tree(repository, (FILE, b"x", one))
    raw_commit(repository, raw_tree(repository, (FOLDER, b"a", same), (FOLDER, b"b", same)))
    store.tree("main")
    read: list[bytes] = []
    original = tree_module.read_tree

    def watched(odb: pygit2.Odb, oid: bytes) -> list[tree_module.RawEntry]:
        read.append(oid)
        return original(odb, oid)

    monkeypatch.setattr(tree_module, "read_tree", watched)
    changed = raw_tree(repository, (FILE, b"y", one))
    root = raw_tree(repository, (FOLDER, b"a", same), (FOLDER, b"b", changed))
    raw_commit(repository, root)
    assert list(store.tree("main").entries) == ["a/x", "b/y"]
    assert [oid.hex() for oid in read] == [root, changed]


def test_a_commit_says_who_when_and_why_whatever_its_bytes(
    repository: pygit2.Repository, store: GitStore
) -> None:
    tree = raw_tree(repository)
    text = (
        b"tree %s\nauthor \xff\x1b <a> 99999999999999 +9999\ncommitter B <b@c> -5 +0000\n\n"
        b"Subject \xff\n\nBody\n"
    ) % tree.encode()
    oid = repository.odb.write(pygit2.enums.ObjectType.COMMIT, text)
    revision = store.resolve(str(oid))
    assert revision.subject == "Subject \ufffd"
    assert revision.committer.email == "b@c"
    assert revision.authored_at.year == 9999
    assert revision.committed_at.tzinfo is not None


def test_grafts_are_refused_because_history_would_lie(repository: pygit2.Repository) -> None:
    info = Path(repository.path) / "info"
    info.mkdir(exist_ok=True)
    (info / "grafts").write_text("")
    with pytest.raises(SourceUnavailable, match="grafts"):
        GitStore.open(Path(repository.path))


def test_what_is_no_repository_is_said(tmp_path: Path) -> None:
    with pytest.raises(SourceUnavailable) as failure:
        GitStore.open(tmp_path)
    assert failure.value.hint


def test_history_is_told_newest_first_and_along_first_parents(tmp_path: Path) -> None:
    store = GitStore.mirror(tmp_path / "m")
    signature = pygit2.Signature("A", "a@b", 0, 0)
    tree = store.repository.TreeBuilder().write()

    def commit(message: str, *parents: str) -> str:
        oid = store.repository.create_commit(None, signature, signature, message, tree, [*parents])
        return str(oid)

    first = commit("first")
    left, right = commit("left", first), commit("right", first)
    merge = commit("merge", left, right)
    assert {revision.id for revision in store.log(merge)} == {merge, left, right, first}
    assert [revision.id for revision in store.log(merge, first_parent=True)] == [merge, left, first]
    assert [revision.id for revision in store.log(merge, since=left)] == [merge, right]
    assert store.resolve(merge).parents == (left, right)
    assert store.is_ancestor(first, merge)
    assert store.is_ancestor(merge, merge)
    assert not store.is_ancestor(merge, first)
    assert not store.is_ancestor(left, right)
    assert not store.is_ancestor("1" * 40, merge), "a commit that vanished was rewritten away"


def test_a_shallow_clone_does_not_know_whether_history_was_rewritten(tmp_path: Path) -> None:
    origin = pygit2.init_repository(str(tmp_path / "o.git"), bare=True, initial_head="main")
    raw = raw_commit(origin, raw_tree(origin))
    signature = pygit2.Signature("A", "a@b", 0, 0)
    tree = origin[raw].peel(pygit2.Tree).id
    head = origin.create_commit("refs/heads/main", signature, signature, "m", tree, [raw])
    subprocess.run(  # the library cannot make a shallow clone of a path
        ["git", "clone", "-q", "--bare", "--depth=1", f"file://{tmp_path}/o.git", tmp_path / "c"],
        check=True,
    )
    store = GitStore.open(tmp_path / "c")
    assert store.is_ancestor(str(head), str(head))
    with pytest.raises(SourceUnavailable, match="shallow"):
        store.is_ancestor(raw, str(head))
