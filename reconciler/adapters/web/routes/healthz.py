"""/healthz: what would be cured by a restart, by name."""

from __future__ import annotations

from aiohttp import web

from reconciler.adapters.web.routes.checks import checked
from reconciler.adapters.web.routes.route import FACE, Access, Route


async def answer(request: web.Request) -> web.Response:
    """The checks of the process itself."""
    return checked(request.app[FACE].unhealthy())


ROUTE = Route(method="GET", path="/healthz", access=Access.PUBLIC, answer=answer)
