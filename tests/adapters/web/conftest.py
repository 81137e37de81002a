"""A served face, and a client that speaks to it."""

from __future__ import annotations

import contextlib
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field, replace
from typing import Any

import aiohttp
import pytest

from reconciler.adapters.web import Face, Inbox, Limits, MetricsBoard, WatchedRepository, serving
from tests.adapters.web.payloads import SECRET, URL

WATCHED = WatchedRepository(
    name="fleet", urls=(URL, "https://git.example/scm/org/fleet.git"), secret=SECRET
)


@dataclass
class Site:
    """A service that is being served: its client, its port, and the pushes it was told of."""

    port: int
    http: aiohttp.ClientSession
    face: Face
    pushes: list[str] = field(default_factory=list)


Serve = Callable[..., contextlib.AbstractAsyncContextManager[Site]]


@contextlib.asynccontextmanager
async def serve(
    *, repositories: tuple[WatchedRepository, ...] = (WATCHED,), **changes: Any
) -> AsyncIterator[Site]:
    pushes: list[str] = []
    face = Face(
        metrics=MetricsBoard(),
        inbox=Inbox(repositories, pushes.append),
        limits=Limits(body_bytes=100_000, body_seconds=0.5, header_seconds=0.5, idle_seconds=0.5),
    )
    face = replace(face, **changes)
    async with (
        serving(face) as port,
        aiohttp.ClientSession(f"http://127.0.0.1:{port}") as http,
    ):
        yield Site(port=port, http=http, face=face, pushes=pushes)


@pytest.fixture
async def site() -> AsyncIterator[Site]:
    async with serve() as served:
        yield served
