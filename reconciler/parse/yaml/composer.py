"""Compose one document from libyaml's events into a JSON value, as goyaml.v2 in strict mode does.

Strategy: one pass over the events, no nodes and no marks kept. Aliased values are shared, not
copied, but counted as if they were, so that a few bytes cannot stand for millions of nodes.
Containers are hung into their parent before they are filled: when reading stops, what was read so
far is still there and may tell whose document it is.

Rules: a key may not repeat, not even through a merge (`<<`); anchors may be defined anew; aliases
may not contain themselves; the share of nodes that come from aliases is bounded as in goyaml.v2
(`allowedAliasRatio`).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final, NoReturn

from yaml._yaml import CParser
from yaml.events import (
    AliasEvent,
    DocumentStartEvent,
    Event,
    MappingEndEvent,
    MappingStartEvent,
    ScalarEvent,
    SequenceEndEvent,
    SequenceStartEvent,
    StreamEndEvent,
)

from reconciler.parse.yaml.problem import ProblemKind, Unreadable, YamlProblem
from reconciler.parse.yaml.scalars import (
    MERGE,
    Raw,
    json_value,
    key_text,
    resolve_plain,
    resolve_tagged,
)

#: Deeper values cannot be written as JSON by every reader; no Kubernetes object comes near.
MAX_DEPTH: Final = 200
#: Nodes of one document, aliases expanded.
MAX_NODES: Final = 1_000_000
#: Below these counts no ratio of aliases is refused (goyaml.v2).
_ALIASES_IGNORED, _NODES_IGNORED = 100, 1000
_RATIO_FULL, _RATIO_LOW = 400_000, 4_000_000


class _Pending:
    """Marks an anchor whose value is still being read."""


_PENDING: Final = _Pending()


class Composer:
    """Reads one document; `root` holds what was read so far, also after a problem.

    `problem` is a repeated key: the document stays readable, but says two things.
    """

    def __init__(self, data: bytes) -> None:
        self._next: Callable[[], Any] = CParser(data).get_event
        self._anchors: dict[str, tuple[Any, int]] = {}
        self._nodes = 1
        self._aliased = 0
        self._depth = 0
        self.root: Any = None
        self.problem: YamlProblem | None = None

    def compose(self) -> Any:
        """The document's value, None for an empty stream. Raises Unreadable and yaml errors."""
        self._next()
        event = self._next()
        if type(event) is StreamEndEvent:
            return None
        self._check_version(event)
        event = self._next()
        self.root = self._empty(event)
        self.root = self._value(event, self.root)
        self._next()
        rest = self._next()
        if type(rest) is not StreamEndEvent:
            _refuse(ProblemKind.SYNTAX, "a second document without a `---` line of its own", rest)
        return self.root

    def _check_version(self, event: DocumentStartEvent) -> None:
        if event.version not in (None, (1, 1)):
            _refuse(ProblemKind.SYNTAX, "only YAML 1.1 is read", event)

    def _empty(self, event: Event) -> Any:
        kind = type(event)
        if kind is MappingStartEvent:
            return {}
        return [] if kind is SequenceStartEvent else None

    def _value(self, event: Any, into: Any) -> Any:
        """The JSON value that begins with an event; containers are filled where they stand."""
        kind = type(event)
        if kind is ScalarEvent:
            return self._json(self._scalar(event), event)
        if kind is AliasEvent:
            value = self._alias(event)
            return value if isinstance(value, dict | list) else self._json(value, event)
        return self._container(event, into)

    def _container(self, event: Any, into: Any) -> Any:
        self._depth += 1
        if self._depth > MAX_DEPTH:
            _refuse(ProblemKind.LIMIT, f"nested deeper than {MAX_DEPTH} levels", event)
        before = self._nodes
        self._nodes += 1
        if event.anchor:
            self._anchors[event.anchor] = (_PENDING, 0)
        if type(event) is MappingStartEvent:
            self._fill_mapping(into)
        else:
            self._fill_sequence(into)
        self._depth -= 1
        if self._nodes > MAX_NODES:
            _refuse(ProblemKind.LIMIT, f"more than {MAX_NODES} values", event)
        if event.anchor:
            self._anchors[event.anchor] = (into, self._nodes - before)
        return into

    def _fill_mapping(self, into: dict[str, Any]) -> None:
        following = self._next
        event = following()
        while type(event) is not MappingEndEvent:
            if _is_merge(event):
                self._nodes += 1
                self._merge(following(), into)
            else:
                self._fill_entry(event, following(), into)
            event = following()

    def _fill_entry(self, key_event: Any, event: Any, into: dict[str, Any]) -> None:
        raw = self._key(key_event)
        key = raw if type(raw) is str else self._key_text(raw, key_event)
        if key in into:
            self._repeat(key, key_event)
            self._value(event, self._empty(event))
        elif type(event) is ScalarEvent:
            into[key] = self._json(self._scalar(event), event)
        else:
            into[key] = empty = self._empty(event)
            into[key] = self._value(event, empty)

    def _fill_sequence(self, into: list[Any]) -> None:
        following = self._next
        event = following()
        while type(event) is not SequenceEndEvent:
            if type(event) is ScalarEvent:
                into.append(self._json(self._scalar(event), event))
            else:
                into.append(empty := self._empty(event))
                into[-1] = self._value(event, empty)
            event = following()

    def _scalar(self, event: Any) -> Raw:
        self._nodes += 1
        value: Raw
        if event.tag is not None:
            value = _tagged(event)
        elif event.implicit[0]:
            value = resolve_plain(event.value)
        else:
            value = event.value
        if event.anchor:
            self._anchors[event.anchor] = (value, 1)
        return value

    def _key(self, event: Any) -> Raw:
        if type(event) is ScalarEvent:
            return self._scalar(event)
        value = self._alias(event) if type(event) is AliasEvent else None
        if type(event) is not AliasEvent or isinstance(value, dict | list):
            _refuse(ProblemKind.VALUE, "a map or a list cannot be a key", event)
        return value

    def _key_text(self, raw: Raw, event: Any) -> str:
        try:
            return key_text(raw)
        except Unreadable as stopped:
            _refuse(stopped.problem.kind, stopped.problem.message, event)

    def _json(self, raw: Raw, event: Any) -> Raw:
        if type(raw) is not float:
            return raw
        try:
            return json_value(raw)
        except Unreadable as stopped:
            _refuse(stopped.problem.kind, stopped.problem.message, event)

    def _alias(self, event: Any) -> Any:
        value, size = self._anchors.get(event.anchor, (None, 0))
        if not size:
            said = "contains itself" if value is _PENDING else "is not defined"
            _refuse(ProblemKind.SYNTAX, f"anchor {event.anchor!r} {said}", event)
        self._nodes += 1 + size
        self._aliased += size
        if self._nodes > MAX_NODES or self._aliases_excessive():
            _refuse(ProblemKind.ALIASES, "aliases expand to far more than is written", event)
        return value

    def _aliases_excessive(self) -> bool:
        if self._aliased <= _ALIASES_IGNORED or self._nodes <= _NODES_IGNORED:
            return False
        return self._aliased / self._nodes > _allowed_ratio(self._nodes)

    def _merge(self, event: Any, into: dict[str, Any]) -> None:
        value = self._value(event, self._empty(event))
        merged = reversed(value) if type(event) is SequenceStartEvent else [value]
        for one in merged:
            if not isinstance(one, dict):
                _refuse(ProblemKind.SYNTAX, "a merge (`<<`) takes a map or a list of maps", event)
            for key, inner in one.items():
                if key in into:
                    self._repeat(key, event)
                else:
                    into[key] = inner

    def _repeat(self, key: str, event: Any) -> None:
        if self.problem is None:
            text = f"key {key[:80]!r} is given twice"
            mark = event.start_mark
            self.problem = YamlProblem(
                ProblemKind.DUPLICATE_KEY, text, mark.line + 1, mark.column + 1
            )


def _is_merge(event: Any) -> bool:
    return (
        type(event) is ScalarEvent
        and event.value == "<<"
        and (event.tag == MERGE if event.tag is not None else event.implicit[0])
    )


def _tagged(event: Any) -> Raw:
    try:
        return resolve_tagged(event.tag, event.value)
    except Unreadable as stopped:
        _refuse(stopped.problem.kind, stopped.problem.message, event)


def _allowed_ratio(nodes: int) -> float:
    """goyaml.v2: 99 % of a small document may come from aliases, 10 % of a large one."""
    if nodes <= _RATIO_FULL:
        return 0.99
    if nodes >= _RATIO_LOW:
        return 0.10
    return 0.99 - 0.89 * (nodes - _RATIO_FULL) / (_RATIO_LOW - _RATIO_FULL)


def _refuse(kind: ProblemKind, message: str, event: Any) -> NoReturn:
    mark = event.start_mark
    raise Unreadable(kind, message, mark.line + 1, mark.column + 1) from None
