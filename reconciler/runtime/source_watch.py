"""SourceWatch: looks at the repository when a push is announced, a file changes, or time passes.

Rule (design §5): what we write ourselves never triggers us, so tips of our branches are compared
with those that the last pass left behind.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final

from reconciler.adapters.git.folder_watch import Marks, folder_marks
from reconciler.model.errors import ReconcilerError
from reconciler.runtime.hub import Hub
from reconciler.runtime.logs import Log
from reconciler.runtime.measuring import Measuring
from reconciler.runtime.queue import NORMAL, URGENT, Backoff
from reconciler.runtime.repository import BRANCHES
from reconciler.runtime.workers import Workers

_LOOK: Final = "look"
_BACKOFF: Final = Backoff(first_seconds=1.0, longest_seconds=60.0)

#: Tips of the source branch and of ours; None where a branch does not exist.
Tips = tuple[str | None, ...]


@dataclass(slots=True)
class SourceWatch:
    """What is known of the source. `moved` hears of every look that found something new, `seen` of
    every new commit but the first.

    `problem` says why the source could not be read last time, `` when it could.
    """

    hub: Hub
    log: Log
    measuring: Measuring
    chance: Callable[[], float]
    moved: Callable[[Tips], None]
    seen: Callable[[str], None]
    folder_seconds: float
    problem: str = ""
    has_been_read: bool = False
    left: Tips = ()
    workers: Workers = field(init=False)
    _seen: tuple[str, float] = ("", 0.0)

    def __post_init__(self) -> None:
        self.workers = Workers(self._look, self.hub.clock, self.chance, _BACKOFF)

    def announced(self, _repository: str = "") -> None:
        """A push was announced; any number of announcements is one look."""
        self.workers.ask(_LOOK, priority=URGENT)

    async def poll(self) -> None:
        """Time to look."""
        self.workers.ask(_LOOK, priority=NORMAL)

    def seen_at(self, commit: str) -> float | None:
        """When a commit was first seen to be the newest; None for any other."""
        return self._seen[1] if commit and self._seen[0] == commit else None

    async def tips(self) -> Tips:
        """As they were last fetched."""
        return await asyncio.to_thread(self._tips)

    async def leave(self, head: str) -> None:
        """A pass over this commit is over: what our branches are now is its doing. The source may
        have moved on meanwhile.
        """
        async with self.hub.reading:
            self.left = (head or None, *(await self.tips())[1:])

    async def watch_folder(self) -> None:
        """A repository on this machine tells of a commit by its files."""
        repository, known = self.hub.repository, Marks()
        while True:
            try:
                marks = folder_marks(repository.store.folder, repository.branch)
            except ReconcilerError:
                marks = Marks()
            if marks != known:
                known = marks
                self.announced()
            await self.hub.clock.sleep(self.folder_seconds)

    async def _look(self, _key: str) -> bool:
        try:
            async with self.hub.reading:
                await asyncio.to_thread(self.hub.repository.fetch)
                tips = await self.tips()
        except ReconcilerError as error:
            self._unread(error)
            return False
        self.measuring.count("reconciler_fetch_total", 1, result="success")
        moment = self.hub.clock.now().timestamp()
        self.measuring.count("reconciler_last_fetch_timestamp_seconds", moment)
        is_back = bool(self.problem)
        self.problem, self.has_been_read = "", True
        head = tips[0] or ""
        if head != self._seen[0]:
            is_first = not self._seen[0]
            self._seen = (head, self.hub.clock.monotonic())
            if not is_first:
                self.seen(head)
            self.log.info("commit seen", commit=head)
        if tips != self.left or is_back:
            self.moved(tips)
        return True

    def _unread(self, error: ReconcilerError) -> None:
        self.measuring.count("reconciler_fetch_total", 1, result="error")
        if str(error) != self.problem:
            self.log.warning("source unreadable", message=str(error), hint=error.hint)
        self.problem = str(error)

    def _tips(self) -> Tips:
        repository = self.hub.repository
        try:
            head = repository.store.tip(BRANCHES + repository.branch)
        except ReconcilerError:
            head = None
        return (head, repository.state().tip, repository.status().tip)
