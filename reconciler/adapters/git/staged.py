"""The index of a repository as a commit that no ref points to: what the next commit would be."""

from __future__ import annotations

import pygit2

from reconciler.adapters.git.history import revision_of
from reconciler.adapters.git.store import GitStore
from reconciler.model.errors import SourceUnavailable
from reconciler.model.source import Revision

_NOBODY = ("staged", "staged@fleet-reconciler.invalid")


def staged(store: GitStore) -> Revision:
    """A commit of what is staged on top of HEAD, at HEAD's time, so that equal indexes are equal
    commits. Raises `SourceUnavailable` for a bare repository and for unresolved merges.
    """
    repository = store.repository
    if repository.is_bare:
        raise SourceUnavailable(
            "a bare repository has nothing staged", hint="run this inside a clone"
        )
    try:
        tree = repository.index.write_tree()
    except pygit2.GitError as problem:
        raise SourceUnavailable(
            f"the index cannot be read: {problem}", hint="finish the merge first"
        ) from None
    head = None if repository.head_is_unborn else repository.head.peel(pygit2.Commit)
    who = pygit2.Signature(*_NOBODY, head.committer.time if head else 0, 0)
    parents = [head.id] if head else []
    commit = repository.create_commit(None, who, who, "Staged\n", tree, parents)
    return revision_of(repository[commit].peel(pygit2.Commit))
