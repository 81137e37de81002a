"""Commits that people hold: not applied yet, and not to be applied before they are reverted."""

from __future__ import annotations

import re
from collections.abc import Iterable

from reconciler.model.source import Revision
from reconciler.model.trailers import HOLD_COMMIT, RELEASE_COMMIT, trailer_values

_REVERTED = re.compile(r"This reverts commit ([0-9a-f]{40})")


def held_commits(commits: Iterable[Revision]) -> dict[str, Revision]:
    """Commits not applied yet that somebody holds, with the commit that says so; newest first.

    A later release ends a hold; so does the revert of the commit, as `git revert` words it, on
    whichever branch it was merged from.
    """
    everything = list(commits)
    known = {one.id for one in everything}
    ended = {bad for one in everything for bad in _reverted(one.message)}
    held: dict[str, Revision] = {}
    for one in everything:
        ended |= set(trailer_values(one.message, RELEASE_COMMIT))
        for bad in trailer_values(one.message, HOLD_COMMIT):
            if bad in known and bad not in ended:
                held.setdefault(bad, one)
    return held


def _reverted(message: str) -> list[str]:
    return _REVERTED.findall(message)
