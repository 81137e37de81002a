"""/readyz: whether this replica can do its part now, leading or standing by."""

from __future__ import annotations

from aiohttp import web

from reconciler.adapters.web.routes.checks import checked
from reconciler.adapters.web.routes.route import FACE, Access, Route


async def answer(request: web.Request) -> web.Response:
    """The checks of the process and of its surroundings."""
    face = request.app[FACE]
    return checked({**face.unready(), **face.unhealthy()})


ROUTE = Route(method="GET", path="/readyz", access=Access.PUBLIC, answer=answer)
