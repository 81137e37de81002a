"""A real smart-HTTP Git server on loopback: `git http-backend` behind a small CGI bridge.

The bridge runs in its own thread with its own event loop, because the client under test blocks. It
can ask for basic authentication and can redirect, and it remembers the requests it saw.
"""

from __future__ import annotations

import asyncio
import base64
import contextlib
import os
import ssl
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from aiohttp import web

BACKEND = Path("/usr/lib/git-core/git-http-backend")


@dataclass(slots=True)
class GitServer:
    """One served folder: every bare repository below `root` is at `url(name)`."""

    root: Path
    user: str | None = None
    password: str | None = None
    redirect_to: str | None = None
    tls: ssl.SSLContext | None = None
    port: int = 0
    seen: list[tuple[str, str, str | None]] = field(default_factory=list)

    def url(self, name: str) -> str:
        scheme = "https" if self.tls is not None else "http"
        return f"{scheme}://127.0.0.1:{self.port}/{name}"

    async def answer(self, request: web.Request) -> web.StreamResponse:
        given = request.headers.get("Authorization")
        self.seen.append((request.method, request.path_qs, given))
        if self.redirect_to is not None:
            location = self.redirect_to + request.path_qs
            return web.Response(status=302, headers={"Location": location})
        if self.user is not None and given != self._expected():
            return web.Response(status=401, headers={"WWW-Authenticate": 'Basic realm="git"'})
        return await _cgi(self.root, request)

    def _expected(self) -> str:
        pair = f"{self.user}:{self.password}".encode()
        return "Basic " + base64.b64encode(pair).decode()


async def _cgi(root: Path, request: web.Request) -> web.Response:
    """Run the backend once; its answer is RFC 3875 headers, an empty line and a body."""
    body = await request.read()
    process = await asyncio.create_subprocess_exec(
        str(BACKEND),
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.DEVNULL,
        env=_environment(root, request, len(body)),
    )
    out, _ = await process.communicate(body)
    head, _, content = out.partition(b"\r\n\r\n")
    headers = dict(line.split(": ", 1) for line in head.decode().split("\r\n") if ": " in line)
    status = int(headers.pop("Status", "200").split()[0])
    return web.Response(status=status, headers=headers, body=content)


def _environment(root: Path, request: web.Request, length: int) -> dict[str, str]:
    return {
        "PATH": os.environ["PATH"],
        "HOME": str(root),
        "GIT_PROJECT_ROOT": str(root),
        "GIT_HTTP_EXPORT_ALL": "1",
        "GIT_CONFIG_NOSYSTEM": "1",
        "REMOTE_USER": "pusher",  # receive-pack is served to named users only
        "REMOTE_ADDR": "127.0.0.1",
        "REQUEST_METHOD": request.method,
        "PATH_INFO": request.path,
        "QUERY_STRING": request.query_string,
        "CONTENT_TYPE": request.headers.get("Content-Type", ""),
        "CONTENT_LENGTH": str(length),
        # aiohttp has undone the compression of the body already.
        "HTTP_CONTENT_ENCODING": "",
        "GIT_PROTOCOL": request.headers.get("Git-Protocol", ""),
    }


@contextlib.contextmanager
def serving(server: GitServer) -> Iterator[GitServer]:
    """Serve until the block ends."""
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever, daemon=True)
    thread.start()
    runner = asyncio.run_coroutine_threadsafe(_start(server), loop).result(timeout=10)
    try:
        yield server
    finally:
        asyncio.run_coroutine_threadsafe(runner.cleanup(), loop).result(timeout=10)
        loop.call_soon_threadsafe(loop.stop)
        thread.join(timeout=10)
        loop.close()


async def _start(server: GitServer) -> web.AppRunner:
    app = web.Application(client_max_size=1 << 30)
    app.router.add_route("*", "/{tail:.*}", server.answer)
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0, ssl_context=server.tls)
    await site.start()
    address = runner.addresses[0]
    server.port = int(address[1])
    return runner
