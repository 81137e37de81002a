"""Where a member may live: https anywhere but on link-local addresses, http on loopback only.

Rules: karmada-semantics §1.3 (scheme and host, no userinfo, query or fragment) and what keeps a
Cluster document from turning the hub against its own network: cloud metadata services live on
link-local addresses, reached by name, by IPv4-mapped IPv6 or by a name that resolves to them.
"""

from __future__ import annotations

import socket
from urllib.parse import SplitResult, urlsplit

from aiohttp.abc import AbstractResolver, ResolveResult
from aiohttp.resolver import ThreadedResolver

from reconciler.model.address import address_of, is_forbidden, is_loopback
from reconciler.model.errors import MemberUnreachable, SettingsInvalid
from reconciler.model.text import printable

_HINT = "write spec.apiEndpoint as https://host:port"


def checked_endpoint(url: str) -> str:
    """The URL without a trailing slash; SettingsInvalid says what is wrong with it."""
    parts = _split(url)
    if parts.username is not None or parts.password is not None:
        raise SettingsInvalid("an API endpoint may not contain a user or password", hint=_HINT)
    if parts.query or parts.fragment or "?" in url or "#" in url:
        raise SettingsInvalid("an API endpoint has no query and no fragment", hint=_HINT)
    host = parts.hostname or ""
    if not host:
        raise SettingsInvalid("an API endpoint needs a host", hint=_HINT)
    address = address_of(host)
    if address is not None and is_forbidden(address):
        raise SettingsInvalid(f"{host} is a link-local address and no API server", hint=_HINT)
    if parts.scheme == "http" and not is_loopback(host):
        raise SettingsInvalid("http is accepted for loopback addresses only", hint=_HINT)
    return url.rstrip("/")


class GuardedResolver(AbstractResolver):
    """Resolves names, and refuses those that lead to addresses where no API server may be."""

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
                raise MemberUnreachable(f"{printable(host)} resolves to a forbidden address")
        return found

    async def close(self) -> None:
        """Nothing is kept."""
        await self._inner.close()


def _split(url: str) -> SplitResult:
    if not url.isascii() or any(character <= " " or character == "\\" for character in url):
        raise SettingsInvalid("an API endpoint is plain ASCII without blanks", hint=_HINT)
    try:
        parts = urlsplit(url)
        _ = parts.port
    except ValueError as error:
        raise SettingsInvalid("an API endpoint is not a URL", hint=_HINT) from error
    if parts.scheme not in {"http", "https"}:
        raise SettingsInvalid("an API endpoint begins with https://", hint=_HINT)
    return parts
