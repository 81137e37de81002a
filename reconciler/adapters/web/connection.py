"""Connection: aiohttp's, closed when its first request is slow to come, mute about itself."""

from __future__ import annotations

import asyncio
from http import HTTPStatus

from aiohttp import hdrs, web
from aiohttp.web_protocol import RequestHandler

from reconciler.adapters.web.headers import SECURITY_HEADERS

_END_OF_HEADERS = b"\r\n\r\n"


class Connection(RequestHandler):
    """One client. Requests after the first are bounded by the keep-alive time."""

    __slots__ = ("_patience", "_seconds", "_tail")

    def __init__(
        self, server: web.Server, *, header_seconds: float, keepalive_timeout: float
    ) -> None:
        super().__init__(
            server,
            loop=asyncio.get_running_loop(),
            keepalive_timeout=keepalive_timeout,
            access_log=None,  # type: ignore[arg-type] # documented, but not in the annotation
            auto_decompress=False,
        )
        self._seconds = header_seconds
        self._patience: asyncio.TimerHandle | None = None
        self._tail = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Begin to wait for the head of the first request."""
        super().connection_made(transport)
        loop = asyncio.get_running_loop()
        self._patience = loop.call_later(self._seconds, self.force_close)

    def data_received(self, data: bytes) -> None:
        """Stop waiting once the head is whole."""
        if self._patience is not None:
            self._tail = (self._tail + data)[-len(data) - 3 :]
            if _END_OF_HEADERS in self._tail:
                self._stop_waiting()
        super().data_received(data)

    def connection_lost(self, exc: BaseException | None) -> None:
        """Nothing is waited for any more."""
        self._stop_waiting()
        super().connection_lost(exc)

    def handle_error(
        self,
        request: web.BaseRequest,
        status: int = HTTPStatus.INTERNAL_SERVER_ERROR,
        exc: BaseException | None = None,
        message: str | None = None,
    ) -> web.StreamResponse:
        """A failure in one word; what it was goes to the log, never to the client."""
        super().handle_error(request, status, exc, message)
        headers = {**SECURITY_HEADERS, hdrs.SERVER: "-"}
        response = web.Response(
            status=status, text=f"{HTTPStatus(status).phrase.lower()}\n", headers=headers
        )
        response.force_close()
        return response

    def _stop_waiting(self) -> None:
        if self._patience is not None:
            self._patience.cancel()
            self._patience = None
            self._tail = b""
