"""Masks: what stands where a secret value was, and the numbers that tell masks from each other.

Equal masks hide equal values. A mask shows nothing, and no writer of JSON takes one: an output gets
texts from `MaskNumbers`, which numbers the masks of everything that is shown together in the order
in which it is shown. A number says which values are the same, and nothing else about them.
"""

from __future__ import annotations

from typing import Any, Final

CHANGED: Final = "(sensitive, changed)"


class Mask:
    """A secret in the place of its value."""

    __slots__ = ("_hidden",)

    def __init__(self, hidden: str) -> None:
        self._hidden = hidden

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Mask) and self._hidden == other._hidden

    def __hash__(self) -> int:
        return hash(self._hidden)

    def __repr__(self) -> str:
        return "(sensitive)"


class MaskNumbers:
    """The numbers of one output: each distinct mask gets the next one."""

    __slots__ = ("_label", "_numbers")

    def __init__(self, label: str = CHANGED) -> None:
        self._label = label
        self._numbers: dict[Mask, int] = {}

    def shown(self, value: Any) -> Any:
        """A JSON value with `(sensitive, changed) #n` for every mask in it, fields by name."""
        if isinstance(value, Mask):
            return f"{self._label} #{self._numbers.setdefault(value, len(self._numbers) + 1)}"
        if isinstance(value, dict):
            return {name: self.shown(value[name]) for name in sorted(value)}
        if isinstance(value, list):
            return [self.shown(item) for item in value]
        return value
