"""`summary.yaml`: is everything applied, and if not what and where, on one screen.

What fails in the same way is one row with all its clusters; what is not applied comes first, then
what is unhealthy, then what cannot be told.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any, Final

from reconciler.model.identity import ObjectKey
from reconciler.model.report import FleetReport, Health, MemberStatus, TemplateStatus

API_VERSION: Final = "fleet-reconciler.io/v1alpha1"
_MOST_ROWS: Final = 10
_MOST_CLUSTERS: Final = 3


def summary(report: FleetReport) -> dict[str, Any]:
    """The one document people look at first."""
    templates = report.templates.values()
    health = Counter(one.health for one in templates)
    document: dict[str, Any] = {
        "apiVersion": API_VERSION,
        "kind": "Summary",
        "sourceCommit": report.source_commit,
        "everythingApplied": is_everything_applied(report),
        "templates": {
            "total": len(report.templates),
            "fullyApplied": sum(1 for one in templates if _is_done(one)),
            **{str(name).lower(): health[name] for name in Health},
        },
        "clusters": _clusters(report),
    }
    if report.is_held:
        document["held"] = True
    if report.holds:
        document["holds"] = list(report.holds)
    return document | _cut("frozen", [str(key) for key in report.frozen]) | _failures(report)


def is_everything_applied(report: FleetReport) -> bool:
    """Whether the newest commit is in force as a whole: every template is on every cluster it
    belongs to, and nothing is held, frozen or waiting.
    """
    stops = (report.is_held, report.holds, report.frozen, report.frozen_clusters)
    return not any(stops) and all(_is_done(one) for one in report.templates.values())


def _is_done(template: TemplateStatus) -> bool:
    return template.is_fully_applied and not template.scheduled_message


def _failures(report: FleetReport) -> dict[str, Any]:
    rows = [row.document() for row in failing(report.templates.values())]
    return _cut("failing", rows) | _cut("problems", list(report.problems))


def _cut(name: str, rows: list[Any]) -> dict[str, Any]:
    """The rows that fit on a screen, and how many there are where some do not."""
    shown: dict[str, Any] = {name: rows[:_MOST_ROWS]} if rows else {}
    return shown | ({f"{name}Total": len(rows)} if len(rows) > _MOST_ROWS else {})


def _clusters(report: FleetReport) -> dict[str, Any]:
    expected: Counter[str] = Counter()
    applied: Counter[str] = Counter()
    for template in report.templates.values():
        expected.update(one.cluster for one in template.members)
        applied.update(one.cluster for one in template.members if one.applied)
    names = sorted({*expected, *report.frozen_clusters})
    rows = []
    for name in names:
        row: dict[str, Any] = {"name": name, "applied": applied[name], "expected": expected[name]}
        if name in report.frozen_clusters:
            row["frozen"] = report.frozen_clusters[name]
        if applied[name] != expected[name] or name in report.frozen_clusters:
            rows.append(row)
    complete = len(names) - len(rows)
    return {"total": len(names), "complete": complete} | _cut("incomplete", rows)


@dataclass(frozen=True, slots=True, kw_only=True)
class Failing:
    """One template that fails in one way on some clusters; without clusters it has none to go to.

    `state` is `Unscheduled`, `NotApplied`, or the health.
    """

    key: ObjectKey
    state: str
    message: str
    clusters: tuple[str, ...] = ()

    def document(self) -> dict[str, str]:
        """The row of the summary."""
        row = {
            "object": str(self.key),
            "state": self.state,
            "message": self.message,
        }
        if self.clusters:
            row["clusters"] = self._named()
        return row

    def _named(self) -> str:
        """`eu-1, eu-2, us-1 and 7 more`: a line of text, since a list of clusters fills screens."""
        named = ", ".join(self.clusters[:_MOST_CLUSTERS])
        more = len(self.clusters) - _MOST_CLUSTERS
        return f"{named} and {more} more" if more > 0 else named


_UNSCHEDULED, _NOT_APPLIED = "Unscheduled", "NotApplied"
_WORST_FIRST: Final = (
    _UNSCHEDULED,
    _NOT_APPLIED,
    str(Health.UNHEALTHY),
    str(Health.UNKNOWN),
)


def failing(templates: Iterable[TemplateStatus]) -> list[Failing]:
    """Everything that is not as it should be, the worst first."""
    rows = [row for one in templates for row in _failing(one)]
    return sorted(rows, key=lambda row: (_WORST_FIRST.index(row.state), row.key, row.message))


def _failing(template: TemplateStatus) -> Iterator[Failing]:
    if template.scheduled_message:
        yield Failing(key=template.key, state=_UNSCHEDULED, message=template.scheduled_message)
    ways: dict[tuple[str, str], list[str]] = {}
    for one in template.members:
        state = _state(one)
        if state != Health.HEALTHY:
            ways.setdefault((state, one.message or "no reason is given"), []).append(one.cluster)
    for (state, message), clusters in ways.items():
        yield Failing(key=template.key, state=state, message=message, clusters=tuple(clusters))


def _state(member: MemberStatus) -> str:
    return str(member.health) if member.applied else _NOT_APPLIED
