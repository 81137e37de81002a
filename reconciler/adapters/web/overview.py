"""Overview: a fleet report as the rows of the dashboard, bounded and printable."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from reconciler.model.report import FleetReport, Health, TemplateStatus
from reconciler.model.text import printable, shortened

_MOST_ROWS = 200
_LONGEST = 300
_SHORT_COMMIT = 10


@dataclass(frozen=True, slots=True, kw_only=True)
class ClusterRow:
    """One member: how much of what belongs there is there, and how it fares."""

    name: str
    applied: int
    expected: int
    unhealthy: int
    frozen: str

    @property
    def state(self) -> str:
        """The worst of it in one word."""
        if self.frozen:
            return "frozen"
        if self.applied < self.expected:
            return "incomplete"
        return "unhealthy" if self.unhealthy else "in sync"

    @property
    def tone(self) -> str:
        """How it is coloured; the word says the same."""
        return {"in sync": "good", "unhealthy": "warn"}.get(self.state, "bad")


@dataclass(frozen=True, slots=True, kw_only=True)
class TroubleRow:
    """One template on one member that is not as it should be."""

    object: str
    cluster: str
    state: str
    message: str
    since: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Overview:
    """The page. `left_out` counts the troubles that are not listed."""

    verdict: str
    tone: str
    commit: str
    full_commit: str
    counts: tuple[tuple[str, int], ...]
    clusters: tuple[ClusterRow, ...]
    clusters_left_out: int
    is_any_frozen: bool
    troubles: tuple[TroubleRow, ...]
    troubles_left_out: int
    holds: tuple[str, ...]
    problems: tuple[str, ...]
    problems_left_out: int


def overview(report: FleetReport | None) -> Overview:
    """What the page says of a report; a page that waits when there is none yet."""
    given = report or FleetReport()
    troubles = list(_troubles(given.templates.values()))
    clusters = list(_clusters(given))
    verdict, tone = _verdict(report, troubles)
    return Overview(
        verdict=verdict,
        tone=tone,
        commit=given.source_commit[:_SHORT_COMMIT],
        full_commit=given.source_commit,
        counts=_counts(given),
        clusters=tuple(clusters[:_MOST_ROWS]),
        clusters_left_out=max(len(clusters) - _MOST_ROWS, 0),
        is_any_frozen=bool(given.frozen_clusters),
        troubles=tuple(troubles[:_MOST_ROWS]),
        troubles_left_out=max(len(troubles) - _MOST_ROWS, 0),
        holds=tuple(_text(one) for one in given.holds[:_MOST_ROWS]),
        problems=tuple(_text(one) for one in given.problems[:_MOST_ROWS]),
        problems_left_out=max(len(given.problems) - _MOST_ROWS, 0),
    )


def _verdict(report: FleetReport | None, troubles: list[TroubleRow]) -> tuple[str, str]:
    if report is None:
        return "Waiting for the first pass", "wait"
    if report.holds:
        return "Deletions wait for approval", "bad"
    if report.frozen_clusters:
        return f"{_number(len(report.frozen_clusters), 'cluster')} frozen", "bad"
    if any(one.state != "unhealthy" for one in troubles):
        return "Not everything is applied", "bad"
    if troubles:
        return "Everything is applied, not everything is healthy", "warn"
    return "Everything is applied", "good"


def _number(count: int, noun: str) -> str:
    return f"{count} {noun} is" if count == 1 else f"{count} {noun}s are"


def _counts(report: FleetReport) -> tuple[tuple[str, int], ...]:
    health = Counter(one.health for one in report.templates.values())
    complete = sum(
        1 for one in report.templates.values() if one.is_fully_applied and not one.scheduled_message
    )
    return (
        ("objects", len(report.templates)),
        ("on all their clusters", complete),
        ("healthy", health[Health.HEALTHY]),
        ("unknown", health[Health.UNKNOWN]),
        ("unhealthy", health[Health.UNHEALTHY]),
    )


def _troubles(templates: Iterable[TemplateStatus]) -> Iterator[TroubleRow]:
    for template in templates:
        name = _text(str(template.key))
        if template.scheduled_message:
            yield TroubleRow(
                object=name,
                cluster="",
                state="not scheduled",
                message=_text(template.scheduled_message),
                since="",
            )
        for one in template.members:
            if one.applied and one.health is not Health.UNHEALTHY:
                continue
            yield TroubleRow(
                object=name,
                cluster=_text(one.cluster),
                state="unhealthy" if one.applied else "not applied",
                message=_text(one.message),
                since=_text(one.since),
            )


def _clusters(report: FleetReport) -> Iterator[ClusterRow]:
    expected: Counter[str] = Counter()
    applied: Counter[str] = Counter()
    unhealthy: Counter[str] = Counter()
    for template in report.templates.values():
        for one in template.members:
            expected[one.cluster] += 1
            applied[one.cluster] += one.applied
            unhealthy[one.cluster] += one.health is Health.UNHEALTHY
    for name in sorted({*expected, *report.frozen_clusters}):
        yield ClusterRow(
            name=_text(name),
            applied=applied[name],
            expected=expected[name],
            unhealthy=unhealthy[name],
            frozen=_text(report.frozen_clusters.get(name, "")),
        )


def _text(text: str) -> str:
    return shortened(printable(text), _LONGEST)
