"""Secrets never reach an output: masked by place (Secret data) and by value, wherever it turns up.

A masked value reads `(sensitive, changed) #n`; within one change equal values have equal numbers,
so that one can see that two places hold the same secret without learning it.
"""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Iterable, Mapping
from typing import Any, Final

from reconciler.diff.normal import is_secret
from reconciler.diff.steps import Path
from reconciler.model.text import printable

LAST_APPLIED: Final = "kubectl.kubernetes.io/last-applied-configuration"
MASK: Final = "(sensitive)"
#: Shorter values are masked only where they stand alone: `1` or `true` are in every text.
SHORTEST_INSIDE_TEXT: Final = 6
#: A line of a longer value is a secret by itself from this length on.
LONG_LINE: Final = 12


class SecretValues:
    """A set of values that may not be shown, with the texts they may hide in.

    Each Secret adds its base64 texts, what they decode to, and its stringData.
    """

    __slots__ = ("_by_head", "_values")

    def __init__(self, values: Iterable[str] = ()) -> None:
        self._values = frozenset(value for value in values if value)
        self._by_head: dict[str, list[str]] = {}
        for value in sorted(self._values, key=len, reverse=True):
            if len(value) >= SHORTEST_INSIDE_TEXT:
                self._by_head.setdefault(value[:SHORTEST_INSIDE_TEXT], []).append(value)

    @classmethod
    def of(cls, manifests: Iterable[Mapping[str, Any]]) -> SecretValues:
        """The values of all Secrets among these manifests."""
        return cls(
            value
            for manifest in manifests
            if is_secret(manifest)
            for value in _values_of_secret(manifest)
        )

    def __eq__(self, other: object) -> bool:
        return isinstance(other, SecretValues) and self._values == other._values

    def __hash__(self) -> int:
        return hash(self._values)

    def __or__(self, other: SecretValues) -> SecretValues:
        return SecretValues(self._values | other._values)

    def __bool__(self) -> bool:
        return bool(self._values)

    def is_known(self, value: Any) -> bool:
        """Whether a scalar is, or holds, one of the values."""
        if isinstance(value, str):
            return value in self._values or self._first_in(value) is not None
        if isinstance(value, bool) or value is None:
            return False
        return len(str(value)) >= SHORTEST_INSIDE_TEXT and str(value) in self._values

    def redact(self, text: str) -> str:
        """The text with every known value replaced by `(sensitive)`."""
        if text in self._values:
            return MASK
        parts: list[str] = []
        rest = text
        while (found := self._first_in(rest)) is not None:
            place, value = found
            parts += (rest[:place], MASK)
            rest = rest[place + len(value) :]
        return "".join([*parts, rest])

    def _first_in(self, text: str) -> tuple[int, str] | None:
        """The first known value inside a text and its place; the longest of those that begin
        there.
        """
        if not self._by_head:
            return None
        for start in range(len(text) - SHORTEST_INSIDE_TEXT + 1):
            for value in self._by_head.get(text[start : start + SHORTEST_INSIDE_TEXT], ()):
                if text.startswith(value, start):
                    return start, value
        return None


NO_SECRETS: Final = SecretValues()


class Masks:
    """The masks of one change: each distinct value gets the next number."""

    __slots__ = ("_numbers", "_secrets")

    def __init__(self, secrets: SecretValues) -> None:
        self._secrets = secrets
        self._numbers: dict[str, int] = {}

    def shown(self, value: Any, *, is_secret_place: bool) -> tuple[Any, bool]:
        """What may be shown of a value, and whether something of it was masked."""
        if isinstance(value, dict):
            return self._shown_fields(value, is_secret_place=is_secret_place)
        if isinstance(value, list):
            parts = [self.shown(item, is_secret_place=is_secret_place) for item in value]
            return [part for part, _ in parts], any(masked for _, masked in parts)
        if value is None or not (is_secret_place or self._secrets.is_known(value)):
            return value, False
        number = self._numbers.setdefault(str(value), len(self._numbers) + 1)
        return f"(sensitive, changed) #{number}", True

    def _shown_fields(self, value: Mapping[str, Any], *, is_secret_place: bool) -> tuple[Any, bool]:
        parts = {
            name: self.shown(below, is_secret_place=is_secret_place or name == LAST_APPLIED)
            for name, below in value.items()
        }
        return (
            {name: part for name, (part, _) in parts.items()},
            any(masked for _, masked in parts.values()),
        )


def is_secret_path(path: Path, *, is_of_secret: bool) -> bool:
    """Whether a path of an object leads to secret values by its place alone."""
    if path[-1] == LAST_APPLIED:
        return True
    return is_of_secret and path[0] in {"data", "stringData"}


def _values_of_secret(manifest: Mapping[str, Any]) -> Iterable[str]:
    for text in _texts(manifest.get("stringData")):
        yield from _guises(text)
        yield base64.b64encode(text.encode("utf-8", "surrogatepass")).decode()
    for encoded in _texts(manifest.get("data")):
        yield encoded
        try:
            yield from _guises(base64.b64decode(encoded).decode())
        except (binascii.Error, ValueError):
            continue


def _guises(text: str) -> Iterable[str]:
    """A value as it is, as servers quote it, and line by line."""
    yield text
    yield text.strip()
    if not text.isprintable() or '"' in text or "\\" in text:
        yield json.dumps(text)[1:-1]
        yield printable(text)
        yield from (line for line in text.splitlines() if len(line) >= LONG_LINE)


def _texts(value: Any) -> Iterable[str]:
    return (str(text) for text in value.values()) if isinstance(value, dict) else ()
