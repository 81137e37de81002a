"""Keyed lists whose order means something, and putting them in order where apply does not.

Server-side apply before Kubernetes 1.31 or so merges such lists by key and keeps the order that was
there; the order of environment variables and init containers matters all the same.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

from reconciler.diff.lists import is_keyed_by, item_of

#: Names of built-in keyed lists whose order pods can tell, with their key.
ORDERED: Final[Mapping[str, tuple[str, ...]]] = {
    "containers": ("name",),
    "env": ("name",),
    "initContainers": ("name",),
}


def is_in_order(wanted: Sequence[Any], there: Sequence[Any]) -> bool:
    """Whether the items that both have stand in the same order."""
    if list(wanted) == list(there):
        return True
    common = set(there)
    known = set(wanted)
    return [step for step in wanted if step in common] == [step for step in there if step in known]


def reordered(desired: Any, observed: Any) -> Any:
    """`observed` with its ordered lists in the desired order; the same object when they are.

    Items that are not desired keep their places after those that are.
    """
    if isinstance(desired, dict) and isinstance(observed, dict):
        return _fields(desired, observed)
    if isinstance(desired, list) and isinstance(observed, list):
        return _items(desired, observed)
    return observed


def _fields(desired: Mapping[str, Any], observed: dict[str, Any]) -> dict[str, Any]:
    changed = {}
    for name, value in desired.items():
        if not (isinstance(value, dict | list) and name in observed):
            continue
        there = observed[name]
        put: Any = reordered(value, there)
        keys = ORDERED.get(name)
        if keys and _is_keyed(keys, value, put):
            put = _sorted(keys, value, put)  # type: ignore[arg-type] # both are lists by now
        if put is not there:
            changed[name] = put
    return {**observed, **changed} if changed else observed


def _items(desired: list[Any], observed: list[Any]) -> list[Any]:
    """Items below, found by name."""
    if not _is_keyed(("name",), desired, observed):
        return observed
    wanted = {item["name"]: item for item in desired}
    put = [reordered(wanted.get(item["name"]), item) for item in observed]
    is_same = all(new is old for new, old in zip(put, observed, strict=True))
    return observed if is_same else put


def _sorted(keys: tuple[str, ...], desired: list[Any], observed: list[Any]) -> list[Any]:
    wanted = [item_of(keys, item) for item in desired]
    there = [item_of(keys, item) for item in observed]
    if is_in_order(wanted, there):
        return observed
    places = {step: place for place, step in enumerate(wanted)}
    return sorted(observed, key=lambda item: places.get(item_of(keys, item), len(places)))


def _is_keyed(keys: tuple[str, ...], desired: Any, observed: Any) -> bool:
    return all(isinstance(one, list) and is_keyed_by(keys, one) for one in (desired, observed))
