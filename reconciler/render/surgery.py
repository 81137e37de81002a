"""Small changes to a JSON value that copy only the objects on the way."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

Body = dict[str, Any]


def at(body: Body, *path: str) -> Any:
    """The value below nested objects, None where a step is missing."""
    value: Any = body
    for step in path:
        if not isinstance(value, dict):
            return None
        value = value.get(step)
    return value


def replaced(body: Body, value: Any, *path: str) -> Body:
    """With another value at the path; a step that is no object becomes one."""
    first, *rest = path
    if not rest:
        return body | {first: value}
    child = body.get(first)
    return body | {first: replaced(child if isinstance(child, dict) else {}, value, *rest)}


def without(body: Body, *path: str) -> Body:
    """Without the member at the path; the same body when there is none."""
    first, *rest = path
    if first not in body:
        return body
    if not rest:
        return {key: value for key, value in body.items() if key != first}
    child = body[first]
    shorter = without(child, *rest) if isinstance(child, dict) else child
    return body if shorter is child else body | {first: shorter}


def merged(body: Body, entries: Mapping[str, Any], *path: str) -> Body:
    """With those entries in the object at the path, which is made where there is none."""
    current = at(body, *path)
    return replaced(body, {**(current if isinstance(current, dict) else {}), **entries}, *path)
