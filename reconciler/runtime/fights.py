"""Fights: an object that is changed back again and again is left alone for longer and longer.

A second controller that writes the same fields, or a webhook that edits every apply, would
otherwise cost a write a pass for ever. Time is an argument.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import Final

from reconciler.model.change import Action, Change
from reconciler.model.identity import ObjectKey

#: Repeated writes that are taken for ordinary drift.
FREE_ROUNDS: Final = 3
FIRST_PAUSE_SECONDS: Final = 30.0
LONGEST_PAUSE_SECONDS: Final = 3600.0
#: After so long without a write the count begins anew.
FORGET_SECONDS: Final = 2 * LONGEST_PAUSE_SECONDS


@dataclass(slots=True)
class _Rounds:
    digest: str
    count: int
    last: float


@dataclass(slots=True)
class Fights:
    """How often each object was written to the same desired state, and when last."""

    _rounds: dict[tuple[str, ObjectKey], _Rounds] = field(default_factory=dict)

    def seconds_left(self, change: Change, now: float) -> float:
        """How long the object is still left alone; 0 when it may be written."""
        known = self._known(change, now)
        if known is None or known.count <= FREE_ROUNDS:
            return 0.0
        pause = min(
            LONGEST_PAUSE_SECONDS, FIRST_PAUSE_SECONDS * 2.0 ** (known.count - FREE_ROUNDS - 1)
        )
        return max(0.0, known.last + pause - now)

    def wrote(self, change: Change, now: float) -> None:
        """Count a write."""
        known = self._known(change, now)
        count = known.count + 1 if known is not None else 1
        self._rounds[change.cluster, change.key] = _Rounds(_digest(change), count, now)

    def rounds(self, change: Change, now: float) -> int:
        """How often in a row the object was written to this state."""
        known = self._known(change, now)
        return known.count if known is not None else 0

    def by_cluster(self, now: float) -> Counter[str]:
        """How many objects of each member are fought about at the moment."""
        return Counter(
            cluster
            for (cluster, _), one in self._rounds.items()
            if one.count > FREE_ROUNDS and now - one.last < FORGET_SECONDS
        )

    def _known(self, change: Change, now: float) -> _Rounds | None:
        """The rounds of this very desired state, if they are recent and it is no first creation."""
        known = self._rounds.get((change.cluster, change.key))
        if known is None or change.action not in {Action.UPDATE, Action.ADOPT, Action.CREATE}:
            return None
        is_same = known.digest == _digest(change) and now - known.last < FORGET_SECONDS
        return known if is_same else None


def _digest(change: Change) -> str:
    return change.desired.body.digest if change.desired is not None else ""
