"""/webhook/{provider}: deliveries of Git hosts, bounded in size, time and number before all else.

Every refusal — unknown provider, bad signature, unknown repository — is the same answer, given at
the same moment after the body is in.
"""

from __future__ import annotations

import asyncio
from http import HTTPStatus

from aiohttp import hdrs, web

from reconciler.adapters.web.face import Face, Limits
from reconciler.adapters.web.routes.route import FACE, Access, Route
from reconciler.adapters.web.webhooks.inbox import Verdict
from reconciler.adapters.web.webhooks.providers import PROVIDERS
from reconciler.model.metric import Sample

_READING: web.AppKey[list[None]] = web.AppKey("deliveries being read", list)

_ANSWERS = {
    Verdict.TRIGGERED: (HTTPStatus.ACCEPTED, "accepted\n"),
    Verdict.REPEATED: (HTTPStatus.ACCEPTED, "accepted\n"),
    Verdict.IGNORED: (HTTPStatus.ACCEPTED, "ignored\n"),
    Verdict.MALFORMED: (HTTPStatus.BAD_REQUEST, "malformed\n"),
    Verdict.REFUSED: (HTTPStatus.UNAUTHORIZED, "refused\n"),
}


def prepare(app: web.Application) -> None:
    """What this route keeps in the application: one entry a delivery that is being read."""
    app[_READING] = []


async def answer(request: web.Request) -> web.Response:
    """Read, judge, answer; the connection is closed when the body was not read to its end."""
    face, reading = request.app[FACE], request.app[_READING]
    if len(reading) >= face.limits.deliveries_at_once:
        return _closing(HTTPStatus.SERVICE_UNAVAILABLE, "busy\n")
    reading.append(None)
    try:
        body = await _body(request, face.limits)
    finally:
        reading.pop()
    if isinstance(body, web.Response):
        return body
    verdict = await _judged(face, request, body)
    status, text = _ANSWERS[verdict]
    return web.Response(status=status, text=text)


async def _body(request: web.Request, limits: Limits) -> bytes | web.Response:
    if request.headers.get(hdrs.CONTENT_ENCODING, "identity").lower() != "identity":
        return _closing(HTTPStatus.UNSUPPORTED_MEDIA_TYPE, "compressed bodies are not read\n")
    if (request.content_length or 0) > limits.body_bytes:
        return _closing(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, "too large\n")
    parts: list[bytes] = []
    size = 0
    try:
        async with asyncio.timeout(limits.body_seconds):
            async for part in request.content.iter_chunked(1 << 16):
                size += len(part)
                if size > limits.body_bytes:
                    return _closing(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, "too large\n")
                parts.append(part)
    except TimeoutError:
        return _closing(HTTPStatus.REQUEST_TIMEOUT, "too slow\n")
    return b"".join(parts)


async def _judged(face: Face, request: web.Request, body: bytes) -> Verdict:
    loop = asyncio.get_running_loop()
    began = loop.time()
    provider = PROVIDERS.get(request.match_info["provider"])
    headers = {name.lower(): request.headers.getall(name) for name in request.headers}
    verdict = face.inbox.judge(provider, headers, body) if provider else Verdict.REFUSED
    face.metrics.record(
        Sample(
            name="reconciler_webhook_deliveries_total",
            value=1,
            labels={"provider": provider.name if provider else "unknown", "result": str(verdict)},
        )
    )
    if verdict is Verdict.REFUSED:
        await asyncio.sleep(began + face.limits.refusal_seconds - loop.time())
    return verdict


def _closing(status: HTTPStatus, text: str) -> web.Response:
    response = web.Response(status=status, text=text)
    response.force_close()
    return response


ROUTE = Route(method="POST", path="/webhook/{provider}", access=Access.SIGNED, answer=answer)
