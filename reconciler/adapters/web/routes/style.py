"""/style.css: the one style sheet, so that pages need no inline styles."""

from __future__ import annotations

from importlib.resources import files

from aiohttp import web

from reconciler.adapters.web.routes.route import Access, Route

_STYLE = files("reconciler.adapters.web").joinpath("pages", "style.css").read_text("utf-8")


async def answer(request: web.Request) -> web.Response:
    """The same bytes every time."""
    del request
    return web.Response(
        text=_STYLE, content_type="text/css", headers={"Cache-Control": "max-age=300"}
    )


ROUTE = Route(method="GET", path="/style.css", access=Access.PUBLIC, answer=answer)
