"""The one status of a commit over all clusters: pending until everything settles, with counts.

Rules: failure when something refuses to be applied, is unhealthy, has no place, or waits for
approval; pending while a cluster is frozen or something is not there or not judged yet; else
success.
"""

from __future__ import annotations

from collections import Counter

from reconciler.model.announcement import CommitState, CommitStatus
from reconciler.model.report import FleetReport, Health
from reconciler.model.text import count_of


def commit_status(report: FleetReport, *, refused: int = 0, url: str = "") -> CommitStatus:
    """What to show beside the report's commit; `refused` objects were turned away by members."""
    templates = report.templates.values()
    members = [member for template in templates for member in template.members]
    counts = {
        "deletions held": len(report.holds),
        "not scheduled": sum(1 for one in templates if one.scheduled_message),
        "refused": refused,
        "unhealthy": sum(1 for one in members if one.health is Health.UNHEALTHY),
        "clusters frozen": len(report.frozen_clusters),
    }
    applied = Counter(one.applied for one in members)
    clusters = len({one.cluster for one in members})
    is_settled = applied[True] == len(members) and not any(
        one.health is Health.UNKNOWN for one in members
    )
    return CommitStatus(
        commit=report.source_commit,
        state=_state(counts, is_settled=is_settled),
        description=_sentence(applied[True], len(members), clusters, counts),
        url=url,
    )


def _state(counts: dict[str, int], *, is_settled: bool) -> CommitState:
    if counts["clusters frozen"]:
        # A frozen member's objects are silent, not refused: what else failed is still failure.
        return CommitState.FAILURE if counts["deletions held"] else CommitState.PENDING
    if any(counts.values()):
        return CommitState.FAILURE
    return CommitState.SUCCESS if is_settled else CommitState.PENDING


def _sentence(applied: int, total: int, clusters: int, counts: dict[str, int]) -> str:
    parts = [f"{applied}/{total} objects applied on {count_of(clusters, 'cluster')}"]
    parts += [_counted(count, name) for name, count in counts.items() if count]
    return ", ".join(parts)


def _counted(count: int, name: str) -> str:
    """`1 deletion held`, `2 deletions held`, `2 unhealthy`."""
    noun, _, state = name.partition("s ")
    return f"{count_of(count, noun)} {state}" if state else f"{count} {name}"
