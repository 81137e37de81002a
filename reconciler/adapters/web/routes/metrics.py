"""/metrics: the board as Prometheus reads it, written outside the event loop."""

from __future__ import annotations

import asyncio

from aiohttp import web

from reconciler.adapters.web.metrics import CONTENT_TYPE
from reconciler.adapters.web.routes.route import FACE, Access, Route


async def answer(request: web.Request) -> web.Response:
    """The exposition; many series take a while, and members must not wait for it."""
    face = request.app[FACE]
    face.measure()
    text = await asyncio.to_thread(face.metrics.exposition)
    return web.Response(body=text, headers={"Content-Type": CONTENT_TYPE})


ROUTE = Route(method="GET", path="/metrics", access=Access.VIEWER, answer=answer)
