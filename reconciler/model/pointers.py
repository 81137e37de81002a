"""Fields by JSON pointer or by the path that people read, found in bodies."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from typing import Any, Final

from reconciler.model.identity import ObjectKey

Pointer = tuple[str | int, ...]

#: What may be shown of a value of an object at a pointer.
Mask = Callable[[ObjectKey, Pointer, Any], Any]


class _Absent:
    """The value of a field that is not there."""

    def __repr__(self) -> str:
        return "ABSENT"


ABSENT: Final = _Absent()

_STEP: Final = re.compile(r'\.?([^.\[\]"]+)|\["((?:[^"\\]|\\.)*)"\]|\[([^\]]*)\]')


def pointer_of(json_pointer: str, body: Any) -> Pointer:
    """`/spec/containers/0/image` in terms of a body: positions of lists as numbers."""
    steps: list[str | int] = []
    value = body
    for part in json_pointer.split("/")[1:]:
        name = part.replace("~1", "/").replace("~0", "~")
        step: str | int = name
        if isinstance(value, list):
            step = len(value) if name == "-" else int(name) if name.isdigit() else name
        steps.append(step)
        value = child(value, step)
    return tuple(steps)


def field_pointer(path: str, body: Any) -> Pointer:
    """`spec.containers[name=web].image` or a JSON pointer in terms of a body.

    Items of lists are found by `[key=value]`, by `[=value]` or by `[number]`; steps that lead
    nowhere are kept as they are. Raises ValueError for what is no path.
    """
    if path.startswith("/"):
        return pointer_of(path, body)
    steps: list[str | int] = []
    value, place = body, 0
    while place < len(path):
        match = _STEP.match(path, place)
        if match is None:
            raise ValueError(f"{path!r} is no path of a field")
        step = _step(match, value)
        steps.append(step)
        value = child(value, step)
        place = match.end()
    return tuple(steps)


def _step(match: re.Match[str], value: Any) -> str | int:
    plain, quoted, selector = match.groups()
    if plain is not None:
        return plain
    if quoted is not None:
        return quoted
    if selector.isdigit():
        return int(selector)
    items = value if isinstance(value, list) else ()
    return next((index for index, item in enumerate(items) if _is_meant(item, selector)), selector)


def _is_meant(item: Any, selector: str) -> bool:
    """Whether a list's item is what `name=web` or `containerPort=80,protocol=TCP` names."""
    if selector.startswith("="):
        return str(item) == selector[1:]
    pairs = [part.partition("=") for part in selector.split(",")]
    return isinstance(item, dict) and all(str(item.get(key)) == wanted for key, _, wanted in pairs)


def child(value: Any, step: str | int) -> Any:
    """One step down, ABSENT where there is nothing."""
    if isinstance(value, dict):
        return value.get(str(step), ABSENT)
    if isinstance(value, list) and isinstance(step, int) and 0 <= step < len(value):
        return value[step]
    return ABSENT


def at(body: Any, pointer: Sequence[str | int]) -> Any:
    """The value at a pointer, ABSENT where there is none."""
    for step in pointer:
        body = child(body, step)
    return body


def shown_path(pointer: Sequence[str | int]) -> str:
    """`spec.containers[0].image`."""
    parts = []
    for step in pointer:
        if isinstance(step, int):
            parts.append(f"[{step}]")
        elif re.fullmatch(r"[A-Za-z0-9_$-]+", step):
            parts.append(f".{step}" if parts else step)
        else:
            parts.append(f'["{step}"]')
    return "".join(parts)


def touches(one: Sequence[str | int], other: Sequence[str | int]) -> bool:
    """Whether one of two pointers leads through, or to, the other's place."""
    shorter = min(len(one), len(other))
    return tuple(one[:shorter]) == tuple(other[:shorter])
