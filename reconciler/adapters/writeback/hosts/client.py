"""HostClient: one JSON exchange with a host, bounded, never followed elsewhere, never quoted.

An answer's text is a stranger's and may repeat what was sent: errors say the status and nothing
else. Tries again when the host asks for it or stumbles, three times at most.
"""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import aiohttp
import orjson
from yarl import URL

from reconciler.model.errors import HostUnavailable, SettingsInvalid

_TOO_MANY = 429
_TRY_AGAIN = frozenset({429, 500, 502, 503, 504})
_GOOD = range(200, 300)
_ATTEMPTS = 3
_LONGEST_PAUSE = 30.0
_MOST_BYTES = 8 << 20
_SECONDS = 15.0
_FAILURES = (aiohttp.ClientError, TimeoutError, OSError, ssl.SSLError, ValueError)


@dataclass(frozen=True, slots=True, kw_only=True)
class Reply:
    """Status, decoded JSON (None when there is none), and where the next page is."""

    status: int
    body: Any = None
    next_page: str = ""
    retry_after: float = 0.0

    @property
    def is_good(self) -> bool:
        """A status of the 200s."""
        return self.status in _GOOD


class HostClient:
    """Connections to hosts; an async context manager. `what` in calls names the act in errors."""

    def __init__(
        self,
        *,
        ca_file: Path | None = None,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self._ca_file = ca_file
        self._sleep = sleep
        self._session: aiohttp.ClientSession | None = None

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        at: TracebackType | None,
    ) -> None:
        await self.close()

    async def close(self) -> None:
        """Give the connections back."""
        if self._session is not None:
            await self._session.close()
            self._session = None

    async def send(
        self,
        what: str,
        method: str,
        url: str,
        *,
        headers: Mapping[str, str],
        body: bytes | None = None,
    ) -> Reply:
        """The reply, whatever its status; `HostUnavailable` when there is none."""
        for attempt in range(1, _ATTEMPTS + 1):
            try:
                reply = await self._once(method, url, headers, body)
            except _FAILURES as error:
                # A comment could be made twice: what may have arrived is not sent again.
                if attempt == _ATTEMPTS or method == "POST":
                    name = type(error).__name__
                    raise HostUnavailable(f"{what} failed: {name}") from None
                reply = Reply(status=0)
            if reply.status and (attempt == _ATTEMPTS or not _may_repeat(method, reply)):
                return reply
            await self._sleep(min(max(reply.retry_after, 0.5 * 2**attempt), _LONGEST_PAUSE))
        raise AssertionError("the last attempt returns or raises")

    async def good(
        self,
        what: str,
        method: str,
        url: str,
        *,
        headers: Mapping[str, str],
        body: bytes | None = None,
    ) -> Reply:
        """A reply of the 200s; `HostUnavailable` naming the status otherwise."""
        reply = await self.send(what, method, url, headers=headers, body=body)
        if not reply.is_good:
            raise HostUnavailable(f"{what} was answered with status {reply.status}")
        return reply

    async def _once(
        self, method: str, url: str, headers: Mapping[str, str], body: bytes | None
    ) -> Reply:
        sent = {"Accept": "application/json", "Content-Type": "application/json", **headers}
        async with self._opened().request(
            method, URL(url, encoded=True), data=body, headers=sent, allow_redirects=False
        ) as response:
            raw = await response.content.read(_MOST_BYTES + 1)
            while raw and not response.content.at_eof() and len(raw) <= _MOST_BYTES:
                raw += await response.content.read(_MOST_BYTES + 1 - len(raw))
            if len(raw) > _MOST_BYTES:
                raise ValueError("the answer is too large")
            return Reply(
                status=response.status,
                body=_decoded(raw),
                next_page=_next(response, url),
                retry_after=_number(response.headers.get("Retry-After", "")),
            )

    def _opened(self) -> aiohttp.ClientSession:
        if self._session is None:
            self._session = aiohttp.ClientSession(
                connector=aiohttp.TCPConnector(ssl=self._context(), limit=8),
                cookie_jar=aiohttp.DummyCookieJar(),
                timeout=aiohttp.ClientTimeout(total=_SECONDS),
                headers={"User-Agent": "fleet-reconciler"},
            )
        return self._session

    def _context(self) -> ssl.SSLContext:
        try:
            context = ssl.create_default_context()
            if self._ca_file is not None:
                # Beside the system's: a host of one's own, and a chat of somebody else's.
                context.load_verify_locations(cafile=str(self._ca_file))
        except (OSError, ssl.SSLError):
            raise SettingsInvalid(
                "the certificate authorities of the host cannot be read"
            ) from None
        return context


def _may_repeat(method: str, reply: Reply) -> bool:
    """A POST again only when the host said that it did nothing."""
    return reply.status == _TOO_MANY if method == "POST" else reply.status in _TRY_AGAIN


def _next(response: aiohttp.ClientResponse, url: str) -> str:
    """The next page, if it is on the same host: a token is never sent elsewhere."""
    link = response.links.get("next")
    target = link.get("url") if link is not None else None
    if target is None:
        return ""
    return str(target) if URL(str(target)).origin() == URL(url).origin() else ""


def _decoded(raw: bytes) -> Any:
    try:
        return orjson.loads(raw)
    except orjson.JSONDecodeError:
        return None


def _number(text: str) -> float:
    return float(text) if text.isascii() and text.isdigit() else 0.0
