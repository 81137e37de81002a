"""Logs: one JSON object a line, printable, without any secret, whoever speaks."""

from __future__ import annotations

import io
import logging
from datetime import UTC, datetime
from typing import Any

import orjson
import pytest

from reconciler.runtime.logs import LibraryLogs, LogFormat, build_log

CANARY = "canary-4711"


def lines(stream: io.StringIO) -> list[dict[str, Any]]:
    """What was written."""
    return [orjson.loads(line) for line in stream.getvalue().splitlines()]


def a_log(log_format: LogFormat) -> tuple[Any, io.StringIO]:
    """A log into memory that knows one secret."""
    stream = io.StringIO()
    log = build_log(
        stream,
        log_format,
        redact=lambda text: text.replace(CANARY, "(sensitive)"),
        now=lambda: datetime(2026, 1, 1, tzinfo=UTC),
    )
    return log, stream


def test_a_line_says_what_where_and_when() -> None:
    log, stream = a_log(LogFormat.JSON)
    log.info("applied", commit="abc", cluster="eu-1", object="apps/Deployment shop/web")
    assert lines(stream) == [
        {
            "event": "applied",
            "level": "info",
            "time": "2026-01-01T00:00:00.000000Z",
            "commit": "abc",
            "cluster": "eu-1",
            "object": "apps/Deployment shop/web",
        }
    ]


@pytest.mark.parametrize("log_format", list(LogFormat))
def test_no_secret_is_written_wherever_it_hides(log_format: LogFormat) -> None:
    log, stream = a_log(log_format)
    log.warning(
        CANARY,
        message=f"said {CANARY}",
        nested={"deep": [{CANARY: (CANARY,)}]},
        error=ValueError(CANARY),
    )
    assert CANARY not in stream.getvalue()
    assert "(sensitive)" in stream.getvalue()


def test_what_strangers_say_cannot_move_the_cursor_or_fake_a_line() -> None:
    log, stream = a_log(LogFormat.CONSOLE)
    log.info("said", message="\x1b]52;c;Zm9v\x07\nlevel=error event=forged\r")
    assert len(stream.getvalue().splitlines()) == 1
    assert "\x1b" not in stream.getvalue()


def test_libraries_speak_in_our_lines_and_show_no_values() -> None:
    log, stream = a_log(LogFormat.JSON)
    logger = logging.Logger("some.library")  # noqa: LOG001 - not the global one
    logger.addHandler(LibraryLogs(log))
    try:
        int(CANARY)
    except ValueError:
        logger.exception("failed with %s", CANARY)
    (line,) = lines(stream)
    assert line["library"] == "some.library"
    assert line["exception"] == "ValueError"
    assert CANARY not in stream.getvalue()
