"""Commit messages of the write-back branches: what happened in words, why, and what it came from.

Rules: names of strangers are made printable first, so no name can end a line, forge a trailer or
reach a terminal as an escape; the subject is one line that fits a log; a body line that reads like
a trailer is indented. Law: reading a message's trailers gives exactly those it was written with.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from reconciler.model.source import Identity
from reconciler.model.text import printable, shortened
from reconciler.model.trailers import is_trailer

IDENTITY = Identity(name="fleet-reconciler", email="reconciler@fleet-reconciler.invalid")

LONGEST_SUBJECT = 100
LONGEST_LINE = 500
MOST_LINES = 200


def commit_message(
    subject: str, *, body: Sequence[str] = (), trailers: Iterable[tuple[str, str]] = ()
) -> str:
    """A message; `body` is a list of lines, an empty one begins a paragraph.

    Raises ValueError for a trailer key that is none.
    """
    paragraphs = [shortened(_line(subject) or "Update", LONGEST_SUBJECT)]
    lines = _bounded([_body_line(line) for line in body])
    if any(lines):
        paragraphs.append("\n".join(lines))
    written = [_trailer(key, value) for key, value in trailers]
    if written:
        paragraphs.append("\n".join(written))
    return "\n\n".join(paragraphs) + "\n"


def _line(text: str) -> str:
    return printable(text).strip()


def _body_line(text: str) -> str:
    line = shortened(printable(text).rstrip(), LONGEST_LINE)
    return f"  {line}" if is_trailer(line) else line


def _bounded(lines: list[str]) -> list[str]:
    left = len(lines) - MOST_LINES
    return lines if left <= 0 else [*lines[:MOST_LINES], f"… and {left} more lines"]


def _trailer(key: str, value: str) -> str:
    line = f"{key}: {shortened(_line(value), LONGEST_LINE)}"
    if not is_trailer(line):
        raise ValueError(f"{key!r} is no key of a trailer")
    return line
