"""Reading and rebuilding parts of a body: strict about types, never changing what was given."""

from __future__ import annotations

from typing import Any

from reconciler.interpret.errors import InterpretError
from reconciler.interpret.operation import Body

Path = tuple[str, ...]


def map_at(body: Body, *path: str) -> Body:
    """The map below nested maps, empty where a step is missing; raises where it is no map."""
    value: Any = body
    for step in path:
        value = value.get(step)
        if value is None:
            return {}
        if not isinstance(value, dict):
            raise InterpretError(f"{'.'.join(path)}: a map is expected at {step}")
    return value  # type: ignore[no-any-return] # checked in each step


def list_at(body: Body, *path: str) -> list[Any]:
    """The list below nested maps, empty where a step is missing; raises where it is no list."""
    value = map_at(body, *path[:-1]).get(path[-1])
    if value is None:
        return []
    if not isinstance(value, list):
        raise InterpretError(f"{'.'.join(path)}: a list is expected")
    return value


def whole_at(body: Body, name: str) -> int:
    """The whole number in a field, 0 when absent; raises for any other type."""
    value = body.get(name)
    return 0 if value is None else whole(value, name)


def optional_whole_at(body: Body, name: str) -> int | None:
    """The whole number in a field, None when absent; raises for any other type."""
    value = body.get(name)
    return None if value is None else whole(value, name)


def whole(value: Any, name: str) -> int:
    """A value as the whole number it has to be; `3.0` counts, as it does in JSON."""
    if type(value) is int:
        return value
    if isinstance(value, float) and value.is_integer():
        return int(value)
    raise InterpretError(f"{name}: a whole number is expected, not {value!r:.40}")


def text_at(body: Body, name: str) -> str:
    """The text in a field, empty when absent; raises for any other type."""
    value = body.get(name)
    if value is None:
        return ""
    if not isinstance(value, str):
        raise InterpretError(f"{name}: a text is expected, not {value!r:.40}")
    return value


def with_value(body: Body, path: Path, value: Any) -> Body:
    """A copy with the value at the path; maps missing on the way are made."""
    step, *rest = path
    changed = dict(body)
    changed[step] = with_value(map_at(body, step), tuple(rest), value) if rest else value
    return changed


def statuses(items: list[Body]) -> list[tuple[str, Body]]:
    """Cluster and status of the aggregated items that have one."""
    return [
        (text_at(item, "clusterName"), map_at(item, "status"))
        for item in items
        if item.get("status") is not None
    ]
