"""A push as a value: which refs move from where to where, and the one rule for all targets.

Rule: a ref moves only from the value it was expected to have. None stands for a ref that does not
exist, so creating is exclusive and `new=None` deletes.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from reconciler.model.errors import PushRaced


@dataclass(frozen=True, slots=True, kw_only=True)
class Move:
    """One ref, by full name, from the commit it has to the commit it gets."""

    ref: str
    expected: str | None
    new: str | None


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
