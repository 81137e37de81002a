"""The aiohttp application: the table of routes, the headers, and a bound on every answer's time."""

from __future__ import annotations

import asyncio
from http import HTTPStatus

from aiohttp import web

from reconciler.adapters.web.access import is_allowed, refusal
from reconciler.adapters.web.face import Face
from reconciler.adapters.web.headers import secured
from reconciler.adapters.web.routes import ROUTES, webhook
from reconciler.adapters.web.routes.route import FACE, Answer, Route


def application(face: Face) -> web.Application:
    """An application that shows this service."""
    app = web.Application(client_max_size=face.limits.body_bytes)
    app[FACE] = face
    webhook.prepare(app)
    for route in ROUTES:
        app.router.add_route(route.method, route.path, _guarded(route))
    app.on_response_prepare.append(secured)
    return app


def _guarded(route: Route) -> Answer:
    async def answer(request: web.Request) -> web.StreamResponse:
        if not is_allowed(route, request):
            return refusal()
        try:
            async with asyncio.timeout(request.app[FACE].limits.request_seconds):
                return await route.answer(request)
        except TimeoutError:
            return web.Response(status=HTTPStatus.SERVICE_UNAVAILABLE, text="too slow\n")

    return answer
