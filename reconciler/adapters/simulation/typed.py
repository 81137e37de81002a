"""Values seen through their shape: which paths exist, what changed, how two merge, what to remove.

Source: sigs.k8s.io/structured-merge-diff, typed: ToFieldSet, Compare, Merge, RemoveItems. None
stands for JSON null; a missing value is `ABSENT`.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, Final, TypeGuard

from reconciler.adapters.simulation.fieldset import (
    LEAF,
    MEMBER,
    FieldSet,
    key_element,
    value_element,
)
from reconciler.adapters.simulation.shapes import (
    ANYTHING,
    Anything,
    ListOf,
    MapOf,
    Opaque,
    Scalar,
    Shape,
    Struct,
)

ABSENT: Final = object()


class TypedError(Exception):
    """A value that does not fit its shape; the text is what the apply machinery says."""


def _map_fields(value: dict[str, Any], shape: Shape) -> Iterator[tuple[str, Any, Shape]]:
    """(name, value, shape) of a granular map."""
    if isinstance(shape, Struct):
        for name, item in value.items():
            yield name, item, shape.field(name) or ANYTHING
    else:
        below = shape.item if isinstance(shape, MapOf) else ANYTHING
        for name, item in value.items():
            yield name, item, below


def _below(shape: Shape, name: str) -> Shape:
    if isinstance(shape, Struct):
        return shape.field(name) or ANYTHING
    return shape.item if isinstance(shape, MapOf) else ANYTHING


def _is_granular_map(value: Any, shape: Shape) -> bool:
    if not isinstance(value, dict):
        return False
    if isinstance(shape, Struct | MapOf):
        return not shape.atomic
    return isinstance(shape, Anything)


def _is_granular_list(shape: Shape, value: Any) -> TypeGuard[ListOf]:
    return isinstance(value, list) and isinstance(shape, ListOf) and shape.kind != "atomic"


def elements(items: list[Any], shape: ListOf) -> list[tuple[str, Any]]:
    """(path element, item) of an associative list, in order; later duplicates are left out."""
    found: dict[str, Any] = {}
    for item in items:
        element = value_element(item) if shape.kind == "set" else key_element(item, shape)
        if element is not None:
            found.setdefault(element, item)
    return list(found.items())


# ---- the paths a value has


def field_set(value: Any, shape: Shape, *, owns_empty: bool = True) -> FieldSet:
    """The paths that a configuration owns: leaves, list items, and keys of free maps.

    `owns_empty`: an empty map is a leaf, as since structured-merge-diff 4.1.
    """
    if _is_granular_map(value, shape):
        return _map_set(value, shape, owns_empty=owns_empty)
    if _is_granular_list(shape, value):
        result: FieldSet = {}
        for element, item in elements(value, shape):
            inner = field_set(item, shape.item, owns_empty=owns_empty)
            result[element] = {**inner, MEMBER: {}}
        return result
    return LEAF


def _map_set(value: dict[str, Any], shape: Shape, *, owns_empty: bool) -> FieldSet:
    result: FieldSet = {}
    declared = shape.fields if isinstance(shape, Struct) else {}
    for name, item, below in _map_fields(value, shape):
        inner = field_set(item, below, owns_empty=owns_empty)
        is_leaf = name not in declared or (owns_empty and item == {})
        if MEMBER not in inner and is_leaf:
            inner = {**inner, MEMBER: {}}
        if inner:
            result["f:" + name] = inner
    return result


def whole(fields: FieldSet, value: Any, shape: Shape) -> FieldSet:
    """`fields` with everything below the members that have nothing below them."""
    is_map = _is_granular_map(value, shape)
    if not is_map and not _is_granular_list(shape, value):
        return fields
    if list(fields) == [MEMBER]:
        return {**field_set(value, shape, owns_empty=False), MEMBER: {}}
    below = _children(value, shape)
    result = dict(fields)
    for element, child in fields.items():
        if element in below:
            result[element] = whole(child, *below[element])
    return result


def _children(value: Any, shape: Shape) -> dict[str, tuple[Any, Shape]]:
    """Path element → value and shape below a granular map or list."""
    if _is_granular_list(shape, value):
        return {element: (item, shape.item) for element, item in elements(value, shape)}
    return {"f:" + name: (item, below) for name, item, below in _map_fields(value, shape)}


# ---- what changed


@dataclass(slots=True)
class Comparison:
    """Paths that only the new value has, only the old one has, or both with other values."""

    added: FieldSet = field(default_factory=dict)
    removed: FieldSet = field(default_factory=dict)
    modified: FieldSet = field(default_factory=dict)

    def is_same(self) -> bool:
        return not (self.added or self.removed or self.modified)


def compare(old: Any, new: Any, shape: Shape) -> Comparison:
    """How `new` differs from `old`."""
    added, removed, modified = _compare(old, new, shape)
    return Comparison(added, removed, modified)


_NOTHING: Final[FieldSet] = {}
_Triple = tuple[FieldSet, FieldSet, FieldSet]
_SAME: Final[_Triple] = (_NOTHING, _NOTHING, _NOTHING)


def _compare(old: Any, new: Any, shape: Shape) -> _Triple:
    if old is new:
        return _SAME
    if old is ABSENT:
        return _all_paths(new, shape), _NOTHING, _NOTHING
    if new is ABSENT:
        return _NOTHING, _all_paths(old, shape), _NOTHING
    if _maps(old, new, shape) and (old or new):
        return _compare_maps(old or {}, new or {}, shape)
    if _lists(shape, old, new) and (old or new):
        return _compare_items(
            dict(elements(old or [], shape)), dict(elements(new or [], shape)), shape.item
        )
    return _SAME if _equal(old, new) else (_NOTHING, _NOTHING, LEAF)


def _equal(old: Any, new: Any) -> bool:
    if isinstance(old, bool) is not isinstance(new, bool):
        return False
    return bool(old == new)


def _maps(old: Any, new: Any, shape: Shape) -> bool:
    return (old is None or _is_granular_map(old, shape)) and (
        new is None or _is_granular_map(new, shape)
    )


def _lists(shape: Shape, old: Any, new: Any) -> TypeGuard[ListOf]:
    return (old is None or _is_granular_list(shape, old)) and (
        new is None or _is_granular_list(shape, new)
    )


def _all_paths(value: Any, shape: Shape) -> FieldSet:
    """Every path below a value that is there on one side only, its own included."""
    result: FieldSet = {MEMBER: {}}
    if _is_granular_map(value, shape):
        for name, item, below in _map_fields(value, shape):
            result["f:" + name] = _all_paths(item, below)
    elif _is_granular_list(shape, value):
        for element, item in elements(value, shape):
            result[element] = _all_paths(item, shape.item)
    return result


def _compare_maps(old: dict[str, Any], new: dict[str, Any], shape: Shape) -> _Triple:
    added: FieldSet = {}
    removed: FieldSet = {}
    modified: FieldSet = {}
    for name in old.keys() | new.keys():
        before, after = old.get(name, ABSENT), new.get(name, ABSENT)
        if before is after:
            continue
        _collect(
            "f:" + name, _compare(before, after, _below(shape, name)), (added, removed, modified)
        )
    return added, removed, modified


def _compare_items(old: dict[str, Any], new: dict[str, Any], shape: Shape) -> _Triple:
    added: FieldSet = {}
    removed: FieldSet = {}
    modified: FieldSet = {}
    for element in old.keys() | new.keys():
        found = _compare(old.get(element, ABSENT), new.get(element, ABSENT), shape)
        _collect(element, found, (added, removed, modified))
    return added, removed, modified


def _collect(element: str, found: _Triple, into: _Triple) -> None:
    for part, whole in zip(found, into, strict=True):
        if part:
            whole[element] = part


# ---- merging


def merge(live: Any, config: Any, shape: Shape, *, interleave: bool = True) -> Any:
    """`config` laid over `live`; `interleave` is the order of items in newer servers."""
    if config is ABSENT:
        return live
    if live is ABSENT or live is None or config is None:
        return config
    if _is_granular_map(live, shape) and _is_granular_map(config, shape):
        result = dict(live)
        for name, item, below in _map_fields(config, shape):
            result[name] = merge(live.get(name, ABSENT), item, below, interleave=interleave)
        return result
    if _is_granular_list(shape, live) and _is_granular_list(shape, config):
        return _merged_items(live, config, shape, interleave=interleave)
    return config


def _merged_items(
    live: list[Any], config: list[Any], shape: ListOf, *, interleave: bool
) -> list[Any]:
    left, right = dict(elements(live, shape)), dict(elements(config, shape))
    order = _interleaved(list(left), list(right)) if interleave else [*left, *right]
    return [
        merge(
            left.get(element, ABSENT), right.get(element, ABSENT), shape.item, interleave=interleave
        )
        for element in dict.fromkeys(order)
    ]


def _interleaved(left: list[str], right: list[str]) -> list[str]:
    """Shared items in the order of `right`; items of one side keep their place among them.

    Source: typed/merge.go, visitListItems since structured-merge-diff 4.2.
    """
    in_left, in_right = set(left), set(right)
    shared = [element for element in right if element in in_left]
    merged: set[str] = set()
    result: list[str] = []
    at_left = at_right = 0
    while at_left < len(left) or at_right < len(right):
        if at_left < len(left) and at_right < len(right):
            element = left[at_left]
            if element == right[at_right]:
                result.append(element)
                merged.add(element)
                at_left, at_right = at_left + 1, at_right + 1
                shared = shared[1:]
                continue
            if element in in_right and shared and shared[0] != element:
                at_left += 1
                continue
        if at_left < len(left):
            element = left[at_left]
            if element not in in_right:
                result.append(element)
                at_left += 1
                continue
            if element in merged:
                at_left += 1
        if at_right < len(right):
            element = right[at_right]
            result.append(element)
            merged.add(element)
            at_right += 1
            if shared and shared[0] == element:
                shared = shared[1:]
    return result


# ---- removing


def remove(value: Any, shape: Shape, fields: FieldSet) -> Any:
    """`value` without the members of `fields`; ABSENT stands for an emptied list or map."""
    if not fields:
        return value
    if _is_granular_map(value, shape):
        return _remove_from_map(value, shape, fields)
    if _is_granular_list(shape, value):
        kept = []
        for element, item in elements(value, shape):
            below = fields.get(element)
            if below is None:
                kept.append(item)
            elif MEMBER not in below:
                rest = remove(item, shape.item, below)
                kept.append({} if rest is ABSENT else rest)
        return kept or ABSENT
    return value


def _remove_from_map(value: dict[str, Any], shape: Shape, fields: FieldSet) -> Any:
    kept = {}
    for name, item, below_shape in _map_fields(value, shape):
        below = fields.get("f:" + name)
        if below is None:
            kept[name] = item
        elif MEMBER not in below:
            rest = remove(item, below_shape, below)
            if rest is not ABSENT:
                kept[name] = rest
    return kept or ABSENT


# ---- checking


def check(value: Any, shape: Shape, path: str = "") -> None:
    """Raise TypedError unless fields are declared, and keys of items there and unique."""
    if isinstance(value, dict) and isinstance(shape, Struct):
        for name, item in value.items():
            below = shape.field(name)
            if below is None:
                raise TypedError(f"{path}.{name}: field not declared in schema")
            check(item, below, f"{path}.{name}")
    elif isinstance(value, dict) and isinstance(shape, MapOf):
        for name, item in value.items():
            check(item, shape.item, f"{path}.{name}")
    elif isinstance(value, list) and isinstance(shape, ListOf):
        _check_items(value, shape, path)
    elif value is not None:
        _check_leaf(value, shape, path)


def _check_items(items: list[Any], shape: ListOf, path: str) -> None:
    seen: set[str] = set()
    for position, item in enumerate(items):
        if shape.kind != "atomic":
            element = value_element(item) if shape.kind == "set" else key_element(item, shape)
            if element is None:
                missing = _missing_key(item, shape)
                raise TypedError(
                    f"{path}: element {position}: associative list with keys has an element that "
                    f'omits key field "{missing}" (and doesn\'t have default value)'
                )
            if element in seen:
                raise TypedError(f"{path}: duplicate entries for key {element[2:]}")
            seen.add(element)
        check(item, shape.item, f"{path}[{position}]")


def _missing_key(item: Any, shape: ListOf) -> str:
    fields = item if isinstance(item, dict) else {}
    return next(key for key in sorted(shape.keys) if fields.get(key) is None)


_LEAF_TYPES: Final[dict[str, tuple[type, ...]]] = {
    "s": (str,),
    "y": (str,),
    "t": (str,),
    "i": (int,),
    "n": (int, float),
    "b": (bool,),
    "q": (str, int, float),
    "x": (str, int),
}


def _check_leaf(value: Any, shape: Shape, path: str) -> None:
    if isinstance(shape, Anything | Opaque):
        return
    if not isinstance(shape, Scalar):
        expected = "list" if isinstance(shape, ListOf) else "map"
        raise TypedError(f"{path}: expected {expected}, got &{{{value}}}")
    wanted = _LEAF_TYPES[shape.code]
    if not isinstance(value, wanted) or (isinstance(value, bool) and shape.code != "b"):
        word = {"s": "string", "b": "boolean"}.get(shape.code, "numeric")
        raise TypedError(f"{path}: expected {word} (scalar), got &{{{value}}}")
