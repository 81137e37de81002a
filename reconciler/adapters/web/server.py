"""Serving the application: a bounded number of connections, each with bounded patience."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator

from aiohttp import web

from reconciler.adapters.web.application import application
from reconciler.adapters.web.connection import Connection
from reconciler.adapters.web.face import Face

_SHUTDOWN_SECONDS = 5.0
_SETUP_TURNS = 3  # of the event loop, from an accepted connection to one that is known


@contextlib.asynccontextmanager
async def serving(face: Face, host: str = "127.0.0.1", port: int = 0) -> AsyncIterator[int]:
    """Serve until the block ends; the value is the port. OSError when it cannot be had."""
    runner = web.AppRunner(application(face), access_log=None, handle_signals=False)
    await runner.setup()
    server = runner.server
    assert server is not None, "a runner that is set up has a server"
    limits = face.limits

    def accepted() -> asyncio.Protocol:
        if len(server.connections) >= limits.connections:
            return _Refused()
        return Connection(
            server,
            header_seconds=limits.header_seconds,
            keepalive_timeout=limits.idle_seconds,
        )

    try:
        listener = await asyncio.get_running_loop().create_server(accepted, host, port)
        try:
            yield listener.sockets[0].getsockname()[1]
        finally:
            await _stop_accepting(listener)
            listener.close()
            await server.shutdown(_SHUTDOWN_SECONDS)
    finally:
        await runner.cleanup()


async def _stop_accepting(listener: asyncio.Server) -> None:
    """Let those in who were accepted already, and nobody else.

    A server that closes between accepting a connection and setting it up forgets it without closing
    it (asyncio before Python 3.12): listening ends first, closing follows.
    """
    loop = asyncio.get_running_loop()
    for listening in listener.sockets:
        loop.remove_reader(listening.fileno())
    for _ in range(_SETUP_TURNS):
        await asyncio.sleep(0)


class _Refused(asyncio.Protocol):
    """A client too many."""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Hang up."""
        assert isinstance(transport, asyncio.Transport)
        transport.abort()
