"""JSON text as Go leaves it after a patch: members in their order, scalars as they were written.

A field override patches JSON inside a string. What the patch does not touch keeps its spelling but
for white space and for `<`, `>`, `&`, U+2028 and U+2029 in strings, which Go escapes; objects keep
the order of their members and new ones come last.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import accumulate
from typing import Any, Final

import orjson

from reconciler.overriders.overrider import OverrideFailed

_TOKEN = re.compile(r'"(?:[^"\\]|\\.)*"|[][{}:,]|[^][{}:,"\s]+')
_ESCAPES: Final = str.maketrans(
    {"<": "\\u003c", ">": "\\u003e", "&": "\\u0026", "\u2028": "\\u2028", "\u2029": "\\u2029"}
)


_MAX_DEPTH: Final = 200


@dataclass(frozen=True, slots=True)
class Raw:
    """A scalar as it is written, escapes applied."""

    text: str


def read_json(text: str) -> dict[str, Any] | list[Any]:
    """Objects and arrays as dicts and lists, scalars as `Raw`; raises `OverrideFailed`."""
    if text[:1] not in ("{", "["):
        raise OverrideFailed("the field holds no JSON object or array")
    try:
        orjson.loads(text)
    except orjson.JSONDecodeError as problem:
        raise OverrideFailed("the field holds no valid JSON") from problem
    found = _TOKEN.findall(text)
    if _depth(found) > _MAX_DEPTH:
        raise OverrideFailed("the JSON of the field is nested too deep")
    tokens = iter(found)
    return _object(tokens) if next(tokens) == "{" else _array(tokens)


def raw_value(value: Any) -> Any:
    """A value of a patch in the terms of `read_json`; object members sorted."""
    if isinstance(value, dict):
        return {key: raw_value(value[key]) for key in sorted(value)}
    if isinstance(value, list | tuple):
        return [raw_value(one) for one in value]
    if isinstance(value, float) and value.is_integer() and abs(value) < 1e21:  # noqa: PLR2004 - Go
        value = int(value)
    if isinstance(value, int) and not isinstance(value, bool):
        return Raw(str(value))
    return Raw(orjson.dumps(value).decode().translate(_ESCAPES))


def write_json(tree: Any) -> str:
    """The text of a tree, without white space."""
    if isinstance(tree, dict):
        members = (f"{_string(key)}:{write_json(value)}" for key, value in tree.items())
        return f"{{{','.join(members)}}}"
    if isinstance(tree, list):
        return f"[{','.join(write_json(value) for value in tree)}]"
    text: str = tree.text
    return text


def _depth(tokens: list[str]) -> int:
    """How deep brackets nest."""
    steps = (1 if one in ("{", "[") else -1 if one in ("}", "]") else 0 for one in tokens)
    return max(accumulate(steps))


def _string(key: str) -> str:
    return orjson.dumps(key).decode().translate(_ESCAPES)


def _value(first: str, tokens: Iterator[str]) -> Any:
    """The value that starts with a token of valid JSON."""
    if first == "{":
        return _object(tokens)
    if first == "[":
        return _array(tokens)
    return Raw(first.translate(_ESCAPES))


def _object(tokens: Iterator[str]) -> dict[str, Any]:
    members: dict[str, Any] = {}
    while (part := next(tokens)) != "}":
        if part != ",":
            next(tokens)
            members[orjson.loads(part)] = _value(next(tokens), tokens)
    return members


def _array(tokens: Iterator[str]) -> list[Any]:
    values: list[Any] = []
    while (part := next(tokens)) != "]":
        if part != ",":
            values.append(_value(part, tokens))
    return values
