"""What an engine remembers from one cycle for the next: results of stages, by identity.

Rules:
- A result is used again only when everything it was made from is the very same: inputs are compared
  as objects, which parsing keeps for bytes that did not change, and settings by value.
- What is remembered is what the last cycle used; a key that it did not ask for is forgotten.
- Where one input concerns many results (a policy, an override, a cluster), the stage says which
  keys a change can touch, and only those are made anew.

Only speed: an engine with memory decides as a fresh one does (tests/laws/test_incremental.py).
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Hashable
from operator import is_
from typing import Final, Generic, TypeVar

_K = TypeVar("_K", bound=Hashable)
_V = TypeVar("_V")

#: Inputs compared as objects, then inputs compared by value.
Objects = tuple[object, ...]
Values = tuple[object, ...]


class Table(Generic[_K, _V]):
    """Results of one stage by key, as the last cycle left them."""

    __slots__ = ("_context", "_known")

    def __init__(self) -> None:
        self._context: tuple[Objects, Values] = ((), ())
        self._known: dict[_K, tuple[Objects, Values, _V]] = {}

    def round(
        self, objects: Objects = (), values: Values = (), touched: Collection[_K] = frozenset()
    ) -> Round[_K, _V]:
        """One cycle's use of the table. With other common inputs than before nothing is known;
        `touched` keys are made anew.
        """
        is_same = self._is_same(objects, values)
        return Round(self, (objects, values), self._known if is_same else {}, touched)

    def results(self) -> dict[_K, _V]:
        """Everything known."""
        return {key: entry[2] for key, entry in self._known.items()}

    def _is_same(self, objects: Objects, values: Values) -> bool:
        known, valued = self._context
        return len(known) == len(objects) and all(map(is_, known, objects)) and valued == values

    def keep(
        self, context: tuple[Objects, Values], used: dict[_K, tuple[Objects, Values, _V]]
    ) -> None:
        """Remember what a cycle used, and nothing else."""
        self._context, self._known = context, used


class Round(Generic[_K, _V]):
    """One cycle with a table: asks what is known and notes what was used."""

    __slots__ = ("_context", "_known", "_table", "_touched", "_used")

    def __init__(
        self,
        table: Table[_K, _V],
        context: tuple[Objects, Values],
        known: dict[_K, tuple[Objects, Values, _V]],
        touched: Collection[_K],
    ) -> None:
        self._table: Final = table
        self._context: Final = context
        self._known: Final = known
        self._touched: Final = touched
        self._used: Final[dict[_K, tuple[Objects, Values, _V]]] = {}

    def of(self, key: _K, objects: Objects, make: Callable[[], _V], values: Values = ()) -> _V:
        """The result for these inputs; what `make` raises is not remembered."""
        known = self._known.get(key)
        if (
            known is None
            or not all(map(is_, known[0], objects))
            or known[1] != values
            or key in self._touched
        ):
            known = (objects, values, make())
        self._used[key] = known
        return known[2]

    def close(self) -> None:
        """End of the cycle: what was used is what is known."""
        self._table.keep(self._context, self._used)
