"""A clock that stands still until it is told to go on: for simulations and tests."""

from __future__ import annotations

import asyncio
import heapq
import itertools
from datetime import UTC, datetime, timedelta

START = datetime(2026, 1, 1, tzinfo=UTC)


class FakeClock:
    """Time moves by `advance` alone; sleepers wake in the order of their moments."""

    def __init__(self, start: datetime = START) -> None:
        self._now = start
        self._elapsed = 0.0
        self._order = itertools.count()
        self._sleepers: list[tuple[datetime, int, asyncio.Future[None]]] = []

    def now(self) -> datetime:
        """The moment the clock was advanced to."""
        return self._now

    def monotonic(self) -> float:
        """Seconds the clock was advanced by."""
        return self._elapsed

    async def sleep(self, seconds: float) -> None:
        """Wait until the clock has been advanced that far."""
        if seconds <= 0:
            await asyncio.sleep(0)
            return
        wake = asyncio.get_running_loop().create_future()
        due = self._now + timedelta(seconds=seconds)
        heapq.heappush(self._sleepers, (due, next(self._order), wake))
        await wake

    def next_wake(self) -> datetime | None:
        """When the next sleeper is due; None when nobody sleeps."""
        self._forget_cancelled()
        return self._sleepers[0][0] if self._sleepers else None

    async def advance(self, by: timedelta | float) -> None:
        """Let time pass: each sleeper sees its own moment, and may sleep again on the way."""
        target = self._now + (by if isinstance(by, timedelta) else timedelta(seconds=by))
        await _settle()
        while (due := self.next_wake()) is not None and due <= target:
            self._move_to(max(due, self._now))
            _, _, wake = heapq.heappop(self._sleepers)
            wake.set_result(None)
            await _settle()
        self._move_to(target)

    def _move_to(self, moment: datetime) -> None:
        self._elapsed += (moment - self._now).total_seconds()
        self._now = moment

    def _forget_cancelled(self) -> None:
        while self._sleepers and self._sleepers[0][2].done():
            heapq.heappop(self._sleepers)


async def _settle() -> None:
    """Let every task that can run do so; a chain of awaits needs more than one turn."""
    for _ in range(20):
        await asyncio.sleep(0)
