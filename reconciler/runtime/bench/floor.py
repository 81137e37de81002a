"""The raw floor of an apply: the same bytes to the same members, and nothing decided.

Bare server-side applies over aiohttp in a process of its own, with 16, 64 and 128 requests in
flight for each member; the best of the three counts.
"""

from __future__ import annotations

import asyncio
import ssl
import time
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from typing import Any, Final

import aiohttp

from reconciler.runtime.bench.servers import Server

IN_FLIGHT: Final = (16, 64, 128)
#: As every client does, a request whose connection breaks is sent again.
_ATTEMPTS: Final = 3
_QUERY: Final = "?fieldManager=reconciler&force=true"
_APPLY: Final = {"Content-Type": "application/apply-patch+yaml"}

#: (path below the server, body) of one object.
Request = tuple[str, bytes]


def floor(servers: Sequence[Server], requests: Sequence[Request], name: str) -> float:
    """Seconds of the best attempt; every attempt writes into a namespace of its own."""
    return min(
        _apart(servers, requests, f"{name}-{in_flight:03}", in_flight) for in_flight in IN_FLIGHT
    )


def _apart(
    servers: Sequence[Server], requests: Sequence[Request], namespace: str, in_flight: int
) -> float:
    with ProcessPoolExecutor(max_workers=1, mp_context=get_context("spawn")) as pool:
        return pool.submit(_attempt, servers, requests, namespace, in_flight).result()


def _attempt(
    servers: Sequence[Server], requests: Sequence[Request], namespace: str, in_flight: int
) -> float:
    return asyncio.run(_everywhere(servers, requests, namespace, in_flight))


async def _everywhere(
    servers: Sequence[Server], requests: Sequence[Request], namespace: str, in_flight: int
) -> float:
    moved = [
        (path.replace("NAMESPACE", namespace), body.replace(b"NAMESPACE", namespace.encode()))
        for path, body in requests
    ]
    space = {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": namespace}}
    sessions = [_session(server, in_flight) for server in servers]
    try:
        for server, session in zip(servers, sessions, strict=True):
            async with session.post(f"{server.url}/api/v1/namespaces", json=space) as answer:
                answer.raise_for_status()
        start = time.perf_counter()
        await asyncio.gather(
            *(
                _to_one(server.url, session, moved, in_flight)
                for server, session in zip(servers, sessions, strict=True)
            )
        )
        return time.perf_counter() - start
    finally:
        await asyncio.gather(*(session.close() for session in sessions))


def _session(server: Server, in_flight: int) -> aiohttp.ClientSession:
    context = ssl.create_default_context(cadata=server.authority) if server.authority else None
    connector: Any = (
        aiohttp.TCPConnector(limit=in_flight, ssl=context)
        if context is not None
        else aiohttp.TCPConnector(limit=in_flight)
    )
    headers = {"Authorization": f"Bearer {server.token}"}
    return aiohttp.ClientSession(connector=connector, headers=headers)


async def _to_one(
    url: str, session: aiohttp.ClientSession, requests: Sequence[Request], in_flight: int
) -> None:
    places = asyncio.Semaphore(in_flight)

    async def one(path: str, body: bytes) -> None:
        async with places:
            for attempt in range(_ATTEMPTS):
                try:
                    await _applied(session, f"{url}{path}{_QUERY}", body)
                except aiohttp.ClientConnectionError:
                    if attempt == _ATTEMPTS - 1:
                        raise
                else:
                    return

    await asyncio.gather(*(one(path, body) for path, body in requests))


async def _applied(session: aiohttp.ClientSession, url: str, body: bytes) -> None:
    async with session.patch(url, data=body, headers=_APPLY) as answer:
        await answer.read()
        answer.raise_for_status()
