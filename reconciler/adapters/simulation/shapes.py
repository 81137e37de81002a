"""Shapes of values: what is a struct, a map, a keyed list, a set or an atom.

The same few node classes describe built-in types (from the extracted tables, by server version) and
custom resources (from their structural schemas), so apply, strategic merge, decoding and pruning
are written once. Source of the tables: tools/extract_api_tables.py.
"""

from __future__ import annotations

import functools
import gzip
from collections.abc import Iterator, Mapping
from importlib import resources
from typing import Any, Final, Literal

import orjson

ListKind = Literal["atomic", "map", "set"]


class Shape:
    """Base of the node classes."""

    __slots__ = ()


class Scalar(Shape):
    """A leaf: `s` string, `i` integer, `n` number, `b` boolean, `y` bytes, `t` time,
    `q` quantity, `x` integer or string."""

    __slots__ = ("code",)

    def __init__(self, code: str) -> None:
        self.code = code


class Anything(Shape):
    """No schema: maps are granular, lists are atomic."""

    __slots__ = ()


class Opaque(Shape):
    """Any value, owned as a whole."""

    __slots__ = ()


class MapOf(Shape):
    """Free keys, values of one shape."""

    __slots__ = ("atomic", "item")

    def __init__(self, item: Shape, *, atomic: bool = False) -> None:
        self.item = item
        self.atomic = atomic


class ListOf(Shape):
    """A list; `keys` name the fields that identify an item of a list map."""

    __slots__ = ("defaults", "item", "keys", "kind", "merge_key", "strategy")

    def __init__(
        self,
        item: Shape,
        *,
        kind: ListKind = "atomic",
        keys: tuple[str, ...] = (),
        defaults: Mapping[str, Any] | None = None,
        strategy: str = "",
        merge_key: str = "",
    ) -> None:
        self.item = item
        self.kind = kind
        self.keys = keys
        self.defaults = defaults or {}
        self.strategy = strategy
        self.merge_key = merge_key


class Struct(Shape):
    """Declared fields; `extra` is the shape of undeclared ones, None where they are dropped."""

    __slots__ = ("atomic", "extra", "fields", "name")

    def __init__(
        self,
        name: str,
        fields: dict[str, Shape],
        *,
        atomic: bool = False,
        extra: Shape | None = None,
    ) -> None:
        self.name = name
        self.fields = fields
        self.atomic = atomic
        self.extra = extra

    def field(self, name: str) -> Shape | None:
        return self.fields.get(name, self.extra)


ANYTHING: Final = Anything()
OPAQUE: Final = Opaque()
_SCALARS: Final = {code: Scalar(code) for code in "sinbytqx"}
_ANY_KEYS: Final = "*"

# List-map keys that OpenAPI gives a default; published since 1.21.
_KEY_DEFAULTS: Final = {"protocol": "TCP"}
_KEY_DEFAULTS_SINCE: Final = 21


@functools.cache
def _tables() -> Mapping[str, Any]:
    folder = resources.files("reconciler.adapters.simulation") / "data"
    packed = (folder / "types.json.gz").read_bytes()
    loaded: dict[str, Any] = orjson.loads(gzip.decompress(packed))
    return loaded


class TypeTable:
    """The built-in types as one minor version publishes them; types are built on first use."""

    def __init__(self, minor: int) -> None:
        self._minor = minor
        self._tables = _tables()
        self._masks = _masks(self._tables["minors"], minor)
        self._structs: dict[tuple[str, bool], Struct] = {}

    def of_kind(self, group: str, version: str, kind: str) -> Struct | None:
        """The type of a built-in kind, or None."""
        name = self._tables["kinds"].get(f"{group}/{version}/{kind}")
        return None if name is None else self.struct(name)

    def struct(self, name: str, *, atomic: bool = False) -> Struct:
        """A named type; `atomic` where the referring field says so."""
        found = self._structs.get((name, atomic))
        if found is None:
            flag = self._tables["atomic"].get(name, 0)
            fields: dict[str, Shape] = {}
            is_atomic = atomic or any(flag & mask for mask in self._masks)
            found = Struct(name, fields, atomic=is_atomic)
            self._structs[name, atomic] = found  # before its fields: types refer to themselves
            fields.update(self._fields(name))
        return found

    def _fields(self, name: str) -> Iterator[tuple[str, Shape]]:
        for field, variants in self._tables["types"].get(name, {}).items():
            index = self._index(variants)
            if index is not None:
                yield field, self._shape(self._tables["shapes"][index])

    def _index(self, variants: list[list[int]]) -> int | None:
        for mask in self._masks:
            for present, index in variants:
                if present & mask:
                    return index
        return None

    def _shape(self, raw: Any) -> Shape:
        if isinstance(raw, str):
            if raw == _ANY_KEYS:
                return OPAQUE
            return self.struct(raw[1:]) if raw.startswith("@") else _SCALARS[raw]
        if "struct" in raw:
            return self.struct(raw["struct"], atomic=True)
        if "map" in raw:
            return MapOf(self._shape(raw["map"]), atomic=raw.get("atomic", False))
        return self._list(raw)

    def _list(self, raw: Mapping[str, Any]) -> ListOf:
        keys = tuple(raw.get("keys", ()))
        merges = "merge" in raw.get("strategy", "") and not raw.get("set")
        if merges and not keys and raw.get("merge"):
            keys = (raw["merge"],)
        kind: ListKind = "map" if keys else "set" if raw.get("set") or merges else "atomic"
        defaults = {}
        if self._minor >= _KEY_DEFAULTS_SINCE:
            defaults = {key: _KEY_DEFAULTS[key] for key in keys if key in _KEY_DEFAULTS}
        return ListOf(
            self._shape(raw["list"]),
            kind=kind,
            keys=keys,
            defaults=defaults,
            strategy=raw.get("strategy", ""),
            merge_key=raw.get("merge", ""),
        )


@functools.cache
def type_table(minor: int) -> TypeTable:
    """The shared table of one minor version."""
    return TypeTable(minor)


def _masks(minors: list[int], minor: int) -> tuple[int, ...]:
    """Bits of the published versions to look into, best first.

    Between two published versions a field of either is known: which of the versions between
    introduced it is not published, and a client that sends it means it.
    """
    if minor in minors:
        return (1 << minors.index(minor),)
    below = [position for position, known in enumerate(minors) if known < minor]
    above = [position for position, known in enumerate(minors) if known > minor]
    near = ([above[0]] if above else []) + ([below[-1]] if below else [])
    return tuple(1 << position for position in near)
