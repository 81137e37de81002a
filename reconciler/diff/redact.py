"""Secrets never reach an output: masked by place (Secret data) and by value, wherever it turns up.

What stands in the place of a masked value is a `Mask`: equal masks hide equal values, whether they
are written plain or in base64, so that one can see that two places hold the same secret without
learning it. Whoever shows several changes together numbers their masks (`model/mask.py`).
"""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Iterable, Mapping
from typing import Any, Final

from reconciler.diff.normal import is_secret
from reconciler.diff.steps import Path
from reconciler.model.mask import Mask
from reconciler.model.text import printable

LAST_APPLIED: Final = "kubectl.kubernetes.io/last-applied-configuration"
MASK: Final = "(sensitive)"
#: Shorter values are masked only where they stand alone: `1` or `true` are in every text.
SHORTEST_INSIDE_TEXT: Final = 6
#: A line of a longer value is a secret by itself from this length on.
LONG_LINE: Final = 12


class SecretValues:
    """A set of values that may not be shown, with the texts they may hide in.

    Each Secret adds its base64 texts, what they decode to, and its stringData. `encoded` tells
    which texts are the base64 of which value.
    """

    __slots__ = ("_by_head", "_encoded", "_values")

    def __init__(
        self, values: Iterable[str] = (), encoded: Mapping[str, str] | None = None
    ) -> None:
        self._encoded = dict(encoded or {})
        self._values = frozenset(value for value in (*values, *self._encoded) if value)
        self._by_head: dict[str, list[str]] = {}
        for value in sorted(self._values, key=len, reverse=True):
            if len(value) >= SHORTEST_INSIDE_TEXT:
                self._by_head.setdefault(value[:SHORTEST_INSIDE_TEXT], []).append(value)

    @classmethod
    def of(cls, manifests: Iterable[Mapping[str, Any]]) -> SecretValues:
        """The values of all Secrets among these manifests."""
        secrets = [manifest for manifest in manifests if is_secret(manifest)]
        encoded = {text: plain for one in secrets for text, plain in _encoded(one)}
        values = {value for one in secrets for value in _values_of_secret(one)}
        return cls(values, encoded)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, SecretValues) and self._values == other._values

    def __hash__(self) -> int:
        return hash(self._values)

    def __or__(self, other: SecretValues) -> SecretValues:
        if other._values <= self._values and other._encoded.items() <= self._encoded.items():
            return self
        return SecretValues(self._values | other._values, {**self._encoded, **other._encoded})

    def __bool__(self) -> bool:
        return bool(self._values)

    def is_known(self, value: Any) -> bool:
        """Whether a scalar is, or holds, one of the values."""
        if isinstance(value, str):
            return value in self._values or self._first_in(value) is not None
        if isinstance(value, bool) or value is None:
            return False
        return len(str(value)) >= SHORTEST_INSIDE_TEXT and str(value) in self._values

    def plain(self, text: str) -> str:
        """What a text says: the value it is the base64 of, else itself."""
        return self._encoded.get(text, text)

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


def masked(value: Any, secrets: SecretValues, *, is_secret_place: bool) -> tuple[Any, bool]:
    """What may be shown of a JSON value, and whether something of it was masked."""
    if isinstance(value, dict):
        parts = {
            name: masked(below, secrets, is_secret_place=is_secret_place or name == LAST_APPLIED)
            for name, below in value.items()
        }
        shown = {name: part for name, (part, _) in parts.items()}
        return shown, any(is_masked for _, is_masked in parts.values())
    if isinstance(value, list):
        items = [masked(item, secrets, is_secret_place=is_secret_place) for item in value]
        return [item for item, _ in items], any(is_masked for _, is_masked in items)
    if value is None or not (is_secret_place or secrets.is_known(value)):
        return value, False
    return Mask(secrets.plain(str(value))), True


def is_secret_path(path: Path, *, is_of_secret: bool) -> bool:
    """Whether a path of an object leads to secret values by its place alone."""
    if path[-1] == LAST_APPLIED:
        return True
    return is_of_secret and path[0] in {"data", "stringData"}


def _values_of_secret(manifest: Mapping[str, Any]) -> Iterable[str]:
    for text in _texts(manifest.get("stringData")):
        yield from _guises(text)
    for encoded in _texts(manifest.get("data")):
        yield encoded
        plain = _decoded(encoded)
        if plain is not None:
            yield from _guises(plain)


def _encoded(manifest: Mapping[str, Any]) -> Iterable[tuple[str, str]]:
    """Texts in base64, and what they say."""
    for text in _texts(manifest.get("stringData")):
        yield base64.b64encode(text.encode("utf-8", "surrogatepass")).decode(), text
    for encoded in _texts(manifest.get("data")):
        plain = _decoded(encoded)
        if plain is not None:
            yield encoded, plain


def _decoded(encoded: str) -> str | None:
    try:
        return base64.b64decode(encoded).decode()
    except (binascii.Error, ValueError):
        return None


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
