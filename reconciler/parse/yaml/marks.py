"""Where a value stands in its file: one file read again, once something in it is at fault."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import suppress
from functools import lru_cache
from typing import Any, Final

import yaml
from yaml._yaml import CParser
from yaml.events import (
    AliasEvent,
    MappingStartEvent,
    ScalarEvent,
    SequenceStartEvent,
    StreamEndEvent,
)

from reconciler.parse.yaml.documents import Chunk, split_documents
from reconciler.parse.yaml.problem import Unreadable
from reconciler.parse.yaml.scalars import key_text, resolve_plain, resolve_tagged

_OPENING: Final = (MappingStartEvent, SequenceStartEvent)

#: Bytes of a document whose events are worth keeping all.
_SMALL: Final = 256 << 10

Pointer = Sequence[str | int]


def locate(data: bytes, document: int, pointer: Pointer) -> tuple[int, int]:
    """Line and column, from 1, of the value a pointer names in the document with that index.

    Keys of maps are pointed at by their key. Where the pointer leads nowhere (a field is missing,
    or stands behind an alias), the deepest place on the way to it.
    """
    chunks = _chunks(data)
    if document >= len(chunks):
        return (0, 0)
    line, column = _Finder(chunks[document].data).find(pointer)
    return (line + chunks[document].first_line, column + 1)


@lru_cache(maxsize=4)
def _chunks(data: bytes) -> tuple[Chunk, ...]:
    """Several places of one file are often asked for in a row."""
    return tuple(split_documents(data))


class _Events:
    """The events of one document, made when they are asked for, and where what they open ends."""

    def __init__(self, data: bytes) -> None:
        self._next: Callable[[], Any] = CParser(data).get_event
        self._known: list[Any] = []
        self._ends: dict[int, int] = {}

    def at(self, index: int) -> Any:
        """The event with that index; raises StopIteration behind the last one."""
        while index >= len(self._known):
            self._known.append(self._next())
        event = self._known[index]
        if isinstance(event, StreamEndEvent):
            raise StopIteration
        return event

    def end(self, index: int) -> int:
        """The index behind a value that begins at this one."""
        if index not in self._ends:
            self._ends[index] = self._end(index)
        return self._ends[index]

    def _end(self, index: int) -> int:
        depth = 1 if isinstance(self.at(index), _OPENING) else 0
        while depth:
            index += 1
            event = self.at(index)
            if isinstance(event, _OPENING):
                depth += 1
            elif not isinstance(event, ScalarEvent | AliasEvent):
                depth -= 1
        return index + 1

    def load(self) -> None:
        """Make all of them now: nothing changes any more, whoever asks."""
        with suppress(yaml.YAMLError, StopIteration):
            index = 0
            while True:
                self.at(index)
                index += 1
        self._next = _nothing_more


def _nothing_more() -> Any:
    raise StopIteration


def _events(data: bytes) -> _Events:
    return _remembered(data) if len(data) <= _SMALL else _Events(data)


@lru_cache(maxsize=4)
def _remembered(data: bytes) -> _Events:
    """Several places of one document are often asked for in a row."""
    events = _Events(data)
    events.load()
    return events


class _Finder:
    """Walks the events of one document towards a pointer, skipping whatever stands beside it."""

    def __init__(self, data: bytes) -> None:
        self._events = _events(data)
        self._index = 0
        self._place = (0, 0)

    def find(self, pointer: Pointer) -> tuple[int, int]:
        with suppress(yaml.YAMLError, Unreadable, StopIteration):
            self._enter(pointer)
        return self._place

    def _enter(self, pointer: Pointer) -> None:
        event = self._event()
        while not isinstance(event, (*_OPENING, ScalarEvent, AliasEvent)):
            event = self._event()
        self._at(event)
        for step in pointer:
            if isinstance(event, MappingStartEvent):
                event = self._entry(str(step))
            elif isinstance(event, SequenceStartEvent) and isinstance(step, int):
                event = self._item(step)
            else:
                return

    def _entry(self, name: str) -> Any:
        while isinstance(key := self._event(), ScalarEvent):
            value = self._event()
            if _spelt(key) == name:
                self._at(key)
                return value
            self._skip()
        raise StopIteration

    def _item(self, index: int) -> Any:
        event = self._event()
        for _ in range(index):
            self._skip()
            event = self._event()
        if not isinstance(event, (*_OPENING, ScalarEvent, AliasEvent)):
            raise StopIteration
        self._at(event)
        return event

    def _skip(self) -> None:
        """Go on behind the value whose first event was the last one."""
        self._index = self._events.end(self._index - 1)

    def _at(self, event: Any) -> None:
        self._place = (event.start_mark.line, event.start_mark.column)

    def _event(self) -> Any:
        event = self._events.at(self._index)
        self._index += 1
        return event


def _spelt(event: Any) -> str:
    if event.tag is not None:
        return key_text(resolve_tagged(event.tag, event.value))
    return key_text(resolve_plain(event.value)) if event.implicit[0] else str(event.value)
