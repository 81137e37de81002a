"""Where an interpreter webhook may be: https, plain http on loopback only, never link-local.

Rules: karmada-semantics §1.10 (a URL without userinfo, query and fragment, or a Service with port
443 and no path by default). Cloud metadata services live on link-local addresses, reached directly,
by IPv4-mapped IPv6 or by a name that resolves to them; a webhook document must not lead there.
"""

from __future__ import annotations

import socket
from collections.abc import Mapping
from typing import Any, Final
from urllib.parse import urlsplit

from aiohttp.abc import AbstractResolver, ResolveResult
from aiohttp.resolver import ThreadedResolver

from reconciler.model.address import address_of, is_forbidden, is_loopback
from reconciler.model.errors import WebhookSilent
from reconciler.model.text import printable

_HTTPS_PORT: Final = 443
_HINT: Final = "write clientConfig.url as https://host:port/path, or name a Service"


def webhook_url(client: Mapping[str, Any]) -> str:
    """The URL that a clientConfig names; WebhookSilent says what is wrong with it."""
    service = client.get("service")
    url = str(client.get("url") or "") if service is None else _service_url(service)
    try:
        parts = urlsplit(url)
        _ = parts.port
    except ValueError as error:
        raise WebhookSilent("its address is not a URL", hint=_HINT) from error
    host = parts.hostname or ""
    if parts.scheme not in {"http", "https"} or not host or not url.isascii() or " " in url:
        raise WebhookSilent("its address is not an https URL", hint=_HINT)
    if "@" in parts.netloc or parts.query or parts.fragment:
        raise WebhookSilent("its address holds credentials, a query or a fragment", hint=_HINT)
    address = address_of(host)
    if address is not None and is_forbidden(address):
        raise WebhookSilent(f"no webhook may be at {host}", hint=_HINT)
    if parts.scheme == "http" and not is_loopback(host):
        raise WebhookSilent("http is accepted for loopback addresses only", hint=_HINT)
    return url


def _service_url(service: Any) -> str:
    if not isinstance(service, Mapping):
        return ""
    path = str(service.get("path") or "").lstrip("/")
    port = service.get("port") or _HTTPS_PORT
    return f"https://{service.get('name')}.{service.get('namespace')}.svc:{port}/{path}"


class GuardedResolver(AbstractResolver):
    """Resolves names, and refuses those that lead to addresses where no webhook may be."""

    def __init__(self) -> None:
        self._inner = ThreadedResolver()

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_INET
    ) -> list[ResolveResult]:
        """The addresses of a host."""
        found = await self._inner.resolve(host, port, family)
        for one in found:
            address = address_of(one["host"])
            if address is None or is_forbidden(address):
                raise WebhookSilent(f"{printable(host)} resolves to a forbidden address")
        return found

    async def close(self) -> None:
        """Nothing is kept."""
        await self._inner.close()
