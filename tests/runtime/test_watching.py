"""Watches of hostile and broken servers: nothing old is believed, and nothing spins."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from typing import Any

import orjson
import pytest
from aiohttp import web

from reconciler.adapters.clock import SystemClock
from reconciler.adapters.members.observe import MANAGED_SELECTOR
from reconciler.model.errors import ReconcilerError
from reconciler.model.identity import ObjectKey
from reconciler.model.member import KindRef, ObjectRef
from reconciler.runtime.watching import WatchedKinds, WatchOptions
from tests.adapters.test_members_hostile import against, reply

CONFIG_MAPS = KindRef(api_version="v1", kind="ConfigMap")
KEY = ObjectKey("", "ConfigMap", "s", "a")


def body(version: str, level: str = "", uid: str = "1", kind: str = "ConfigMap") -> dict[str, Any]:
    """The one object of these stories."""
    metadata = {
        "name": "a",
        "namespace": "s",
        "uid": uid,
        "resourceVersion": version,
        "labels": {"karmada.io/managed": "true"},
    }
    return {"apiVersion": "v1", "kind": kind, "metadata": metadata, "data": {"level": level}}


class Server:
    """Lists one object, then streams these lines to each watch and ends it, or keeps it open."""

    def __init__(self, *events: Any, stays: bool = True) -> None:
        self.events, self.stays = events, stays
        self.lists = self.watches = 0
        self.listed: Any = body("5", "listed")

    async def answer(self, request: web.BaseRequest) -> web.StreamResponse:
        """A list or a watch."""
        if "watch" not in request.query:
            self.lists += 1
            metadata = {"resourceVersion": "5"}
            return reply({"kind": "ConfigMapList", "metadata": metadata, "items": [self.listed]})
        self.watches += 1
        stream = web.StreamResponse()
        await stream.prepare(request)
        for event in self.events if self.watches == 1 else ():
            line = event if isinstance(event, bytes) else orjson.dumps(event)
            await stream.write(line + b"\n")
        if self.stays:
            await asyncio.sleep(30)
        return stream


@asynccontextmanager
async def watched(
    server: Server, heard: Callable[..., None] = lambda *_: None
) -> AsyncIterator[WatchedKinds]:
    """The kinds of a member with such a server."""
    options = WatchOptions(clock=SystemClock(), chance=lambda: 0.0, heard=heard, patience_seconds=5)
    async with against(server.answer) as member:
        kinds = WatchedKinds(member, options)
        try:
            yield kinds
        finally:
            await kinds.close()


async def level(kinds: WatchedKinds) -> str:
    """What is believed of the object."""
    found = await kinds.list(CONFIG_MAPS, label_selector=MANAGED_SELECTOR)
    return str(found.items[0]["data"]["level"]) if found.items else "(gone)"


def modified(*bodies: dict[str, Any]) -> Sequence[dict[str, Any]]:
    """Events that say so."""
    return [{"type": "MODIFIED", "object": one} for one in bodies]


async def until(is_so: Callable[[], object]) -> None:
    """Wait until it is so."""
    deadline = time.monotonic() + 5
    while not is_so():
        assert time.monotonic() < deadline
        await asyncio.sleep(0.02)


async def test_a_version_that_goes_back_is_not_believed() -> None:
    told: list[Any] = []
    server = Server(*modified(body("7", "new"), body("6", "old"), body("7", "again")))
    async with watched(server, lambda *what: told.append(what)) as kinds:
        await level(kinds)
        await until(lambda: told)
        await asyncio.sleep(0.2)
        assert await level(kinds) == "new"
    assert len(told) == 1


async def test_what_we_wrote_ourselves_is_known_before_its_event() -> None:
    server = Server(*modified(body("6", "old")))
    async with watched(server) as kinds:
        await level(kinds)
        kinds.wrote("v1", KEY, body("8", "ours"))
        await asyncio.sleep(0.2)
        assert await level(kinds) == "ours"


async def test_the_deletion_of_an_earlier_object_does_not_take_the_present_one() -> None:
    server = Server({"type": "DELETED", "object": body("6", uid="before")})
    async with watched(server) as kinds:
        await level(kinds)
        await asyncio.sleep(0.2)
        assert await level(kinds) == "listed"


@pytest.mark.parametrize(
    "event",
    [
        {"type": "MODIFIED", "object": body("6", "evil", kind="Secret")},
        {"type": "MODIFIED", "object": {**body("6", "evil"), "apiVersion": "apps/v1"}},
        {"type": "MODIFIED", "object": {**body("6", "evil"), "apiVersion": []}},
        {"type": "MODIFIED", "object": {"kind": "ConfigMap"}},
        {"type": "MODIFIED", "object": {"kind": "ConfigMap", "metadata": {"name": 7}}},
        {"type": "INVENTED", "object": body("6", "evil")},
        {"type": "ERROR", "object": {"code": 410, "kind": "Status"}},
        {"type": "ERROR", "object": {"code": "x"}},
        b"\x00 no json",
        b'"a text"',
    ],
)
async def test_a_stream_that_cannot_be_understood_is_listed_anew(event: Any) -> None:
    server = Server(event)
    async with watched(server) as kinds:
        await level(kinds)
        await until(lambda: server.lists >= 2)
        assert await level(kinds) == "listed"


async def test_a_watch_that_ends_at_once_does_not_spin() -> None:
    server = Server(stays=False)
    async with watched(server) as kinds:
        await level(kinds)
        await asyncio.sleep(1.5)
        assert server.lists == 1, "it goes on where it was"
        assert server.watches <= 4


async def test_what_is_listed_without_a_name_never_looks_empty() -> None:
    server = Server()
    server.listed = {"metadata": {}}
    async with watched(server) as kinds:
        with pytest.raises(ReconcilerError):
            await level(kinds)


async def test_late_answers_are_for_the_next_observation_only() -> None:
    server = Server()
    asked = 0

    async def answer(request: web.BaseRequest) -> web.StreamResponse:
        nonlocal asked
        if request.path.endswith("/a"):
            asked += 1
            return reply(body("9", f"answer {asked}"))
        return await server.answer(request)

    options = WatchOptions(clock=SystemClock(), chance=lambda: 0.0, heard=lambda *_: None)
    ref = ObjectRef(api_version="v1", key=KEY)
    async with against(answer) as member:
        kinds = WatchedKinds(member, options)
        kinds.begin()
        kinds.keep_answers()
        await kinds.get(ref)
        kinds.begin()
        found = await kinds.get(ref)
        assert found is not None
        assert found["data"]["level"] == "answer 1"
        kinds.begin()
        found = await kinds.get(ref)
        assert found is not None
        assert found["data"]["level"] == "answer 2"
        await kinds.close()
