"""Paths inside a manifest: fields, positions, and list items named by their keys.

A path is a tuple of steps. A field is a `str`, a position in an atomic list an `int`, an item of a
keyed list an `Item`, a member of a set a `Member`.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any, Final, NamedTuple

_PLAIN: Final = re.compile(r"[A-Za-z_$][A-Za-z0-9_$-]*")


class Item(NamedTuple):
    """An item of a keyed list: the names of its key fields, and their values."""

    names: tuple[str, ...]
    values: tuple[Any, ...]

    @property
    def pairs(self) -> tuple[tuple[str, Any], ...]:
        """The key fields with their values."""
        return tuple(zip(self.names, self.values, strict=True))


@dataclass(frozen=True, slots=True)
class Member:
    """A member of a list that is a set."""

    value: Any


Step = str | int | Item | Member
Path = tuple[Step, ...]


def shown(path: Path) -> str:
    """`spec.containers[name=web].image`; keys that are no plain words stand in quotes."""
    parts: list[str] = []
    for step in path:
        parts.append(_shown_step(step, is_first=not parts))
    return "".join(parts)


def _shown_step(step: Step, *, is_first: bool) -> str:
    if isinstance(step, Item):
        return f"[{','.join(f'{key}={value}' for key, value in step.pairs)}]"
    if isinstance(step, Member):
        return f"[={step.value}]"
    if isinstance(step, int):
        return f"[{step}]"
    if not _PLAIN.fullmatch(step):
        return f'["{step}"]'
    return step if is_first else f".{step}"
