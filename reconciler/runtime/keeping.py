"""Keeper: one member, kept open between passes, probed and watched, whatever it does.

Rules (design §8): a slow, dead or hostile member costs its own budget and nobody else's, so nobody
waits for a probe but its keeper. Readiness is asked at every interval, everything else when the
member comes back and now and then. When credentials stop working they are read again at once: most
often they were replaced.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any, Final

from reconciler.model.cluster import Cluster, ClusterFacts, Condition
from reconciler.model.errors import MemberUnreachable, NoCredentials, ReconcilerError
from reconciler.model.identity import ObjectKey
from reconciler.model.instant import written
from reconciler.runtime.members import Opener
from reconciler.runtime.ports import Member
from reconciler.runtime.readiness import READY, Hysteresis, with_last_known
from reconciler.runtime.results import Clock
from reconciler.runtime.watching import WatchedKinds, WatchOptions

_TRUE: Final = "True"

#: `(cluster, identity, body before, body now)`.
HeardOf = Callable[[str, ObjectKey, dict[str, Any] | None, dict[str, Any] | None], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class KeepingOptions:
    """How members are kept. `changed` hears of a cluster whose readiness or facts changed, `asked`
    how long it took to read its status, `joined` after how long it was ready for the first time.

    Readiness is asked every `probe_seconds`, facts every `facts_seconds`; an answer may take
    `answer_seconds` of real time.
    """

    opener: Opener
    clock: Clock
    chance: Callable[[], float]
    heard: HeardOf = lambda *_: None
    changed: Callable[[str], None] = lambda _cluster: None
    asked: Callable[[str, float], None] = lambda _cluster, _seconds: None
    joined: Callable[[str, float], None] = lambda _cluster, _seconds: None
    probe_seconds: float = 10.0
    facts_seconds: float = 300.0
    answer_seconds: float = 20.0
    patience_seconds: float = 5.0


@dataclass(slots=True)
class Keeper:
    """One member. `problem` says why it may not be acted on, `` when it may."""

    cluster: Cluster
    options: KeepingOptions
    member: Member | None = None
    kinds: WatchedKinds | None = None
    facts: ClusterFacts | None = None
    problem: str = "it has not answered yet"
    asked: asyncio.Event = field(default_factory=asyncio.Event)
    _hysteresis: Hysteresis = field(default_factory=Hysteresis)
    _facts_at: float = float("-inf")
    _hurry: asyncio.Event = field(default_factory=asyncio.Event)
    _task: asyncio.Task[None] | None = None
    _started: float = 0.0
    _has_joined: bool = False
    _is_renewed: bool = False

    def start(self) -> None:
        """Begin to probe."""
        self._started = self.options.clock.monotonic()
        self._task = asyncio.create_task(self._run())

    @property
    def is_resting(self) -> bool:
        """Whether the member failed so often that nothing is asked of it for a while."""
        return self.member is not None and self.member.is_resting

    def hurry(self) -> None:
        """Probe now: something suggests that what is known is wrong."""
        self._facts_at = float("-inf")
        self._hurry.set()

    async def close(self) -> None:
        """Stop, and give the connections back."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.wait({self._task})
        await self._closed()

    async def _run(self) -> None:
        while True:
            before = (self.problem, self.facts)
            try:
                await self._round()
            except Exception as error:  # noqa: BLE001 - a member must not end its keeper
                self.problem = f"it cannot be understood: {type(error).__name__}"
            is_first, is_renewed = not self.asked.is_set(), self._is_renewed
            self._is_renewed = False
            self.asked.set()
            if not is_first and (is_renewed or _is_news(before, (self.problem, self.facts))):
                self.options.changed(self.cluster.name)
            await self._pause()

    async def _pause(self) -> None:
        seconds = self.options.probe_seconds * (0.9 + 0.2 * self.options.chance())
        timer = asyncio.ensure_future(self.options.clock.sleep(seconds))
        hurry = asyncio.ensure_future(self._hurry.wait())
        try:
            await asyncio.wait({timer, hurry}, return_when=asyncio.FIRST_COMPLETED)
        finally:
            timer.cancel()
            hurry.cancel()
            self._hurry.clear()

    async def _round(self) -> None:
        was_open = self.member is not None
        try:
            await self._read()
        except NoCredentials as error:
            await self._closed()
            self.problem = _sentence(error)
            if was_open:
                # What the refusal kept from being done is done with the new ones.
                self._is_renewed = True
                await self._round()

    async def _read(self) -> None:
        began = self.options.clock.monotonic()
        try:
            async with asyncio.timeout(self.options.answer_seconds):
                ready = await self._probed(self._opened())
        except NoCredentials:
            raise
        except TimeoutError:
            ready = _unready("it did not answer in time")
        except MemberUnreachable as error:
            ready = _unready(_sentence(error))
        except ReconcilerError as error:
            self.problem = _sentence(error)
            return
        self.options.asked(self.cluster.name, self.options.clock.monotonic() - began)
        self._counted(ready)
        if not (self.problem or self._has_joined):
            self._has_joined = True
            took = self.options.clock.monotonic() - self._started
            self.options.joined(self.cluster.name, took)

    def _opened(self) -> Member:
        if self.member is None:
            self.member = self.options.opener(self.cluster)
            self.kinds = WatchedKinds(
                self.member,
                WatchOptions(
                    clock=self.options.clock,
                    chance=self.options.chance,
                    heard=self._heard,
                    recovered=lambda: self.options.changed(self.cluster.name),
                    refused=self.hurry,
                ),
            )
        return self.member

    async def _probed(self, member: Member) -> Condition:
        """The Ready condition; facts too where they are old or the member was not ready."""
        now = self.options.clock.monotonic()
        if not self.problem and now - self._facts_at < self.options.facts_seconds:
            return await member.ready()
        facts = await member.probe()
        ready = facts.condition(READY) or _unready("it did not say whether it is ready")
        self.facts = with_last_known(facts, self.facts)
        if ready.status == _TRUE:
            self._facts_at = now
        return ready

    def _counted(self, ready: Condition) -> None:
        now, stamp = self.options.clock.monotonic(), written(self.options.clock.now())
        counts = self._hysteresis.seen(ready, now, stamp)
        is_ready = ready.status == _TRUE
        self.problem = "" if is_ready else f"the API server is not ready: {ready.message}"
        known = self.facts or ClusterFacts()
        others = tuple(one for one in known.conditions if one.type != READY)
        self.facts = replace(known, conditions=(counts, *others))

    def _heard(
        self, key: ObjectKey, before: dict[str, Any] | None, now: dict[str, Any] | None
    ) -> None:
        self.options.heard(self.cluster.name, key, before, now)

    async def _closed(self) -> None:
        kinds, member = self.kinds, self.member
        self.kinds = self.member = None
        if kinds is not None:
            await kinds.close()
        if member is not None:
            await member.close()


def _unready(message: str) -> Condition:
    return Condition(type=READY, status="False", reason="ClusterNotReachable", message=message)


def _sentence(error: ReconcilerError) -> str:
    return f"{error} ({error.hint})" if error.hint else str(error)


def _is_news(before: tuple[str, ClusterFacts | None], now: tuple[str, ClusterFacts | None]) -> bool:
    """Whether passes would see another member: usage jitters and messages do not count."""
    return bool(before[0]) != bool(now[0]) or _said(before[1]) != _said(now[1])


def _said(facts: ClusterFacts | None) -> object:
    if facts is None:
        return None
    conditions = tuple((one.type, one.status) for one in facts.conditions)
    plain = replace(facts, resource_summary=None, conditions=())
    return plain, conditions, facts.resource_summary is None
