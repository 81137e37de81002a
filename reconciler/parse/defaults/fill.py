"""Tools of the tables: completing maps and lists without touching what came in."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

Step = Callable[[dict[str, Any]], dict[str, Any]]


def filled(mapping: dict[str, Any], **defaults: Any) -> dict[str, Any]:
    """The map with defaults for keys that are absent or null."""
    missing = {key: value for key, value in defaults.items() if mapping.get(key) is None}
    return {**mapping, **missing} if missing else mapping


def within(mapping: dict[str, Any], key: str, step: Step) -> dict[str, Any]:
    """The map with the map below `key` passed through `step`, where there is one."""
    inner = mapping.get(key)
    if not isinstance(inner, dict):
        return mapping
    changed = step(inner)
    return mapping if changed is inner else {**mapping, key: changed}


def shaped(mapping: dict[str, Any], key: str) -> dict[str, Any]:
    """The map with an empty map below `key` where there is none, as a server writes a struct."""
    return filled(mapping, **{key: {}})


def each(mapping: dict[str, Any], key: str, step: Step) -> dict[str, Any]:
    """The map with every map of the list below `key` passed through `step`."""
    inner = mapping.get(key)
    if not isinstance(inner, list):
        return mapping
    return {**mapping, key: [step(one) if isinstance(one, dict) else one for one in inner]}


def in_spec(body: dict[str, Any], step: Step) -> dict[str, Any]:
    """The body with its spec passed through `step`; an absent spec counts as empty."""
    spec = body.get("spec")
    if spec is None:
        spec = {}
    if not isinstance(spec, dict):
        return body
    return {**body, "spec": step(spec)}
