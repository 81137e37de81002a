"""Readers of wire values: what is absent, null or empty reads the same where Go reads it so."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from types import MappingProxyType
from typing import Any, Final

import orjson

from reconciler.model.quantity import Quantity

Wire = Mapping[str, Any]

EMPTY: Final[Wire] = MappingProxyType({})


def sub(raw: Wire, key: str) -> Wire:
    """The object below a key, empty when absent or null."""
    value = raw.get(key)
    return EMPTY if value is None else value


def items(raw: Wire, key: str) -> Iterable[Any]:
    """The list below a key, empty when absent or null."""
    return raw.get(key) or ()


def text(raw: Wire, key: str, default: str = "") -> str:
    """The text below a key."""
    value = raw.get(key)
    return default if value is None else str(value)


def number(raw: Wire, key: str, default: int = 0) -> int:
    """The whole number below a key."""
    value = raw.get(key)
    return default if value is None else int(value)


def texts(raw: Wire, key: str) -> tuple[str, ...]:
    """The list of texts below a key."""
    return tuple(raw.get(key) or ())


def labels(raw: Wire, key: str) -> dict[str, str]:
    """The map of texts below a key; null values read as empty text."""
    return {name: "" if value is None else value for name, value in sub(raw, key).items()}


def quantities(raw: Wire, key: str) -> dict[str, Quantity]:
    """The resource list below a key."""
    return {name: Quantity.parse(value) for name, value in sub(raw, key).items()}


def canonical(document: Any) -> bytes:
    """A document as JSON bytes with sorted keys: equal documents are equal bytes."""
    return orjson.dumps(document, option=orjson.OPT_SORT_KEYS)


def digest_of(document: Any) -> str:
    """SHA-256 of the canonical bytes, hex."""
    return hashlib.sha256(canonical(document)).hexdigest()


def without_empty(document: Mapping[str, Any]) -> dict[str, Any]:
    """The entries that say something: None, empty text, list and map are left out (`omitempty`)."""
    return {
        key: value
        for key, value in document.items()
        if value is not None and not (isinstance(value, str | list | dict) and not value)
    }
