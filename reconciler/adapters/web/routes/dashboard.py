"""/: one read-only page: is everything applied, and if not what, where and why."""

from __future__ import annotations

from importlib.resources import files

from aiohttp import web
from jinja2 import Environment, StrictUndefined

from reconciler.adapters.web.overview import overview
from reconciler.adapters.web.routes.route import FACE, Access, Route

_PAGES = Environment(
    autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True
)
_PAGE = _PAGES.from_string(
    files("reconciler.adapters.web").joinpath("pages", "dashboard.html").read_text("utf-8")
)


async def answer(request: web.Request) -> web.Response:
    """The page, made anew from the last report."""
    text = _PAGE.render(overview=overview(request.app[FACE].report()))
    return web.Response(text=text, content_type="text/html", charset="utf-8")


ROUTE = Route(method="GET", path="/", access=Access.VIEWER, answer=answer)
