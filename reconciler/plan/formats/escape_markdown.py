"""Foreign text inside Markdown: as code, where nothing in it is a link, a mention, or a tag.

Rules (GitHub Flavored Markdown): a code span is delimited by more backticks than it contains in a
row, a fence likewise; inside an HTML block text is HTML, so there it is escaped inside `<code>`.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from html import escape

from reconciler.model.text import printable

_BACKTICKS = re.compile("`+")
_UNSAFE_KEY = re.compile(r"[^A-Za-z0-9._/-]+|-{2,}")


def code(text: str) -> str:
    """The text as a code span on one line."""
    line = printable(text)
    if not line.strip():
        return "` `"
    delimiter = "`" * (_longest_run(line) + 1)
    padding = " " if line[0] in "` " or line[-1] in "` " else ""
    return f"{delimiter}{padding}{line}{padding}{delimiter}"


def fenced(lines: Iterable[str], language: str) -> str:
    """Lines as a fenced block that none of them can close."""
    body = "\n".join(lines)
    fence = "`" * max(3, _longest_run(body) + 1)
    return f"{fence}{language}\n{body}\n{fence}"


def html_code(text: str) -> str:
    """The text as code inside an HTML block such as `<summary>`."""
    return f"<code>{escape(printable(text))}</code>"


def marker_key(key: str) -> str:
    """A key that cannot end the comment it stands in."""
    return _UNSAFE_KEY.sub("_", key) or "default"


def _longest_run(text: str) -> int:
    return max((len(run) for run in _BACKTICKS.findall(text)), default=0)
