"""The reverse of a commit, as a commit on top of another or as a patch; no work tree is touched."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

import pygit2

from reconciler.adapters.git.store import GitStore
from reconciler.model.errors import SourceUnavailable
from reconciler.model.source import Identity, Revision


@dataclass(frozen=True, slots=True)
class Reversal:
    """What taking a commit back comes to: a tree on top of `onto`, and the difference as a patch.

    `conflicts` are paths that were changed again since; then there is no tree.
    """

    onto: str
    tree: str = ""
    patch: str = ""
    conflicts: tuple[str, ...] = ()

    @property
    def is_empty(self) -> bool:
        """Whether nothing of the commit is left to take back."""
        return not self.conflicts and not self.patch


def reversal(store: GitStore, commit: Revision, onto: Revision) -> Reversal:
    """Take a commit back on top of another; of a merge, what it brought to its first parent."""
    repository = store.repository
    try:
        ours = repository[onto.id].peel(pygit2.Commit)
        index = repository.revert_commit(
            repository[commit.id].peel(pygit2.Commit), ours, 1 if len(commit.parents) > 1 else 0
        )
    except (KeyError, ValueError, pygit2.GitError) as problem:
        raise SourceUnavailable(
            f"commit {commit.id[:12]} cannot be taken back: {problem}",
            hint="name a commit that has a parent",
        ) from None
    if index.conflicts is not None:
        paths = {side.path for sides in index.conflicts for side in sides if side is not None}
        return Reversal(onto=onto.id, conflicts=tuple(sorted(paths)))
    tree = index.write_tree(repository)
    diff = ours.tree.diff_to_tree(repository[tree].peel(pygit2.Tree))
    return Reversal(onto=onto.id, tree=str(tree), patch=diff.patch or "")


def commit_reversal(
    store: GitStore, found: Reversal, *, message: str, author: Identity, time: datetime
) -> str:
    """The reversal as a commit that no ref points to yet; its id."""
    who = pygit2.Signature(author.name, author.email, int(time.timestamp()), 0)
    repository = store.repository
    tree = pygit2.Oid(hex=found.tree)
    parents = [pygit2.Oid(hex=found.onto)]
    return str(repository.create_commit(None, who, who, message, tree, parents))
