"""What members' objects said last, so that a report costs what changed and not what exists.

Only speed: an answer is remembered for the very same observed body, under the same interpreters,
answers and secrets, and only where nothing went wrong. A fresh memory gives the same report.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from reconciler.model.identity import ObjectKey
from reconciler.model.report import MemberStatus

_Place = tuple[str, ObjectKey]


@dataclass(slots=True)
class StatusMemory:
    """Statuses by cluster and identity, of the last report and of the one that is being made."""

    _basis: object = None
    _last: dict[_Place, tuple[dict[str, Any], MemberStatus]] = field(default_factory=dict)
    _next: dict[_Place, tuple[dict[str, Any], MemberStatus]] = field(default_factory=dict)

    def begin(self, basis: object) -> None:
        """A new report; `basis` is everything but the bodies that statuses depend on."""
        self._last = self._next if basis == self._basis else {}
        self._basis, self._next = basis, {}

    def recalled(self, place: _Place, body: dict[str, Any]) -> MemberStatus | None:
        """What this body said last; bodies are shared and never changed, so identity is enough."""
        known = self._last.get(place)
        if known is None or known[0] is not body:
            return None
        self._next[place] = known
        return known[1]

    def keep(self, place: _Place, body: dict[str, Any], status: MemberStatus) -> None:
        """Remember what a body said."""
        self._next[place] = (body, status)
