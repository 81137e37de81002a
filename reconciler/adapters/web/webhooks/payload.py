"""Careful reads of a payload: every step may find anything, and says `Malformed` when it does."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import orjson

from reconciler.adapters.web.webhooks.delivery import Malformed

_MOST_REFS = 1000


def decoded(body: bytes) -> Mapping[str, Any]:
    """The body as a JSON object; the parser bounds nesting and refuses lone surrogates."""
    try:
        value = orjson.loads(body)
    except orjson.JSONDecodeError:
        raise Malformed("the body is no JSON") from None
    if not isinstance(value, dict):
        raise Malformed("the body is no JSON object")
    return value


def mapping(parent: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    """A member that must be an object."""
    value = parent.get(name)
    if not isinstance(value, dict):
        raise Malformed(f"{name} is no object")
    return value


def texts(parent: Mapping[str, Any], *names: str) -> tuple[str, ...]:
    """The members that are there; at least one must be a text."""
    found = tuple(
        value for value in (parent.get(name) for name in names) if isinstance(value, str) and value
    )
    if not found:
        raise Malformed(f"there is none of {', '.join(names)}")
    return found


def optional_text(parent: Mapping[str, Any], name: str) -> tuple[str, ...]:
    """The member as a tuple of one, empty when it is absent."""
    value = parent.get(name)
    if value is None:
        return ()
    if not isinstance(value, str):
        raise Malformed(f"{name} is no text")
    return (value,)


def listed(parent: Mapping[str, Any], name: str) -> tuple[Mapping[str, Any], ...]:
    """The objects of a list that may be absent; more than a thousand are cut."""
    value = parent.get(name)
    if value is None:
        return ()
    if not isinstance(value, list):
        raise Malformed(f"{name} is no list")
    return tuple(one for one in value[:_MOST_REFS] if isinstance(one, dict))
