"""YAML text inside a string: read as kubectl reads it, written as sigs.k8s.io/yaml writes it.

Reading and writing go through JSON there, which leaves its traces here: only JSON values exist,
keys become text, whole floats become integers, keys come out in natural order. Only the first
document counts, repeated keys are allowed and the last wins.
"""

from __future__ import annotations

import base64
import binascii
import math
from collections.abc import Iterator
from decimal import Decimal
from functools import cmp_to_key
from typing import Any, Final

import yaml

from reconciler.overriders.natural_order import compare_keys
from reconciler.overriders.overrider import OverrideFailed
from reconciler.overriders.yaml_scalar import NotText, reads_as_text, resolved

_LOADER: Final = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_DUMPER: Final = getattr(yaml, "CSafeDumper", yaml.SafeDumper)
_TAG = "tag:yaml.org,2002:"
#: Nodes a text may come to once its aliases are followed, and how deep they may nest.
_MAX_NODES: Final = 100_000
_MAX_DEPTH: Final = 200
_WHOLE_FLOATS: Final = 1e21
_END: Final = "...\n"
_MIN_INT, _MAX_INT = -(2**63), 2**64 - 1
#: Powers of ten between which Go's %g writes no exponent.
_MIN_POWER, _MAX_POWER = -4, 6
#: What a scalar with one of these tags must be.
_TYPES: Final[dict[str, type]] = {
    "null": type(None),
    "bool": bool,
    "int": int,
    "float": float,
    "timestamp": NotText,
}


def read_yaml(text: str) -> dict[str, Any] | list[Any]:
    """The first document as JSON values; raises `OverrideFailed`."""
    try:
        value = _Reader(text).document()
    except (yaml.YAMLError, binascii.Error, UnicodeError) as problem:
        raise OverrideFailed("the field holds no valid YAML") from problem
    if not isinstance(value, dict | list):
        raise OverrideFailed("the field holds no YAML map or list")
    return value


class _Reader:
    """Composes one document from the parser's events."""

    def __init__(self, text: str) -> None:
        self._events: Iterator[yaml.Event] = iter(yaml.parse(text, Loader=_LOADER))
        self._anchors: dict[str, tuple[Any, int]] = {}
        self._nodes = 0

    def document(self) -> Any:
        next(self._events)
        start = next(self._events)
        if isinstance(start, yaml.StreamEndEvent):
            return None
        if getattr(start, "version", None) not in (None, (1, 1)):
            raise OverrideFailed("the field holds YAML of another version than 1.1")
        return self._node(next(self._events), 0)

    def _node(self, event: yaml.Event, depth: int) -> Any:
        """The value that starts with this event."""
        if isinstance(event, yaml.AliasEvent):
            return self._aliased(event.anchor or "")
        if depth > _MAX_DEPTH:
            raise OverrideFailed("the YAML of the field is nested too deep")
        start = self._nodes
        self._count(1)
        value = self._composed(event, depth)
        anchor = getattr(event, "anchor", None)
        if anchor:
            self._anchors[anchor] = (value, self._nodes - start)
        return value

    def _composed(self, event: yaml.Event, depth: int) -> Any:
        if isinstance(event, yaml.ScalarEvent):
            return _scalar(event)
        if isinstance(event, yaml.SequenceStartEvent):
            return list(self._items(depth))
        return self._mapping(depth)

    def _items(self, depth: int) -> Iterator[Any]:
        while not isinstance(event := next(self._events), yaml.SequenceEndEvent):
            yield self._node(event, depth + 1)

    def _mapping(self, depth: int) -> dict[str, Any]:
        members: dict[str, Any] = {}
        while not isinstance(event := next(self._events), yaml.MappingEndEvent):
            is_merge = _is_merge(event)
            key = self._node(event, depth + 1)
            value = self._node(next(self._events), depth + 1)
            if is_merge:
                members.update(_merged(value))
            else:
                members[_key(key)] = value
        return members

    def _aliased(self, anchor: str) -> Any:
        """The anchor's value again, counted in full: a hundred aliases are a hundred copies."""
        if anchor not in self._anchors:
            raise OverrideFailed("the YAML of the field has an alias without an anchor")
        value, size = self._anchors[anchor]
        self._count(size)
        return value

    def _count(self, nodes: int) -> None:
        self._nodes += nodes
        if self._nodes > _MAX_NODES:
            raise OverrideFailed(f"the YAML of the field has more than {_MAX_NODES} nodes")


def _is_merge(event: yaml.Event) -> bool:
    return (
        isinstance(event, yaml.ScalarEvent)
        and event.value == "<<"
        and (event.implicit[0] or event.tag == f"{_TAG}merge")
    )


def _merged(value: Any) -> dict[str, Any]:
    """What a merge key brings; of several maps the first wins."""
    sources = value if isinstance(value, list) else [value]
    if not all(isinstance(source, dict) for source in sources):
        raise OverrideFailed("a merge key in the YAML of the field names no map")
    return {key: one for source in reversed(sources) for key, one in source.items()}


def _key(value: Any) -> str:
    if isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int | float):
        return str(value)
    raise OverrideFailed("a key in the YAML of the field is not text, a number or a boolean")


def _scalar(event: yaml.ScalarEvent) -> Any:
    tag = (event.tag or "").removeprefix(_TAG)
    if tag == "binary":
        return base64.b64decode(event.value, validate=False).decode()
    if tag not in ("", *_TYPES) or (not tag and not event.implicit[0]):
        return event.value
    value = resolved(event.value)
    if tag == "float" and type(value) is int:
        value = float(value)
    if tag and type(value) is not _TYPES[tag]:
        raise OverrideFailed("a scalar in the YAML of the field is not of the type its tag says")
    return event.value if value is NotText.TIMESTAMP else _finite(value)


def _finite(value: Any) -> Any:
    """JSON has no infinities, and writes whole floats without a point, by their shortest digits."""
    if not isinstance(value, float):
        return value
    if not math.isfinite(value):
        raise OverrideFailed("the YAML of the field has a number that JSON cannot express")
    is_whole = value.is_integer() and abs(value) < _WHOLE_FLOATS
    return int(Decimal(repr(value))) if is_whole else value


def write_yaml(value: Any) -> str:
    """Block style, sorted keys, lines folded at 80 columns."""
    events = [
        yaml.StreamStartEvent(),
        yaml.DocumentStartEvent(explicit=False),
        *_events(value),
        yaml.DocumentEndEvent(explicit=False),
        yaml.StreamEndEvent(),
    ]
    text = str(yaml.emit(events, Dumper=_DUMPER, width=80, allow_unicode=True))
    # libyaml closes a document whose last text keeps its line breaks; go-yaml does not.
    return text.removesuffix(_END) if text.endswith(f"\n{_END}") else text


def _events(value: Any) -> Iterator[yaml.Event]:
    if isinstance(value, dict):
        yield yaml.MappingStartEvent(None, None, implicit=True, flow_style=not value)
        for key in sorted(value, key=cmp_to_key(compare_keys)):
            yield _text_event(key)
            yield from _events(value[key])
        yield yaml.MappingEndEvent()
    elif isinstance(value, list | tuple):
        yield yaml.SequenceStartEvent(None, None, implicit=True, flow_style=not value)
        for one in value:
            yield from _events(one)
        yield yaml.SequenceEndEvent()
    elif isinstance(value, str):
        yield _text_event(value)
    else:
        yield yaml.ScalarEvent(None, None, (True, True), _plain(value), style="")


def _text_event(text: str) -> yaml.Event:
    style = "" if reads_as_text(text) else '"'
    return yaml.ScalarEvent(None, None, (True, True), text, style="|" if "\n" in text else style)


def _plain(value: Any) -> str:
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "true" if value else "false"
    number = _finite(value)
    if isinstance(number, int) and _MIN_INT <= number <= _MAX_INT:
        return str(number)
    return _shortest(float(number))


def _shortest(number: float) -> str:
    """As Go's %g: an exponent from 1e+06 on and below 1e-04."""
    sign, digits, exponent = Decimal(repr(number)).normalize().as_tuple()
    power = len(digits) + int(exponent) - 1
    if _MIN_POWER <= power < _MAX_POWER:
        return repr(number).removesuffix(".0")
    text = "".join(map(str, digits))
    fraction = f".{text[1:]}" if len(text) > 1 else ""
    return f"{'-' if sign else ''}{text[0]}{fraction}e{power:+03d}"
