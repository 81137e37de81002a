"""A push into a repository on this machine: copy the objects, move the refs under their locks.

libgit2's own push to a path overwrites a racing push and runs no hook, so it is not used. The refs
are locked together, compared with what was expected, and moved: all or none. Hooks that could
refuse a push would not be asked this way; a repository that has one, or whose configuration forbids
the move, is therefore refused (docs/decisions: pushing to a local path).
"""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

import pygit2
from pygit2.enums import RepositoryOpenFlag, SortMode

from reconciler.adapters.git.moves import require_expected
from reconciler.adapters.git.objects import LOOSE_BELOW
from reconciler.adapters.git.trees import FOLDER_MODE, read_tree
from reconciler.model.errors import PushRaced, PushRejected, SourceUnavailable
from reconciler.model.source import Move
from reconciler.model.text import printable

_LOCK_HINT = "try again; when no writer is at work, remove the .lock file a crash left behind"
_GATES = ("pre-receive", "update", "proc-receive", "reference-transaction")


def push_to_folder(source: pygit2.Repository, folder: Path, moves: Sequence[Move]) -> None:
    """Move refs of the repository at this path; raises `PushRaced` or `PushRejected`."""
    try:
        target = pygit2.Repository(str(folder), RepositoryOpenFlag.NO_SEARCH)
    except (pygit2.GitError, KeyError) as problem:
        raise SourceUnavailable(f"cannot open {folder}: {printable(str(problem))}") from None
    require_open_to_moves(target, moves)
    try:
        _copy(source, target, [move.new for move in moves if move.new is not None])
    except (pygit2.GitError, OSError) as problem:
        raise PushRejected(f"cannot write to {folder}: {printable(str(problem))}") from None
    _require_descent(target, moves)
    move_refs(target, moves)


def move_refs(repository: pygit2.Repository, moves: Sequence[Move]) -> None:
    """Compare and set all refs under their locks; the objects must be there already."""
    try:
        with repository.transaction() as transaction:
            for move in moves:
                transaction.lock_ref(move.ref)
            require_expected(moves, {move.ref: _current(repository, move.ref) for move in moves})
            for move in moves:
                if move.new is None:
                    transaction.remove(move.ref)
                else:
                    transaction.set_target(move.ref, move.new, message="reconciler: push")
    except (pygit2.GitError, ValueError, OSError) as problem:
        said = printable(str(problem))
        if "lock" in said:
            raise PushRaced(f"another writer holds the lock: {said}", hint=_LOCK_HINT) from None
        raise PushRejected(f"the refs cannot be moved: {said}") from None


def require_open_to_moves(target: pygit2.Repository, moves: Iterable[Move]) -> None:
    """Raise `PushRejected` where `git push` to this repository might have been refused."""
    gates = [name for name in _GATES if os.access(_hooks(target) / name, os.X_OK)]
    if gates:
        raise PushRejected(
            f"the repository has a hook ({', '.join(gates)}) that a direct write would skip",
            hint="reach the repository over ssh or http, so that its hooks are asked",
        )
    checked_out = None if target.is_bare else target.references["HEAD"].target
    for move in moves:
        if move.ref == checked_out and not _keeps_files(target, move):
            raise PushRejected(f"{move.ref} is checked out there", hint="push to a bare repository")
        if move.new is None and _is_set(target, "receive.denyDeletes"):
            raise PushRejected(f"{move.ref}: receive.denyDeletes forbids removing it")


def _keeps_files(target: pygit2.Repository, move: Move) -> bool:
    """Whether a work tree stays in step: the new commit says something and changes no file."""
    commits = [target.get(oid) if oid else None for oid in (move.expected, move.new)]
    trees = {commit.peel(pygit2.Tree).id for commit in commits if commit is not None}
    return None not in commits and len(trees) == 1


def _require_descent(target: pygit2.Repository, moves: Iterable[Move]) -> None:
    if not _is_set(target, "receive.denyNonFastForwards"):
        return
    for move in moves:
        if move.new is None or move.expected is None:
            continue
        if move.expected in target and not target.descendant_of(move.new, move.expected):
            raise PushRejected(f"{move.ref}: receive.denyNonFastForwards forbids rewriting it")


def common_folder(repository: pygit2.Repository) -> Path:
    """Where objects, refs and hooks are; a linked work tree keeps them elsewhere."""
    folder = Path(repository.path)
    pointer = folder / "commondir"
    return folder / pointer.read_text().strip() if pointer.is_file() else folder


def _hooks(repository: pygit2.Repository) -> Path:
    # A relative core.hooksPath is relative to where git runs hooks: the repository of a push.
    default = common_folder(repository) / "hooks"
    if "core.hooksPath" not in repository.config:
        return default
    return Path(repository.path) / str(repository.config["core.hooksPath"])


def _is_set(repository: pygit2.Repository, key: str) -> bool:
    return key in repository.config and repository.config.get_bool(key)


def _current(repository: pygit2.Repository, ref: str) -> str | None:
    reference: Any = repository.references.get(ref)
    return str(reference.target) if reference is not None else None


def _copy(source: pygit2.Repository, target: pygit2.Repository, tips: Sequence[str]) -> None:
    """What the tips reach and the target's refs do not."""
    known = [
        reference.target
        for reference in target.references.iterator()
        if isinstance(reference.target, pygit2.Oid) and reference.target in source
    ]
    missing = dict.fromkeys(_missing(source, tips, known))
    if len(missing) < LOOSE_BELOW:
        for oid in missing:
            kind, data = source.odb.read(pygit2.Oid(raw=oid))
            target.odb.write(kind, data)
        return
    builder = pygit2.PackBuilder(source)
    for oid in missing:
        builder.add(pygit2.Oid(raw=oid))
    builder.write(str(common_folder(target) / "objects" / "pack"))


def _missing(
    source: pygit2.Repository, tips: Sequence[str], known: Sequence[pygit2.Oid]
) -> Iterator[bytes]:
    """Objects of the new commits; a tree is compared with the first parent's, which is there.

    What the target has but no ref of it reaches counts as missing: it may be swept at any time.
    """
    walk = source.walk(None, SortMode.TOPOLOGICAL | SortMode.REVERSE)
    for tip in tips:
        walk.push(tip)
    for oid in known:
        # A tag may name a tree or a blob, which hides nothing.
        with contextlib.suppress(ValueError, pygit2.GitError):
            walk.hide(source[oid].peel(pygit2.Commit).id)
    for commit in walk:
        parents = commit.parent_ids
        before = source[parents[0]].peel(pygit2.Commit).tree_id.raw if parents else None
        yield from _tree_objects(source.odb, commit.tree_id.raw, before)
        yield commit.id.raw


def _tree_objects(odb: pygit2.Odb, tree: bytes, before: bytes | None) -> Iterator[bytes]:
    """The tree and everything below it that is not at the same place in `before`."""
    todo: list[tuple[bytes, bytes | None]] = [(tree, before)]
    while todo:
        oid, old = todo.pop()
        if oid == old:
            continue
        yield oid
        olds = {entry.name: entry for entry in read_tree(odb, old)} if old is not None else {}
        for entry in read_tree(odb, oid):
            was = olds.get(entry.name)
            if entry.mode == FOLDER_MODE:
                folder = was.oid if was is not None and was.mode == FOLDER_MODE else None
                todo.append((entry.oid, folder))
            elif entry != was:
                yield entry.oid
