"""One template on one member: applied or not, healthy or not, and the part of its status that
counts.

Rules (karmada-semantics §2.14): not applied means health Unknown; the status is the reflected part,
or all of it for kinds without that hook; a failing health hook means Unknown. Beyond Karmada: kinds
without a health hook are judged by the conventions of their conditions instead of being called
healthy, workloads are reflected with their conditions, and an unhealthy object says why.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any, TypeVar

from reconciler.interpret.chain import Interpreter, InterpretError, Question, Unanswered
from reconciler.interpret.extension import extended_reflection, is_extended
from reconciler.interpret.kstatus import health_by_conventions
from reconciler.model.identity import ObjectKey
from reconciler.model.report import Health, MemberStatus
from reconciler.status.explain import unhealthy_because
from reconciler.status.memory import StatusMemory
from reconciler.status.withhold import Redact, failure, is_withheld, said, without_secrets

_T = TypeVar("_T")


@dataclass(slots=True)
class Collector:
    """Reads what members report.

    Failures of interpreters are kept by object and text with the clusters concerned, and so are the
    questions that have to be answered first.
    """

    interpreter: Interpreter
    redact: Redact
    memory: StatusMemory = field(default_factory=StatusMemory)
    failures: dict[tuple[ObjectKey, str], list[str]] = field(default_factory=dict)
    questions: dict[Question, None] = field(default_factory=dict)

    def collected(
        self,
        cluster: str,
        key: ObjectKey,
        observed: dict[str, Any],
        before: MemberStatus | None = None,
    ) -> MemberStatus:
        """What an object that is applied on a member says of itself."""
        known = self.memory.recalled((cluster, key), observed)
        if known is not None:
            return known
        reading = _Reading(self, cluster, key, observed, before)
        health, message = reading.health()
        status = MemberStatus(
            cluster=cluster,
            applied=True,
            health=health,
            message=said(message, self.redact),
            replicas=reading.replicas(),
            status=reading.status(),
        )
        if not reading.problems:
            self.memory.keep((cluster, key), observed, status)
        return status

    def missing(self, cluster: str, message: str) -> MemberStatus:
        """An object that is not on its member, and why."""
        return MemberStatus(
            cluster=cluster,
            applied=False,
            health=Health.UNKNOWN,
            message=said(message, self.redact),
        )

    def distributed(self, cluster: str) -> MemberStatus:
        """An object that stands on the branch its member follows, which reports nothing."""
        return MemberStatus(
            cluster=cluster,
            applied=True,
            health=Health.UNKNOWN,
            message="on its works branch; what follows it does not report",
        )

    def outdated(
        self, cluster: str, key: ObjectKey, observed: dict[str, Any], message: str
    ) -> MemberStatus:
        """An object of which the member has an earlier version, and why it stays."""
        status = self.collected(cluster, key, observed)
        return replace(
            status, applied=False, health=Health.UNKNOWN, message=said(message, self.redact)
        )

    def silent(self, cluster: str, message: str, before: MemberStatus | None) -> MemberStatus:
        """An object on a member that cannot be read: what it last said, of unknown health."""
        if before is None:
            return self.missing(cluster, message)
        return replace(before, health=Health.UNKNOWN, message=said(message, self.redact))


def dated(status: MemberStatus, before: MemberStatus | None, now: str) -> MemberStatus:
    """The status with the time since when it has been so; a new message is no new state."""
    if before is None or (before.applied, before.health) != (status.applied, status.health):
        return replace(status, since=now)
    return replace(status, since=before.since)


@dataclass(frozen=True, slots=True)
class _Reading:
    """One observed object; `problems` are why it could not be understood as a whole."""

    collector: Collector
    cluster: str
    key: ObjectKey
    observed: dict[str, Any]
    before: MemberStatus | None
    problems: list[str] = field(default_factory=list)

    def health(self) -> tuple[Health, str]:
        """Health and the clause that explains it."""
        answer, problem = self._asked(self.collector.interpreter.interpret_health)
        if problem:
            return Health.UNKNOWN, f"its health cannot be told: {problem}"
        if answer is None:
            return health_by_conventions(self.observed)
        if answer:
            return Health.HEALTHY, ""
        return Health.UNHEALTHY, unhealthy_because(self.observed)

    def status(self) -> Any:
        """The reflected status; all of it where the kind has no such operation, and what was
        collected last where it fails.
        """
        if is_withheld(self.key.group, self.key.kind):
            return None
        reflected, problem = self._asked(self._reflected)
        if problem:
            return self.before.status if self.before else None
        status = self.observed.get("status") if reflected is None else reflected
        return without_secrets(status, self.collector.redact)

    def replicas(self) -> int | None:
        """How many replicas the member's object has."""
        answer, _ = self._asked(self.collector.interpreter.get_replicas)
        return None if answer is None else answer.replicas

    def _reflected(self, observed: dict[str, Any]) -> dict[str, Any] | None:
        reflected = self.collector.interpreter.reflect_status(observed)
        if reflected is None or not is_extended(observed):
            return reflected
        return extended_reflection(reflected, observed)

    def _asked(self, ask: Callable[[dict[str, Any]], _T | None]) -> tuple[_T | None, str]:
        """The answer, or why there is none."""
        answer, problem = self._tried(ask)
        if problem:
            self.problems.append(problem)
        return answer, problem

    def _tried(self, ask: Callable[[dict[str, Any]], _T | None]) -> tuple[_T | None, str]:
        try:
            return ask(self.observed), ""
        except InterpretError as error:
            text = failure(str(error), self.key.group, self.key.kind, self.collector.redact)
            clusters = self.collector.failures.setdefault((self.key, text), [])
            if self.cluster not in clusters:
                clusters.append(self.cluster)
            return None, text
        except Unanswered as unanswered:
            self.collector.questions[unanswered.question] = None
            return None, str(unanswered)
