"""Who may look: the viewer token as a Bearer token, or as the password a browser asks for."""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
from collections.abc import Mapping
from http import HTTPStatus

from aiohttp import hdrs, web

from reconciler.adapters.web.routes.route import FACE, Access, Route


def is_allowed(route: Route, request: web.Request) -> bool:
    """Whether the request may have its answer; signed deliveries are judged by their body."""
    token = request.app[FACE].viewer_token
    if route.access is not Access.VIEWER or not token:
        return True
    return hmac.compare_digest(_digest(_offered(request.headers)), _digest(token))


def refusal() -> web.Response:
    """The answer that makes a browser ask for the token."""
    return web.Response(
        status=HTTPStatus.UNAUTHORIZED,
        text="a viewer token is needed\n",
        headers={hdrs.WWW_AUTHENTICATE: 'Basic realm="fleet", charset="UTF-8"'},
    )


def _offered(headers: Mapping[str, str]) -> str:
    scheme, _, value = headers.get(hdrs.AUTHORIZATION, "").partition(" ")
    match scheme.lower():
        case "bearer":
            return value.strip()
        case "basic":
            return _password(value)
        case _:
            return ""


def _password(value: str) -> str:
    try:
        decoded = base64.b64decode(value, validate=True).decode()
    except (binascii.Error, ValueError):
        return ""
    return decoded.partition(":")[2]


def _digest(text: str) -> bytes:
    """Of equal length whatever was offered, so comparing says nothing about the length."""
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).digest()
