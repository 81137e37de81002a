"""/livez: the event loop turns; a kubelet that gets no answer restarts the process."""

from __future__ import annotations

from aiohttp import web

from reconciler.adapters.web.routes.checks import checked
from reconciler.adapters.web.routes.route import Access, Route


async def answer(request: web.Request) -> web.Response:
    """That this is said at all is what it says."""
    del request
    return checked({})


ROUTE = Route(method="GET", path="/livez", access=Access.PUBLIC, answer=answer)
