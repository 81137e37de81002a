"""Law: whatever the network does and however long replicas stand still, two never lead at once."""

from __future__ import annotations

import asyncio
import json
import random
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from reconciler.adapters.clock import FakeClock
from reconciler.adapters.leader import LeaseElection
from reconciler.model.errors import MemberRefused, MemberUnreachable
from reconciler.model.member import ObjectRef

_REPLICAS, _SECONDS, _STEP = 3, 60, 0.25


@dataclass
class Keeper:
    """A lease in memory behind a network that delays, loses requests and loses answers."""

    clock: FakeClock
    chance: random.Random
    trouble: float
    stored: dict[str, Any] | None = None
    version: int = 0
    deleted: int = field(default=0)

    async def get(self, ref: ObjectRef) -> dict[str, Any] | None:
        del ref
        await self._travel()
        found = None if self.stored is None else json.loads(json.dumps(self.stored))
        await self._travel()
        return found

    async def create(self, ref: ObjectRef, manifest: bytes) -> dict[str, Any]:
        del ref
        await self._travel()
        if self.stored is not None:
            raise MemberRefused("there is one", status=409)
        return await self._store(manifest)

    async def update(self, ref: ObjectRef, manifest: bytes) -> dict[str, Any]:
        del ref
        await self._travel()
        sent = json.loads(manifest)["metadata"].get("resourceVersion")
        if self.stored is None:
            raise MemberRefused("there is none", status=404)
        if sent != str(self.version):
            raise MemberRefused("another version", status=409)
        return await self._store(manifest)

    async def _store(self, manifest: bytes) -> dict[str, Any]:
        self.version += 1
        document: dict[str, Any] = json.loads(manifest)
        document["metadata"]["resourceVersion"] = str(self.version)
        self.stored = document
        await self._travel()
        return document

    async def _travel(self) -> None:
        if self.chance.random() < self.trouble:
            await self.clock.sleep(self.chance.choice((0.1, 2.0, 6.0, 12.0)))
            if self.chance.random() < 0.5:
                raise MemberUnreachable("lost on the way")


@dataclass
class Standing:
    """A clock of one replica, which may run up to a tenth too slow."""

    clock: FakeClock
    rate: float

    def now(self) -> datetime:
        return self.clock.now()

    def monotonic(self) -> float:
        return self.clock.monotonic() * self.rate

    async def sleep(self, seconds: float) -> None:
        await self.clock.sleep(seconds / self.rate if seconds > 0 else seconds)


async def lead(_: int) -> None:
    await asyncio.Event().wait()


async def simulate(seed: int, trouble: float) -> int:
    """How many times somebody led, sampled every quarter of a second."""
    clock, chance = FakeClock(), random.Random(seed)  # noqa: S311 - a seed
    keeper = Keeper(clock, chance, trouble)
    elections: list[LeaseElection] = []
    tasks: list[asyncio.Task[None]] = []
    for number in range(_REPLICAS):
        own = Standing(clock, chance.uniform(0.9, 1.0))
        election = LeaseElection(
            keeper, namespace="n", name="hub", identity=f"r{number}", clock=own
        )
        elections.append(election)
        tasks.append(asyncio.create_task(election.run(lead)))
    led = 0
    for _ in range(int(_SECONDS / _STEP)):
        await clock.advance(_STEP)
        leading = [one for one in elections if one.leads]
        assert len(leading) <= 1
        led += len(leading)
        if chance.random() < 0.01:
            number = chance.randrange(_REPLICAS)
            tasks[number].cancel()
            await asyncio.wait({tasks[number]}, timeout=0)
            for _ in range(3):
                await clock.advance(0.5)
            tasks[number] = asyncio.create_task(elections[number].run(lead))
    for task in tasks:
        task.cancel()
    for _ in range(20):
        await clock.advance(1.0)
    await asyncio.gather(*tasks, return_exceptions=True)
    return led


@settings(deadline=None, max_examples=25)
@given(seed=st.integers(0, 2**32), trouble=st.sampled_from((0.0, 0.05, 0.2, 0.5)))
def test_two_never_lead_at_once(seed: int, trouble: float) -> None:
    led = asyncio.run(simulate(seed, trouble))
    if not trouble:
        assert led > 0.6 * _SECONDS / _STEP, "and somebody leads nearly always"
