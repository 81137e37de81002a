"""When an answer agrees with a vector: numbers by value, the top level forgiving about what is
absent or empty.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, Final

#: Lists of an answer whose order means nothing: op -> field.
UNORDERED: Final[Mapping[str, str]] = {
    "validateOverride": "errors",
    "validatePropagation": "errors",
}


def in_any_order(operation: str, answer: Any) -> Any:
    """The answer with the list whose order means nothing sorted."""
    field = UNORDERED.get(operation)
    if field is None or not isinstance(answer, dict) or not answer.get(field):
        return answer
    return {**answer, field: sorted(answer[field], key=lambda one: json.dumps(one, sort_keys=True))}


def agrees(expected: Any, got: Any) -> bool:
    """Whether two answers are equal; absent, null, `[]` and `{}` are equal at the top level
    only.
    """
    if isinstance(expected, dict) and isinstance(got, dict):
        return all(
            top_equal(expected.get(key), got.get(key)) for key in expected.keys() | got.keys()
        )
    return top_equal(expected, got)


def top_equal(expected: Any, got: Any) -> bool:
    """One value of the top level."""
    if is_empty(expected) and is_empty(got):
        return True
    return exactly_equal(expected, got)


def is_empty(value: Any) -> bool:
    """Null, an empty list or an empty map; not zero, false or an empty text."""
    return value is None or (isinstance(value, dict | list | tuple) and not value)


def exactly_equal(expected: Any, got: Any) -> bool:
    """JSON equality: `1` equals `1.0`, but never `true`."""
    if isinstance(expected, dict):
        return (
            isinstance(got, dict)
            and expected.keys() == got.keys()
            and all(exactly_equal(value, got[key]) for key, value in expected.items())
        )
    if isinstance(expected, list):
        return (
            isinstance(got, list | tuple)
            and len(expected) == len(got)
            and all(exactly_equal(one, other) for one, other in zip(expected, got, strict=True))
        )
    if isinstance(expected, bool) or isinstance(got, bool):
        return expected is got
    return bool(expected == got)


def first_difference(expected: Any, got: Any, path: str = "") -> str:
    """Where two answers part, as a path with both sides; empty where they are equal."""
    if isinstance(expected, dict) and isinstance(got, dict):
        for key in sorted(expected.keys() | got.keys()):
            found = first_difference(expected.get(key), got.get(key), f"{path}/{key}")
            if found:
                return found
    elif isinstance(expected, list) and isinstance(got, list) and len(expected) == len(got):
        for index, (one, other) in enumerate(zip(expected, got, strict=True)):
            found = first_difference(one, other, f"{path}/{index}")
            if found:
                return found
    if exactly_equal(expected, got):
        return ""
    return f"{path or '/'}: {expected!r:.200} is expected, not {got!r:.200}"
