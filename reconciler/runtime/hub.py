"""The hub: what stays between passes over one fleet.

A pass is the whole way from the newest commit to every member and back to the branches; `Pass` is
that way. The hub keeps nothing that could not be gathered again: memories, connections, and what is
being executed at the moment.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

from reconciler.adapters.interpreters import InterpreterWebhooks
from reconciler.cycle import Engine
from reconciler.model.errors import PushRaced
from reconciler.runtime.doubts import Doubts
from reconciler.runtime.executor import ChangeResult
from reconciler.runtime.fights import Fights
from reconciler.runtime.followed import FollowedBranches
from reconciler.runtime.gathering import Gathering
from reconciler.runtime.members import Members, Opener, PassMembers
from reconciler.runtime.passing import Pass, PassOptions
from reconciler.runtime.questions import Questioning
from reconciler.runtime.redactor import Redactor
from reconciler.runtime.repository import FleetRepository
from reconciler.runtime.results import Clock, PassResult, Progress, Standing
from reconciler.runtime.settings import Settings
from reconciler.runtime.state_files import StateFiles
from reconciler.runtime.works_files import WorksFiles
from reconciler.status.memory import StatusMemory

if TYPE_CHECKING:
    from reconciler.adapters.git.signatures import SigningKeys

__all__ = ["Clock", "Hub", "PassResult", "Progress"]

ENGINE_VERSION: Final = "1"
_RACES: Final = 5


@dataclass(slots=True)
class Hub:
    """Reconciles one fleet.

    `kept_members` are members kept between passes, None to open them for each. `allowed` raises
    when this process may not act any more. `heard` learns of every change that was carried out,
    `recorded` of decisions that are written down, `pushed` of every push (from any thread).
    With `keys` only commits count that are signed by one of them. `reading` is held while the
    repository is used. `standing` is what was last decided;
    `is_superseded` says that a newer commit waits for the pass that is going on, `has_postponed`
    that it left deletes to the next one. With `is_closing` no pass begins what it need not finish.
    """

    settings: Settings
    repository: FleetRepository
    opener: Opener
    clock: Clock
    engine: Engine = field(default_factory=Engine)
    progress: Progress = lambda _step, _text: None
    redactor: Redactor = field(default_factory=Redactor)
    fights: Fights = field(default_factory=Fights)
    doubts: Doubts = field(default_factory=Doubts)
    kept_members: Callable[[], PassMembers] | None = None
    allowed: Callable[[], None] = lambda: None
    heard: Callable[[ChangeResult], None] = lambda _result: None
    recorded: Callable[[], None] = lambda: None
    pushed: Callable[[str, bool], None] = lambda _branch, _is_good: None
    keys: SigningKeys | None = None
    gathering: Gathering = field(init=False)
    files: StateFiles = field(init=False)
    works: WorksFiles = field(init=False)
    followed: FollowedBranches = field(init=False)
    questioning: Questioning = field(init=False)
    statuses: StatusMemory = field(init=False, default_factory=StatusMemory)
    reading: asyncio.Lock = field(init=False, default_factory=asyncio.Lock)
    standing: Standing | None = field(init=False, default=None)
    is_superseded: bool = field(init=False, default=False)
    has_postponed: bool = field(init=False, default=False)
    is_closing: bool = field(init=False, default=False)
    _executing: asyncio.Future[Any] | None = field(init=False, default=None)

    def __post_init__(self) -> None:
        self.gathering = Gathering(self.repository, self.keys)
        self.files = StateFiles(ENGINE_VERSION)
        self.works = WorksFiles()
        self.followed = FollowedBranches(self.repository)
        self.questioning = Questioning(InterpreterWebhooks(), self.clock.monotonic)

    async def reconcile(
        self, *, dry_run: bool = False, plan_digest: str = "", fetch: bool = True
    ) -> PassResult:
        """One pass; a lost race for a branch is run again from the start.

        Raises `SourceUnavailable` when nothing can be read, `StalePlan` when the plan differs from
        the expected digest.
        """
        for attempt in range(1, _RACES + 1):
            # Who lost a race has to see what the winner wrote.
            looks = fetch or attempt > 1
            options = PassOptions(dry_run=dry_run, plan_digest=plan_digest, fetch=looks)
            try:
                return await Pass(self, options).run()
            except PushRaced:
                self.progress("race", "somebody else wrote to our branches; starting again")
                if attempt == _RACES:
                    raise
        raise AssertionError("unreachable")

    def pass_members(self) -> PassMembers:
        """The members for one pass."""
        if self.kept_members is not None:
            return self.kept_members()
        return Members(at_once=self.settings.members_at_once)

    def interrupt(self) -> None:
        """End the pass that is going on where it may end: before it is recorded, or while it is
        carried out. Deletes that have begun are finished first.
        """
        self.is_superseded = True
        if self._executing is not None:
            self._executing.cancel()

    def close(self) -> None:
        """End the pass that is going on where it may end, and every later one at once."""
        self.is_closing = True
        self.interrupt()

    def postpone_deletes(self) -> None:
        """Begin no other delete in the pass that is going on: a newer commit is known."""
        self.has_postponed = True

    def may_delete(self) -> bool:
        """Whether no newer commit is known than the one that is being carried out."""
        return not (self.is_superseded or self.has_postponed)

    @contextlib.contextmanager
    def interruptible(self, execution: asyncio.Future[Any]) -> Iterator[None]:
        """While the block runs, `interrupt` ends this execution."""
        self._executing = execution
        try:
            yield
        finally:
            self._executing = None
