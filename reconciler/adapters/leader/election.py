"""LeaseElection: at most one replica acts, agreed on through a Lease.

Strategy: a standby counts from the moment *it saw* the lease change, by its own clock, and takes
the lease when nothing changed for as long as the lease lasts. A leader counts from the moment *it
asked* for its last renewal that was granted, and stops `renew_seconds` later, which is sooner: the
leader is silent before any standby may act, whatever the network did in between and however long
the process was stopped. Clocks are never compared. A server lets a write through only for the
resourceVersion that was seen, so of two standbys one wins.

Rules: 8 s lease, 5 s to renew, 1 s between tries, 9 s at most from a leader's death to the next
leader's first act. Who leads is asked again before every act (`check`): a process that was stopped
in the middle of an act finds itself deposed when it wakes.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Awaitable, Callable, Coroutine
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Protocol, TypeVar

from reconciler.adapters.leader.lease import LeaseRecord, is_renewed, lease_ref, micro_time
from reconciler.model.errors import (
    LockHeld,
    MemberRefused,
    MemberUnreachable,
    NoCredentials,
    SettingsInvalid,
)
from reconciler.model.member import ObjectRef

T = TypeVar("T")

_CONFLICT, _NOT_FOUND = 409, 404
#: Stands for the holder of a lease that was there and is gone.
_DELETED = "(deleted)"
_FAILURES = (MemberRefused, MemberUnreachable, NoCredentials)


class LeaseApi(Protocol):
    """The API server that keeps the lease; raises as a `Member` does."""

    async def get(self, ref: ObjectRef) -> dict[str, Any] | None:
        """The Lease, None when it is not there."""
        ...

    async def create(self, ref: ObjectRef, manifest: bytes) -> dict[str, Any]:
        """Create; MemberRefused 409 when it is there."""
        ...

    async def update(self, ref: ObjectRef, manifest: bytes) -> dict[str, Any]:
        """Replace; MemberRefused 409 when its resourceVersion is another."""
        ...


class Clock(Protocol):
    """Time by the wall for what is written, and by a clock that only rises for what is decided."""

    def now(self) -> datetime:
        """The present moment."""
        ...

    def monotonic(self) -> float:
        """Seconds since some moment."""
        ...

    async def sleep(self, seconds: float) -> None:
        """Wait."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Timing:
    """Seconds; the lease must outlast the time to renew, which must outlast a try."""

    lease_seconds: float = 8.0
    renew_seconds: float = 5.0
    retry_seconds: float = 1.0

    def __post_init__(self) -> None:
        if not 0 < self.retry_seconds < self.renew_seconds < self.lease_seconds:
            raise SettingsInvalid("a lease must be longer than its renewal, and that than a retry")


class LeaseElection:
    """One replica's part in the election. `identity` is unique to this process.

    `called` hears, while this replica leads, that another one has something to tell it.
    """

    def __init__(
        self,
        api: LeaseApi,
        *,
        namespace: str,
        name: str,
        identity: str,
        clock: Clock,
        timing: Timing | None = None,
        called: Callable[[], None] = lambda: None,
    ) -> None:
        self._api = api
        self._ref = lease_ref(namespace, name)
        self._identity = identity
        self._clock = clock
        self._timing = timing or Timing()
        self._called = called
        self._seen: LeaseRecord | None = None
        self._seen_at = clock.monotonic()
        self._until = float("-inf")
        self._problem = ""

    @property
    def leads(self) -> bool:
        """Whether this replica may act at this moment."""
        return self.remaining > 0

    @property
    def remaining(self) -> float:
        """Seconds for which it surely leads; an act that takes longer must ask again."""
        return self._until - self._clock.monotonic()

    @property
    def term(self) -> int:
        """The number of the term last seen: it rises with every new holder."""
        return self._seen.transitions if self._seen else 0

    @property
    def holder(self) -> str:
        """Who was last seen to hold the lease."""
        return self._seen.holder if self._seen else ""

    @property
    def problem(self) -> str:
        """Why the lease could not be read or written last time, `` when it could."""
        return self._problem

    def check(self) -> None:
        """Raise `LockHeld` unless this replica leads: called before every act."""
        if not self.leads:
            raise LockHeld(
                "this replica does not lead any more", hint="nothing: another replica goes on"
            )

    async def call(self) -> bool:
        """Tell whoever leads that there is something to look at; False when it could not be told.

        Where nobody leads there is nobody to tell: who comes next looks at everything first.
        """
        try:
            found = await self._api.get(self._ref)
            record = LeaseRecord.of(found) if found is not None else None
            if record is None or record.holder in {"", self._identity}:
                return True
            now = micro_time(self._clock.now())
            await self._write(replace(record, called=now), exists=True)
        except _FAILURES as problem:
            self._problem = str(problem)
            return False
        return True

    async def run(self, lead: Callable[[int], Awaitable[None]]) -> None:
        """Campaign, call `lead(term)` while leading, campaign again when deposed.

        Returns when `lead` returns, raises what it raises. `lead` is cancelled when the time to
        renew is over, or when this coroutine is; the lease is given back once it has ended. It is
        renewed as long as `lead` runs and not while it is being cancelled: to finish what has begun
        before stopping, tell `lead` to return.
        """
        while True:
            await self._acquire()
            act = asyncio.ensure_future(_called(lead, self.term))
            try:
                await self._hold(act)
                is_over = act.done()
            finally:
                await _ended(act)
                await self._release()
            if not act.cancelled():
                act.result()
            if is_over:
                return

    async def _acquire(self) -> None:
        while not await self._attempt(self._take, self._timing.renew_seconds):
            await self._clock.sleep(self._timing.retry_seconds)

    async def _hold(self, act: asyncio.Future[None]) -> None:
        """Renew until the act ends, somebody else holds the lease, or time is up."""
        while not act.done():
            await self._either(act, min(self._timing.retry_seconds, self.remaining))
            if act.done() or not self.leads:
                return
            await self._attempt(self._take, self.remaining)

    async def _attempt(self, step: Callable[[], Coroutine[Any, Any, bool]], seconds: float) -> bool:
        """One try at the API server; it may fail, and may not take longer than the time left."""
        try:
            done = await self._within(seconds, step())
        except _FAILURES as problem:
            self._problem = str(problem)
            return False
        self._problem = "" if done is not None else "the API server did not answer in time"
        return bool(done)

    async def _take(self) -> bool:
        """Take, keep or be refused the lease."""
        asked_at = self._clock.monotonic()
        found = await self._api.get(self._ref)
        record = LeaseRecord.of(found) if found is not None else None
        self._saw(record)
        if not self._is_mine_or_free(record):
            self._until = float("-inf")
            return False
        try:
            written = await self._write(self._claim(record), exists=record is not None)
        except MemberRefused as refusal:
            if refusal.status not in {_CONFLICT, _NOT_FOUND}:
                raise
            return False
        self._saw(LeaseRecord.of(written))
        self._until = asked_at + self._timing.renew_seconds
        return True

    def _saw(self, record: LeaseRecord | None) -> None:
        if record is None and self._seen is not None:
            record = replace(self._seen, holder=_DELETED)
        before, self._seen = self._seen, record
        if is_renewed(before, record):
            self._seen_at = self._clock.monotonic()
        if before is not None and record is not None and before.called != record.called:
            self._heard()

    def _heard(self) -> None:
        if self.leads:
            self._called()

    def _is_mine_or_free(self, record: LeaseRecord | None) -> bool:
        """Whether nobody else can be leading.

        A lease that was there and is gone was deleted under a leader that does not know yet.
        """
        known = record or self._seen
        if known is None or (record is not None and record.holder in {"", self._identity}):
            return True
        if record is None and self.leads:
            return True
        lasts = max(known.seconds, self._timing.lease_seconds)
        return self._clock.monotonic() >= self._seen_at + lasts

    def _claim(self, record: LeaseRecord | None) -> LeaseRecord:
        now = micro_time(self._clock.now())
        known = record or self._seen
        is_mine = record is not None and record.holder == self._identity
        return LeaseRecord(
            holder=self._identity,
            seconds=self._timing.lease_seconds,
            transitions=0 if known is None else known.transitions + (not is_mine),
            acquired=record.acquired if is_mine and record is not None else now,
            renewed=now,
            resource_version=record.resource_version if record is not None else "",
            called=record.called if record is not None else "",
        )

    async def _write(self, record: LeaseRecord, *, exists: bool) -> dict[str, Any]:
        write = self._api.update if exists else self._api.create
        return await write(self._ref, record.manifest(self._ref))

    async def _release(self) -> None:
        """Give the lease back, if it is still ours, so that nobody has to wait for its end."""
        was_ours, self._until = self.leads, float("-inf")
        if not was_ours or self._seen is None:
            return
        freed = replace(self._seen, holder="", seconds=1.0, renewed=micro_time(self._clock.now()))
        with contextlib.suppress(*_FAILURES):
            await self._within(self._timing.retry_seconds, self._write(freed, exists=True))

    async def _within(self, seconds: float, step: Coroutine[Any, Any, T]) -> T | None:
        """The step's result, None when it took longer; it is cancelled then."""
        task = asyncio.ensure_future(step)
        try:
            await self._either(task, seconds)
            return task.result() if task.done() else None
        finally:
            await _ended(task)

    async def _either(self, task: asyncio.Future[Any], seconds: float) -> None:
        """Wait for a task, but no longer than that."""
        timer = asyncio.ensure_future(self._clock.sleep(seconds))
        try:
            await asyncio.wait({task, timer}, return_when=asyncio.FIRST_COMPLETED)
        finally:
            timer.cancel()


async def _called(lead: Callable[[int], Awaitable[None]], term: int) -> None:
    await lead(term)


async def _ended(task: asyncio.Future[Any]) -> None:
    """Cancel a task that is not done, and wait until it is; its outcome stays its own."""
    task.cancel()
    await asyncio.wait({task})
