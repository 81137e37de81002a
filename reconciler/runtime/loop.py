"""The service around the pass: what happens wakes it, and nothing but a signal ends it.

Strategy: one task looks at the source, one passes, some heal, each from a queue of keys of its own,
so that a slow member delays neither a commit nor the healing of another. A new commit interrupts
the execution of an older one; a change on a member is healed at once and told to the next pass,
which comes when it has been quiet for a moment. Everything that fails is tried again, later and
later. Times are the clock's.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine, Iterator
from dataclasses import dataclass, field, replace
from datetime import timedelta
from functools import partial
from typing import Any, Final

from reconciler.adapters.clock import Scheduler
from reconciler.model.diagnostic import Diagnostic
from reconciler.model.errors import LockHeld, ReconcilerError
from reconciler.model.identity import ObjectKey
from reconciler.model.instant import instant
from reconciler.model.report import FleetReport
from reconciler.runtime.announcing import Announcing
from reconciler.runtime.collecting import keep
from reconciler.runtime.crew import Crew
from reconciler.runtime.drift import Drift
from reconciler.runtime.executor import ChangeResult, Result
from reconciler.runtime.hub import Hub
from reconciler.runtime.keeping import KeepingOptions
from reconciler.runtime.logs import Log
from reconciler.runtime.measuring import Measuring
from reconciler.runtime.queue import LAZY, NORMAL, URGENT, Backoff
from reconciler.runtime.results import PassResult
from reconciler.runtime.second_look import SecondLook
from reconciler.runtime.source_watch import SourceWatch, Tips
from reconciler.runtime.telling import told_pass, told_write
from reconciler.runtime.workers import Workers

_FLEET: Final = "fleet"
_BACKOFF: Final = Backoff(first_seconds=1.0, longest_seconds=300.0)
#: So many passes in a row may be cut short by newer commits; the next one runs to its end.
_MOST_INTERRUPTIONS: Final = 3
#: But a pass that carries nothing out for so long waits for a member that hangs: it may be cut.
_IDLE_SECONDS: Final = 2.0
#: So many passes in a row that end by a fault of ours make the process unhealthy. A member that
#: refuses a write, or a remote that is down, is nothing that a restart would mend.
_MOST_FAULTS: Final = 10


@dataclass(frozen=True, slots=True, kw_only=True)
class ServiceOptions:
    """Seconds: between polls, between looks at a folder, before a pass after changes on members,
    between such passes, for a pass to come to its end when all is to stop; and how many members are
    healed at once.
    """

    poll_seconds: float = 30.0
    folder_seconds: float = 0.5
    settle_seconds: float = 1.0
    quiet_seconds: float = 10.0
    end_seconds: float = 15.0
    heals_at_once: int = 16


@dataclass(slots=True)
class Service:
    """Runs one hub until it is stopped; one `run` only."""

    hub: Hub
    keeping: KeepingOptions
    log: Log
    measuring: Measuring
    announcing: Announcing
    options: ServiceOptions = field(default_factory=ServiceOptions)
    report: FleetReport | None = None
    source: SourceWatch = field(init=False)
    crew: Crew = field(init=False)
    drift: Drift = field(init=False)
    second_look: SecondLook = field(init=False)
    passes: Workers = field(init=False)
    _passing: str | None = None
    _passed_at: float = float("-inf")
    _progressed_at: float = float("-inf")
    _interruptions: int = 0
    _faults: int = 0
    _told: frozenset[Diagnostic] = frozenset()
    _new_members: dict[str, float] = field(default_factory=dict)
    _crashed: str = ""
    _is_kept: bool = False

    def __post_init__(self) -> None:
        chance = self.keeping.chance
        self.source = SourceWatch(
            hub=self.hub,
            log=self.log,
            measuring=self.measuring,
            chance=chance,
            moved=self._moved,
            seen=self.announcing.seen,
            folder_seconds=self.options.folder_seconds,
        )
        keeping = replace(
            self.keeping,
            heard=self._heard,
            changed=self._changed,
            asked=self.measuring.asked,
            joined=self._joined,
        )
        self.crew = Crew(keeping)
        self.drift = Drift(
            hub=self.hub,
            crew=self.crew,
            chance=chance,
            wrote=self._healed,
            news=self._report_soon,
            stuck=lambda: self._pass_in(self.options.settle_seconds),
        )
        self.second_look = SecondLook(self.hub, self.crew, chance, self._report_soon)
        self.passes = Workers(self._pass, self.hub.clock, chance, _BACKOFF)

    def unready(self) -> dict[str, str]:
        """What keeps the service from serving, by check."""
        if self.report is None:
            return {"pass": self.source.problem or "no pass has come to its end yet"}
        return {}

    def unhealthy(self) -> dict[str, str]:
        """What only a restart can mend, by check."""
        problems = {"task": self._crashed} if self._crashed else {}
        if self._faults >= _MOST_FAULTS:
            problems["pass"] = f"{self._faults} passes ended by a fault in a row"
        return problems

    async def run(self, stopped: asyncio.Event) -> None:
        """Serve until stopped; the pass that is going on ends in order first.

        Cancelled, it ends at once, but for deletes that have begun. Raises what a task ended with:
        `LockHeld` when this process may not act any more.
        """
        self.hub.kept_members, self.hub.heard = self.crew.for_pass, self._applied
        self.hub.recorded, self.hub.pushed = (
            self._recorded,
            self._pushed(asyncio.get_running_loop()),
        )
        scheduler = self._polling()
        passing = asyncio.create_task(self.passes.run())
        tasks = [passing, *(asyncio.create_task(each) for each in self._tasks())]
        waiting = asyncio.create_task(stopped.wait())
        try:
            await asyncio.wait({*tasks, waiting}, return_when=asyncio.FIRST_COMPLETED)
            self.hub.close()
            self.passes.end()
            await asyncio.wait({passing}, timeout=self.options.end_seconds)
        finally:
            scheduler.stop()
            self.hub.close()
            for task in (*tasks, waiting):
                task.cancel()
            await asyncio.wait({*tasks, waiting})
            await self.crew.close()
            self.hub.kept_members = None
        for task in tasks:
            self._require_stopped(task)

    def _polling(self) -> Scheduler:
        scheduler = Scheduler()
        scheduler.start()
        poll = timedelta(seconds=self.options.poll_seconds)
        scheduler.every("poll", poll, self.source.poll, jitter=poll / 10)
        self.source.announced()
        self._pass_in(0.0)
        return scheduler

    def _tasks(self) -> Iterator[Coroutine[Any, Any, None]]:
        yield self.source.workers.run()
        yield self.announcing.run()
        for _ in range(self.options.heals_at_once):
            yield self.drift.workers.run()
            yield self.second_look.workers.run()
        if self.hub.repository.remote is None:
            yield self.source.watch_folder()

    def _require_stopped(self, task: asyncio.Task[None]) -> None:
        """A task that ended by itself is a fault of ours, or of the lease."""
        if task.cancelled() or (error := task.exception()) is None:
            return
        self._crashed = f"a task ended: {type(error).__name__}"
        raise error

    # ---- what wakes a pass

    def _pass_in(self, seconds: float, priority: int = NORMAL) -> None:
        self.passes.ask(_FLEET, seconds, priority)

    def _moved(self, tips: Tips) -> None:
        """The source or a branch of ours is another: pass at once, in the place of an older one."""
        if self._passing is not None and tips[0] == self._passing:
            return
        self._pass_in(0.0, URGENT)
        if self._passing is None:
            return
        self.hub.postpone_deletes()
        idle = self.hub.clock.monotonic() - self._progressed_at
        if self._interruptions < _MOST_INTERRUPTIONS or idle > _IDLE_SECONDS:
            self._interruptions += 1
            self.hub.interrupt()
            self.crew.interrupt()

    def _changed(self, cluster: str) -> None:
        """A member came, went, or says something else of itself."""
        keeper = self.crew.keepers.get(cluster)
        if keeper is not None:
            self.log.info("member changed", cluster=cluster, problem=keeper.problem)
        self._pass_in(self.options.settle_seconds)

    def _heard(
        self,
        cluster: str,
        key: ObjectKey,
        before: dict[str, Any] | None,
        now: dict[str, Any] | None,
    ) -> None:
        self.drift.heard(cluster, key, before, now)

    def _report_soon(self) -> None:
        """Objects changed: a pass after a moment of quiet, and not too often."""
        since = self.hub.clock.monotonic() - self._passed_at
        wait = max(self.options.settle_seconds, self.options.quiet_seconds - since)
        self._pass_in(wait, LAZY)

    def _wake_at(self, moment: str) -> None:
        """Controllers want to look again."""
        due = instant(moment) if moment else None
        if due is not None:
            seconds = (due - self.hub.clock.now()).total_seconds()
            self._pass_in(max(seconds, self.options.settle_seconds), LAZY)

    # ---- passes

    async def _pass(self, _key: str) -> bool:
        """One pass; False when it has to be repeated."""
        clock = self.hub.clock
        began = self._progressed_at = clock.monotonic()
        head = self._passing = (await self.source.tips())[0] or ""
        try:
            done = await self.hub.reconcile(fetch=False)
        except LockHeld:
            raise
        except Exception as error:  # noqa: BLE001 - one fleet's content must not end the service
            self._failed(error, clock.monotonic() - began)
            return False
        finally:
            self._passing, self._passed_at = None, clock.monotonic()
            self.second_look.soon()
        return await self._passed(done, head, clock.monotonic() - began)

    async def _passed(self, done: PassResult, head: str, seconds: float) -> bool:
        self._faults = 0
        self.measuring.passed(done, seconds, self.hub.clock.now())
        self._told = told_pass(self.log, done, seconds, self._told)
        self._wake_at(done.outcome.next_wake)
        if self.hub.has_postponed or done.execution.is_interrupted:
            self._pass_in(0.0, URGENT)
        if done.execution.is_interrupted:
            return True
        self._interruptions, self.report = 0, done.report
        self._tell_joined()
        self.announcing.passed(done)
        for name in done.execution.frozen:
            self.crew.hurry(name)
        if done.error:
            return False
        if not self._is_kept:
            keep()
            self._is_kept = True
        await self.source.leave(head)
        return not _has_failed(done)

    def _failed(self, error: Exception, seconds: float) -> None:
        self._faults = 0 if isinstance(error, ReconcilerError) else self._faults + 1
        self.measuring.failed(seconds)
        hint = {"hint": error.hint} if isinstance(error, ReconcilerError) else {}
        kind = type(error).__name__
        self.log.warning("pass failed", exception=kind, message=str(error), **hint)

    def _applied(self, result: ChangeResult) -> None:
        """A pass carried something out."""
        self._progressed_at = self.hub.clock.monotonic()
        self.measuring.wrote(result, seen_seconds_ago=self._seen_ago(), healed=False)
        told_write(self.log, "applied", result)

    def _recorded(self) -> None:
        """What a pass decided is written down."""
        ago = self._seen_ago()
        if ago is not None:
            self.measuring.count("reconciler_schedule_latency_seconds", ago)

    def _seen_ago(self) -> float | None:
        """Seconds since the commit was first seen that is being applied; None when it was applied
        before.
        """
        seen = self.source.seen_at(self._passing or "")
        is_news = seen is not None and self.source.left[:1] != (self._passing,)
        return self.hub.clock.monotonic() - seen if seen is not None and is_news else None

    def _pushed(self, loop: asyncio.AbstractEventLoop) -> Callable[[str, bool], None]:
        """Hears of pushes in any thread, and counts them in this one."""

        def heard(branch: str, is_good: bool) -> None:  # noqa: FBT001 - said by position
            loop.call_soon_threadsafe(partial(self.measuring.pushed, branch, is_good=is_good))

        return heard

    # ---- measures

    def measure(self) -> None:
        """Bring the gauges up to date that say how things stand."""
        keepers, tell = self.crew.keepers.items(), self.measuring.members
        tell("reconciler_watches", ((name, len(one.kinds or ())) for name, one in keepers))
        tell("reconciler_member_circuit_open", ((name, one.is_resting) for name, one in keepers))
        fights = self.hub.fights.by_cluster(self.hub.clock.monotonic())
        tell("reconciler_field_fights", ((name, fights[name]) for name, _ in keepers))
        self.measuring.queues(
            {
                "source": len(self.source.workers),
                "pass": len(self.passes),
                "heal": len(self.drift.workers),
                "announcement": len(self.announcing),
            }
        )

    def _joined(self, cluster: str, seconds: float) -> None:
        """A member is ready for the first time in this term; a pass knows whether it is new."""
        self._new_members[cluster] = seconds

    def _tell_joined(self) -> None:
        standing = self.hub.standing
        known = standing.world.state.member_uids if standing is not None else {}
        for cluster, seconds in self._new_members.items():
            if cluster not in known:
                name = "reconciler_registration_latency_seconds"
                self.measuring.count(name, seconds, member_cluster=cluster)
        self._new_members.clear()

    def _healed(self, result: ChangeResult) -> None:
        self.measuring.wrote(result, seen_seconds_ago=None, healed=True)
        told_write(self.log, "healed", result)


def _has_failed(done: PassResult) -> bool:
    """Whether something failed that may go well next time. A member that went away is left out of
    the next pass; one that only lost this request would not be heard of again.
    """
    return any(one.result is Result.FAILED for one in done.execution.results)
