"""Headers of every answer: nothing is framed, guessed, cached, run, or told about versions."""

from __future__ import annotations

from types import MappingProxyType

from aiohttp import hdrs, web

SECURITY_HEADERS = MappingProxyType(
    {
        "Content-Security-Policy": (
            "default-src 'none'; style-src 'self'; img-src 'self'; base-uri 'none'; "
            "form-action 'none'; frame-ancestors 'none'"
        ),
        "X-Content-Type-Options": "nosniff",
        "X-Frame-Options": "DENY",
        "Referrer-Policy": "no-referrer",
        "Cross-Origin-Opener-Policy": "same-origin",
        "Cross-Origin-Resource-Policy": "same-origin",
        "Cache-Control": "no-store",
    }
)


async def secured(request: web.BaseRequest, response: web.StreamResponse) -> None:
    """Put the headers on an answer that is about to be sent; its own Cache-Control stays."""
    del request
    for name, value in SECURITY_HEADERS.items():
        response.headers.setdefault(name, value)
    response.headers.pop(hdrs.SERVER, None)
