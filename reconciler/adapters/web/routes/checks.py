"""What health routes say: `ok`, or one line a check that fails."""

from __future__ import annotations

from collections.abc import Mapping
from http import HTTPStatus

from aiohttp import web

from reconciler.model.text import printable, shortened

_LONGEST_LINE = 300


def checked(problems: Mapping[str, str]) -> web.Response:
    """200 and `ok`, or 503 and the problems by name."""
    if not problems:
        return web.Response(text="ok\n")
    lines = [
        shortened(f"{printable(name)}: {printable(what)}", _LONGEST_LINE)
        for name, what in sorted(problems.items())
    ]
    return web.Response(
        status=HTTPStatus.SERVICE_UNAVAILABLE, text="".join(f"{line}\n" for line in lines)
    )
