"""What a pass says when it has ended, and the time it runs in."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol

from reconciler.model.diagnostic import Diagnostic
from reconciler.model.identity import ObjectKey
from reconciler.model.report import FleetReport
from reconciler.model.world import Outcome, World
from reconciler.runtime.executor import ExecutionReport, Result

#: Hears of steps of a pass: a word for the step, and a sentence.
Progress = Callable[[str, str], None]


class Clock(Protocol):
    """The time that a pass runs in."""

    def now(self) -> datetime:
        """The present moment, in UTC."""
        ...

    def monotonic(self) -> float:
        """Seconds that only rise."""
        ...

    async def sleep(self, seconds: float) -> None:
        """Wait."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class PassResult:
    """What came of one pass. `error` says why new decisions could not be written, `` when they
    were. `before` is the commit that was applied before it, `` when none was.
    """

    outcome: Outcome
    before: str = ""
    execution: ExecutionReport = field(default_factory=ExecutionReport)
    report: FleetReport = field(default_factory=FleetReport)
    diagnostics: tuple[Diagnostic, ...] = ()
    error: str = ""

    @property
    def has_failures(self) -> bool:
        """Whether a member is frozen or an object could not be applied."""
        bad = self.execution.count(Result.FAILED) + self.execution.count(Result.CONFLICT)
        waits = self.outcome.questions or self.report.questions
        frozen = self.outcome.frozen_clusters or self.execution.frozen
        return bool(self.error or frozen or waits or bad)


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """What was last decided and recorded: between passes, members are brought back to it.

    `untouchable` objects wait for a decision that could not be recorded.
    """

    world: World
    outcome: Outcome
    untouchable: frozenset[ObjectKey] = frozenset()
