"""fieldOverrider: patch JSON or YAML that stands as text in a string of the manifest.

The whole text is read, patched and written again: YAML comes out with sorted keys and without its
comments (karmada-semantics §2.12).
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from reconciler.overriders.json_text import raw_value, read_json, write_json
from reconciler.overriders.overrider import (
    Body,
    Operation,
    Operator,
    OverrideFailed,
    Overrider,
    operation,
)
from reconciler.overriders.patch import patched
from reconciler.overriders.yaml_text import read_yaml, write_yaml

_INDEX = re.compile(r"[+-]?[0-9]{1,18}")


@dataclass(frozen=True, slots=True, kw_only=True)
class FieldRule:
    """The string at `path`, and the operations on the text in it, as JSON or as YAML."""

    path: str
    json: tuple[Operation, ...]
    yaml: tuple[Operation, ...]


def decode(raw: Mapping[str, Any]) -> FieldRule:
    """One element of `fieldOverrider`."""
    return FieldRule(
        path=raw.get("fieldPath") or "",
        json=_inner_operations(raw.get("json") or ()),
        yaml=_inner_operations(raw.get("yaml") or ()),
    )


def _inner_operations(elements: Iterable[Mapping[str, Any]]) -> tuple[Operation, ...]:
    return tuple(
        operation(Operator(one["operator"]), one.get("subPath") or "", one.get("value"))
        for one in elements
    )


def operations(body: Body, rule: FieldRule) -> list[Operation]:
    """A `replace` of the whole text."""
    text = _text_at(body, rule.path)
    if rule.yaml:
        text = _patched_yaml(text, rule.yaml)
    if rule.json:
        text = _patched_json(text, rule.json)
    return [operation(Operator.REPLACE, rule.path, text)]


def _patched_yaml(text: str, inner: tuple[Operation, ...]) -> str:
    return write_yaml(patched(read_yaml(text), list(inner)))


def _patched_json(text: str, inner: tuple[Operation, ...]) -> str:
    raw = [one | {"value": raw_value(one["value"])} if "value" in one else one for one in inner]
    return write_json(patched(read_json(text), raw))


def _text_at(body: Body, path: str) -> str:
    """The string at an RFC 6901 pointer."""
    if not path.startswith("/"):
        raise OverrideFailed(f"the field path {path!r} does not start with a slash")
    value: Any = body
    for part in path[1:].split("/"):
        value = _step(value, part.replace("~1", "/").replace("~0", "~"), path)
    if not isinstance(value, str):
        raise OverrideFailed(f"the field at {path} is not a string")
    return value


def _step(value: Any, part: str, path: str) -> Any:
    if isinstance(value, dict) and part in value:
        return value[part]
    if isinstance(value, list) and _INDEX.fullmatch(part) and 0 <= int(part) < len(value):
        return value[int(part)]
    raise OverrideFailed(f"there is no field at {path}")


OVERRIDER = Overrider(field="fieldOverrider", decode=decode, operations=operations)
