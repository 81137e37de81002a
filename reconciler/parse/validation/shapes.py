"""Readers for documents no schema has checked: what has another type than expected is not there,
and `shape_errors` says so.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final

from reconciler.parse.validation.errors import FieldErrors, Path, invalid

Wire = Mapping[str, Any]

_NAMES: Final[Mapping[type, str]] = {
    dict: "a map",
    list: "a list",
    str: "a text",
    int: "a whole number",
    bool: "true or false",
}


def part(raw: Any, *steps: str) -> dict[str, Any]:
    """The map below nested maps, empty where there is none."""
    for step in steps:
        raw = raw.get(step) if isinstance(raw, dict) else None
    return raw if isinstance(raw, dict) else {}


def entries(raw: Wire, field: str) -> Iterator[tuple[int, dict[str, Any]]]:
    """The maps of a list with their index; other items are skipped."""
    value = raw.get(field)
    for index, one in enumerate(value if isinstance(value, list) else ()):
        if isinstance(one, dict):
            yield index, one


def text(raw: Wire, field: str) -> str:
    """A text, empty where there is none."""
    value = raw.get(field)
    return value if isinstance(value, str) else ""


def texts(raw: Wire, field: str) -> list[str]:
    """The texts of a list."""
    value = raw.get(field)
    return [one for one in value if isinstance(one, str)] if isinstance(value, list) else []


def whole(raw: Wire, field: str) -> int | None:
    """A whole number."""
    value = raw.get(field)
    return value if isinstance(value, int) and not isinstance(value, bool) else None


def shape_errors(raw: Wire, path: Path, shapes: Mapping[str, type]) -> FieldErrors:
    """Fields that are there and have another type."""
    for field, kind in shapes.items():
        value = raw.get(field)
        is_wrong = not isinstance(value, kind) or (kind is int and isinstance(value, bool))
        if value is not None and is_wrong:
            yield invalid((*path, field), f"must be {_NAMES[kind]}")


def item_errors(raw: Wire, field: str, path: Path, kind: type = dict) -> FieldErrors:
    """Items of a list that have another type."""
    value = raw.get(field)
    for index, one in enumerate(value if isinstance(value, list) else ()):
        if not isinstance(one, kind):
            yield invalid((*path, field, index), f"must be {_NAMES[kind]}")
