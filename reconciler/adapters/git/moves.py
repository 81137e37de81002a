"""The one rule of every push: a ref moves only from the value it was expected to have."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from reconciler.model.errors import PushRaced
from reconciler.model.source import Move


def effective(moves: Iterable[Move]) -> tuple[Move, ...]:
    """Without those that move nothing."""
    return tuple(move for move in moves if move.expected != move.new)


def require_expected(moves: Iterable[Move], current: Mapping[str, str | None]) -> None:
    """Raise `PushRaced` for the first ref that is not where it was expected."""
    for move in moves:
        found = current.get(move.ref)
        if found != move.expected:
            raise PushRaced(
                f"{move.ref} is at {found or 'nothing'}, not at {move.expected or 'nothing'}"
            )
