"""Commits as revisions: who, when, why, and in which order."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pygit2
from pygit2.enums import SortMode

from reconciler.model.errors import SourceUnavailable
from reconciler.model.source import Identity, Revision

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_EARLIEST = datetime(1, 1, 1, tzinfo=UTC)
_LATEST = datetime(9999, 12, 31, tzinfo=UTC)


def revision_of(commit: Any) -> Revision:
    """Decode a commit; bytes that are not UTF-8 are replaced, absurd times are clamped."""
    return Revision(
        id=str(commit.id),
        author=_identity(commit.author),
        committer=_identity(commit.committer),
        authored_at=moment(commit.author.time),
        committed_at=moment(commit.committer.time),
        message=commit.raw_message.decode("utf-8", "replace"),
        parents=tuple(str(parent) for parent in commit.parent_ids),
    )


def moment(seconds: int) -> datetime:
    """Seconds since 1970 as UTC; a commit may claim any number."""
    try:
        return _EPOCH + timedelta(seconds=seconds)
    except OverflowError:
        return _EARLIEST if seconds < 0 else _LATEST


def commits(
    repository: pygit2.Repository, newest: str, *, since: str | None, first_parent: bool
) -> Iterator[Revision]:
    """Revisions from `newest` back, children before parents, without what `since` reaches."""
    walk = repository.walk(newest, SortMode.TOPOLOGICAL | SortMode.TIME)
    if first_parent:
        walk.simplify_first_parent()
    if since is not None:
        walk.hide(since)
    try:
        for commit in walk:
            yield revision_of(commit)
    except (KeyError, pygit2.GitError):
        raise SourceUnavailable(
            f"history below {newest} is incomplete",
            hint="fetch the whole history, not a shallow one",
        ) from None


def descends(repository: pygit2.Repository, newer: str, older: str) -> bool:
    """Whether `older` is `newer` or an ancestor of it; raises when the history is cut short.

    A commit the repository does not have is no ancestor of one it has, unless history is shallow.
    """
    if newer == older:
        return True
    try:
        if older in repository and repository.descendant_of(newer, older):
            return True
    except (KeyError, ValueError, pygit2.GitError):
        raise SourceUnavailable(f"history below {newer} cannot be read") from None
    if repository.is_shallow:
        raise SourceUnavailable(
            "the repository is shallow: whether history was rewritten cannot be known",
            hint="fetch the whole history (git fetch --unshallow)",
        )
    return False


def _identity(signature: Any) -> Identity:
    return Identity(
        name=signature.raw_name.decode("utf-8", "replace"),
        email=signature.raw_email.decode("utf-8", "replace"),
    )
