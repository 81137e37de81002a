"""Where an interpreter webhook may be: https, plain http on loopback only, never link-local.

Rules: karmada-semantics §1.10 (a URL without userinfo, query and fragment, or a Service with port
443 and no path by default). Cloud metadata services live on link-local addresses, reached directly,
by IPv4-mapped IPv6 or by a name that resolves to them; a webhook document must not lead there.
"""

from __future__ import annotations

import socket
from collections.abc import Mapping
from ipaddress import IPv4Address, IPv6Address, ip_address
from typing import Any, Final
from urllib.parse import urlsplit

from aiohttp.abc import AbstractResolver, ResolveResult
from aiohttp.resolver import ThreadedResolver

from reconciler.model.errors import WebhookSilent
from reconciler.model.text import printable

_HTTPS_PORT: Final = 443
_HINT: Final = "write clientConfig.url as https://host:port/path, or name a Service"
# Amazon's metadata service over IPv6: unique-local, not link-local.
_METADATA: Final = frozenset({ip_address("fd00:ec2::254")})


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
    address = _address(host)
    if address is not None and _is_forbidden(address):
        raise WebhookSilent(f"no webhook may be at {host}", hint=_HINT)
    is_here = host == "localhost" if address is None else address.is_loopback
    if parts.scheme == "http" and not is_here:
        raise WebhookSilent("http is accepted for loopback addresses only", hint=_HINT)
    return url


def _service_url(service: Any) -> str:
    if not isinstance(service, Mapping):
        return ""
    path = str(service.get("path") or "").lstrip("/")
    port = service.get("port") or _HTTPS_PORT
    return f"https://{service.get('name')}.{service.get('namespace')}.svc:{port}/{path}"


def _address(host: str) -> IPv4Address | IPv6Address | None:
    try:
        address = ip_address(host.partition("%")[0])
    except ValueError:
        return None
    if isinstance(address, IPv6Address):
        return address.ipv4_mapped or address.sixtofour or address
    return address


def _is_forbidden(address: IPv4Address | IPv6Address) -> bool:
    is_special = address.is_link_local or address.is_multicast or address.is_unspecified
    return is_special or address in _METADATA


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
            address = _address(one["host"])
            if address is None or _is_forbidden(address):
                raise WebhookSilent(f"{printable(host)} resolves to a forbidden address")
        return found

    async def close(self) -> None:
        """Nothing is kept."""
        await self._inner.close()
