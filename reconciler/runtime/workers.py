"""Workers: tasks that take keys from a queue as they become due and run one job for each."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

from reconciler.runtime.queue import NORMAL, Backoff, WorkQueue
from reconciler.runtime.results import Clock

#: Runs the job of a key; False when it has to be tried again.
Job = Callable[[str], Awaitable[bool]]


class Workers:
    """One queue and the job of its keys; any number of tasks may run it."""

    def __init__(
        self, job: Job, clock: Clock, chance: Callable[[], float], backoff: Backoff | None = None
    ) -> None:
        self._job = job
        self._clock = clock
        self._chance = chance
        self._queue: WorkQueue[str] = WorkQueue(backoff or Backoff())
        self._woken = asyncio.Event()
        self._is_ending = False

    def __len__(self) -> int:
        """How many keys wait."""
        return len(self._queue)

    def ask(self, key: str, seconds: float = 0.0, priority: int = NORMAL) -> None:
        """Run the key's job after so many seconds, if nothing runs it sooner."""
        self._queue.add(key, due=self._clock.monotonic() + seconds, priority=priority)
        self._woken.set()

    def failures(self, key: str) -> int:
        """How often the key failed in a row."""
        return self._queue.failures(key)

    def end(self) -> None:
        """Begin no other job: `run` returns when the running one is done."""
        self._is_ending = True
        self._woken.set()

    async def run(self) -> None:
        """Work until ended or cancelled; what the job raises ends it."""
        while not self._is_ending:
            key = self._queue.take(self._clock.monotonic())
            if key is None:
                await self._idle()
                continue
            if await self._job(key):
                self._queue.done(key)
            else:
                self._queue.failed(key, self._clock.monotonic(), chance=self._chance())
            self._woken.set()

    async def _idle(self) -> None:
        self._woken.clear()
        due = self._queue.next_due()
        waits: list[asyncio.Task[object]] = [asyncio.create_task(self._woken.wait())]
        if due is not None:
            seconds = max(0.0, due - self._clock.monotonic())
            waits.append(asyncio.create_task(_slept(self._clock, seconds)))
        try:
            await asyncio.wait(waits, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for wait in waits:
                wait.cancel()


async def _slept(clock: Clock, seconds: float) -> bool:
    await clock.sleep(seconds)
    return True
