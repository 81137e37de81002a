"""Sets of field paths: the FieldsV1 of managedFields and their algebra.

A set is a tree of dicts, one level a path element (`f:name`, `k:{…}`, `v:…`). A node is a member of
the set when it holds the key `.`; on the wire a leaf is written `{}` instead of `{".":{}}`.

Source: sigs.k8s.io/structured-merge-diff, fieldpath. Operations return new trees and may share
branches with their inputs, which nobody changes.
"""

from __future__ import annotations

from typing import Any, Final

import orjson

from reconciler.adapters.simulation.shapes import ListOf, MapOf, Shape, Struct

FieldSet = dict[str, Any]
MEMBER: Final = "."
LEAF: Final[FieldSet] = {MEMBER: {}}


def parse(fields: FieldSet) -> FieldSet:
    """From FieldsV1."""
    return {name: {} if name == MEMBER else _parse_child(child) for name, child in fields.items()}


def _parse_child(child: FieldSet) -> FieldSet:
    return parse(child) if child else LEAF


def written(fields: FieldSet) -> FieldSet:
    """To FieldsV1, keys in order."""
    return {name: _written_child(fields[name]) for name in sorted(fields)}


def _written_child(child: FieldSet) -> FieldSet:
    return {} if len(child) <= 1 and (not child or MEMBER in child) else written(child)


def union(left: FieldSet, right: FieldSet) -> FieldSet:
    if not left:
        return right
    if not right or left is right:
        return left
    result = dict(left)
    for name, child in right.items():
        mine = result.get(name)
        result[name] = child if mine is None else union(mine, child)
    return result


def difference(left: FieldSet, right: FieldSet) -> FieldSet:
    """Members of `left` that are no members of `right`; descendants of a member stay."""
    if not left or not right:
        return left
    result: FieldSet = {}
    for name, child in left.items():
        other = right.get(name)
        if name == MEMBER:
            if other is None:
                result[name] = child
        elif other is None:
            result[name] = child
        elif rest := difference(child, other):
            result[name] = rest
    return result


def without(left: FieldSet, right: FieldSet) -> FieldSet:
    """`left` less the members of `right` and everything below them."""
    if not left or not right:
        return left
    result: FieldSet = {}
    for name, child in left.items():
        other = right.get(name)
        if other is None or name == MEMBER:
            result[name] = child
        elif MEMBER not in other and (rest := without(child, other)):
            result[name] = rest
    return result


def intersection(left: FieldSet, right: FieldSet) -> FieldSet:
    result: FieldSet = {}
    for name, child in left.items():
        other = right.get(name)
        if other is None:
            continue
        if name == MEMBER:
            result[name] = child
        elif both := intersection(child, other):
            result[name] = both
    return result


def with_named_fields(fields: FieldSet, shape: Shape | None) -> FieldSet:
    """Also the struct fields on the way to members.

    Source: fieldpath.Set.EnsureNamedFieldsAreMembers.
    """
    result: FieldSet = {}
    for name, child in fields.items():
        if name == MEMBER:
            result[name] = child
            continue
        below = child_shape(shape, name)
        inner = with_named_fields(child, below)
        if name.startswith("f:") and isinstance(shape, Struct) and name[2:] in shape.fields:
            inner = {**inner, MEMBER: {}}
        result[name] = inner
    return result


def child_shape(shape: Shape | None, element: str) -> Shape | None:
    """The shape below a path element."""
    if isinstance(shape, Struct):
        return shape.field(element[2:]) if element.startswith("f:") else None
    if isinstance(shape, MapOf | ListOf):
        return shape.item
    return shape


def paths(fields: FieldSet, prefix: str = "") -> list[str]:
    """Members in the words of conflict messages: `.spec.containers[name="c"].image`."""
    result = [prefix] if MEMBER in fields and prefix else []
    for name in sorted(fields):
        if name != MEMBER:
            result.extend(paths(fields[name], prefix + _element_text(name)))
    return result


def _element_text(element: str) -> str:
    if element.startswith("f:"):
        return f".{element[2:]}"
    if element.startswith("k:"):
        keys = orjson.loads(element[2:])
        pairs = ",".join(f"{key}={orjson.dumps(value).decode()}" for key, value in keys.items())
        return f"[{pairs}]"
    if element.startswith("v:"):
        return f"[={element[2:]}]"
    return f"[{element[2:]}]"


def key_element(item: Any, shape: ListOf) -> str | None:
    """The path element of a list-map item, or None when it lacks a key without a default."""
    if not isinstance(item, dict):
        return None
    values = {}
    for key in sorted(shape.keys):
        value = item.get(key, shape.defaults.get(key))
        if value is None:
            return None
        values[key] = value
    return "k:" + orjson.dumps(values).decode()


def value_element(item: Any) -> str:
    """The path element of a set item."""
    return "v:" + orjson.dumps(item).decode()
