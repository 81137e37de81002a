"""Structured logs: events with commit, cluster and object, as JSON lines or for a terminal.

Every text goes through the redactor and is printable, whoever said it: messages of members, of Git
hosts and of libraries too.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping, MutableMapping
from datetime import datetime
from enum import StrEnum
from typing import Any, Final, TextIO

import orjson
import structlog

from reconciler.model.text import printable, shortened

_LONGEST: Final = 4000
_DEEPEST: Final = 6

Log = structlog.typing.FilteringBoundLogger
_Event = MutableMapping[str, Any]


class LogFormat(StrEnum):
    """How a line looks."""

    JSON = "json"
    CONSOLE = "console"


def build_log(
    stream: TextIO,
    log_format: LogFormat,
    *,
    redact: Callable[[str], str],
    now: Callable[[], datetime],
    level: int = logging.INFO,
) -> Log:
    """A logger that writes lines to the stream; nothing global is changed."""

    def stamped(_logger: Any, _method: str, event: _Event) -> _Event:
        event["time"] = now().strftime("%Y-%m-%dT%H:%M:%S.%fZ")
        return event

    def cleaned(_logger: Any, _method: str, event: _Event) -> _Event:
        return {name: _clean(value, redact) for name, value in event.items()}

    render: Any = structlog.dev.ConsoleRenderer(colors=stream.isatty())
    if log_format is LogFormat.JSON:
        render = structlog.processors.JSONRenderer(serializer=_json)
    log: Log = structlog.wrap_logger(
        structlog.PrintLogger(stream),
        processors=[structlog.processors.add_log_level, stamped, cleaned, render],
        wrapper_class=structlog.make_filtering_bound_logger(level),
    )
    return log


class LibraryLogs(logging.Handler):
    """What libraries log, in our lines; tracebacks show values, so only their type is kept."""

    def __init__(self, log: Log) -> None:
        super().__init__(logging.WARNING)
        self._log = log

    def emit(self, record: logging.LogRecord) -> None:
        """One line."""
        kind = record.exc_info[0] if record.exc_info else None
        fields = {"exception": kind.__name__} if kind else {}
        self._log.log(record.levelno, record.getMessage(), library=record.name, **fields)


def _json(value: Any, **_: Any) -> str:
    return orjson.dumps(value, default=str, option=orjson.OPT_NON_STR_KEYS).decode()


def _clean(value: Any, redact: Callable[[str], str], depth: int = 0) -> Any:
    """The value without secrets and control characters; what is nested too deeply is cut."""
    if isinstance(value, str):
        return shortened(printable(redact(value)), _LONGEST)
    if value is None or isinstance(value, (bool, int, float)):
        return value
    if depth >= _DEEPEST:
        return "…"
    if isinstance(value, Mapping):
        return {
            _clean(str(key), redact): _clean(one, redact, depth + 1) for key, one in value.items()
        }
    if isinstance(value, (list, tuple, set, frozenset)):
        return [_clean(one, redact, depth + 1) for one in value]
    return _clean(str(value), redact)
