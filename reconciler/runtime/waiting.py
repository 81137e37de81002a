"""Waiting until an object is applied, or healthy, on every cluster it belongs to.

Nothing is asked of members: the reports of the running reconciler are read until they say so. A
report of an earlier commit says nothing about this one, and does not count.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol

from reconciler.model.errors import SourceUnavailable
from reconciler.model.report import Health, MemberStatus, TemplateStatus
from reconciler.runtime.status_reading import StatusReading, StatusView, Subject

_NAMED = 3


class Goal(StrEnum):
    """What is waited for."""

    APPLIED = "applied"
    HEALTHY = "healthy"


class Time(Protocol):
    """The time that waiting takes."""

    def monotonic(self) -> float:
        """Seconds that only rise."""
        ...

    async def sleep(self, seconds: float) -> None:
        """Wait."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """Which objects, on which cluster (`` for all), in which state, since which commit."""

    subject: Subject
    goal: Goal
    commit: str
    cluster: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """How far things are: `missing` has a clause for everything that is still to come."""

    templates: tuple[TemplateStatus, ...]
    missing: tuple[str, ...]

    @property
    def is_met(self) -> bool:
        """Whether the wait is over."""
        return not self.missing


async def wait(
    reading: StatusReading,
    wanted: Wanted,
    time: Time,
    *,
    timeout: float,
    interval: float,
    progress: Callable[[Verdict], None],
) -> Verdict:
    """The verdict when it is met or the time is up; `progress` hears of every new one."""
    end = time.monotonic() + timeout
    last: Verdict | None = None
    while True:
        verdict = _read(reading, wanted)
        if verdict != last:
            progress(verdict)
            last = verdict
        left = end - time.monotonic()
        if verdict.is_met or left <= 0:
            return verdict
        await time.sleep(min(interval, left))


def _read(reading: StatusReading, wanted: Wanted) -> Verdict:
    """The newest verdict; a repository that does not answer is asked again."""
    try:
        return judged(reading.read(), reading, wanted)
    except SourceUnavailable as error:
        return Verdict(templates=(), missing=(str(error),))


def judged(view: StatusView, reading: StatusReading, wanted: Wanted) -> Verdict:
    """What one report says about the wish."""
    templates = tuple(view.matching(wanted.subject, wanted.cluster))
    return Verdict(templates=templates, missing=tuple(_missing(view, reading, wanted, templates)))


def _missing(
    view: StatusView,
    reading: StatusReading,
    wanted: Wanted,
    templates: tuple[TemplateStatus, ...],
) -> Iterator[str]:
    if not reading.contains(view.source_commit, wanted.commit):
        held = ", which is held" if (view.summary or {}).get("held") else ""
        yield f"there is no report of commit {wanted.commit[:12]} yet{held}"
        return
    if not templates:
        yield "the report has no such object"
    for one in templates:
        yield from _of_template(one, wanted)


def _of_template(template: TemplateStatus, wanted: Wanted) -> Iterator[str]:
    if template.is_frozen:
        yield f"{template.key}: its newest version is frozen"
    if template.scheduled_message:
        yield f"{template.key}: {template.scheduled_message}"
    members = [one for one in template.members if wanted.cluster in {"", one.cluster}]
    late = [one for one in members if not _is_there(one, wanted.goal)]
    if late:
        done = len(members) - len(late)
        reasons = "; ".join(_clause(one) for one in late[:_NAMED])
        more = f"; and {len(late) - _NAMED} more" if len(late) > _NAMED else ""
        counted = f"{wanted.goal} on {done} of {len(members)} clusters"
        yield f"{template.key}: {counted}: {reasons}{more}"


def _is_there(member: MemberStatus, goal: Goal) -> bool:
    return member.applied and (goal is Goal.APPLIED or member.health is Health.HEALTHY)


def _clause(member: MemberStatus) -> str:
    state = str(member.health) if member.applied else "not applied"
    return f"{member.cluster} {member.message or state}"
