"""Patience: a pass waits for what members show, but not for a few that are slow.

Rules (design §8): a slow member costs nobody else's time. Once half have answered, the rest has as
long again, and a second at least; who was slow before hardly more. Who is late is left out
of this pass and goes on by itself; when it is through, another pass is asked for, and finds what it
learnt. What is newer ends all waiting.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Collection, Coroutine, Mapping
from functools import partial
from typing import Any, Final

_LEAST_SECONDS: Final = 1.0
#: Enough for what needs no answer of the member any more.
_SLOW_SECONDS: Final = 0.2
#: So many of the members must have answered before anybody is late.
_MOST: Final = 0.5

#: Makes the step of one member.
Step = Callable[[], Coroutine[Any, Any, None]]


class Patience:
    """Steps that run, and who was slow. `again` hears of each late member that is through. Seconds
    are of real time: members do not live in a clock of ours.
    """

    def __init__(self, again: Callable[[str], None]) -> None:
        self._again = again
        self._running: dict[str, asyncio.Task[float]] = {}
        self._slow: set[str] = set()
        self._ended = asyncio.Event()

    def end(self) -> None:
        """Whoever waits stops waiting."""
        self._ended.set()

    async def awaited(self, steps: Mapping[str, Step]) -> list[str]:
        """Run the step of every member that is not at one already; the names of those late."""
        self._ended.clear()
        fresh = {name: step for name, step in steps.items() if name not in self._running}
        tasks = {name: asyncio.create_task(_timed(step)) for name, step in fresh.items()}
        try:
            await self._most(tasks.values())
            await self._rest(tasks)
        except asyncio.CancelledError:
            await _ended(tasks.values())
            raise
        late = [name for name, task in tasks.items() if not task.done()]
        for name in late:
            self._running[name] = tasks[name]
            self._slow.add(name)
            tasks[name].add_done_callback(partial(self._through, name))
        for name in tasks.keys() - set(late):
            if tasks[name].result() < _LEAST_SECONDS / 2:
                self._slow.discard(name)
        return sorted([*late, *(steps.keys() - fresh.keys())])

    async def close(self) -> None:
        """Give up what still runs."""
        running, self._running = self._running, {}
        await _ended(running.values())

    def _through(self, name: str, task: asyncio.Task[float]) -> None:
        if self._running.get(name) is task:
            del self._running[name]
            self._again(name)
        if not task.cancelled():
            task.exception()  # the next pass meets it again, and waits for its result

    async def _most(self, tasks: Collection[asyncio.Future[float]]) -> None:
        wanted = len(tasks) * _MOST
        while sum(task.done() for task in tasks) < wanted and not self._ended.is_set():
            await self._one_more({task for task in tasks if not task.done()}, None)

    async def _rest(self, tasks: Mapping[str, asyncio.Future[float]]) -> None:
        clock = asyncio.get_running_loop().time
        began = clock()
        most_took = max((task.result() for task in tasks.values() if task.done()), default=0.0)
        while not self._ended.is_set():
            left = {name: task for name, task in tasks.items() if not task.done()}
            least = _LEAST_SECONDS if left.keys() - self._slow else _SLOW_SECONDS
            seconds = max(most_took, least) - (clock() - began)
            if not left or seconds <= 0:
                return
            await self._one_more(left.values(), seconds)

    async def _one_more(
        self, tasks: Collection[asyncio.Future[float]], seconds: float | None
    ) -> None:
        """Until one of them is done, the time is over, or nobody may wait."""
        ended = asyncio.ensure_future(self._ended.wait())
        try:
            waits: set[asyncio.Future[Any]] = {*tasks, ended}
            await asyncio.wait(waits, timeout=seconds, return_when=asyncio.FIRST_COMPLETED)
        finally:
            ended.cancel()


async def _timed(step: Step) -> float:
    clock = asyncio.get_running_loop().time
    began = clock()
    await step()
    return clock() - began


async def _ended(tasks: Collection[asyncio.Future[float]]) -> None:
    for task in tasks:
        task.cancel()
    if tasks:
        await asyncio.wait(set(tasks))
