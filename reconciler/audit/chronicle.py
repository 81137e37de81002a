"""What happened to a fleet, told by our own branches: placements, applications, health.

A `Recorded` commit of the state or status branch says what its documents were before and after;
folding them gives events. Commits that only bump what nobody decided give none.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from reconciler.model.binding import BindingState, Target
from reconciler.model.identity import ObjectKey
from reconciler.model.report import Health, MemberStatus, TemplateStatus
from reconciler.model.source import Revision
from reconciler.model.trailers import CAUSE, SOURCE_COMMIT, trailer_values


class EventKind(StrEnum):
    """What happened."""

    PLACED = "placed"
    MOVED = "moved"
    REMOVED = "removed"
    APPLIED = "applied"
    FAILED = "failed"
    HEALTHY = "healthy"
    UNHEALTHY = "unhealthy"


#: Events of the state branch: decisions, not observations.
DECISIONS = frozenset({EventKind.PLACED, EventKind.MOVED, EventKind.REMOVED})


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """One thing that happened to one object, on these clusters.

    `at` is RFC 3339 in UTC. `source` is the commit of the source branch that led to it, None where
    it is not known any more; `revision` is the commit of our branch that says so.
    """

    at: str
    kind: EventKind
    key: ObjectKey
    clusters: tuple[str, ...] = ()
    before: tuple[Target, ...] = ()
    after: tuple[Target, ...] = ()
    cause: str = ""
    message: str = ""
    source: str = ""
    revision: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class StateCommit:
    """One commit of the state branch: bindings it changed, as they were and as they became."""

    revision: Revision
    before: Mapping[ObjectKey, BindingState] = field(default_factory=dict)
    after: Mapping[ObjectKey, BindingState] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class StatusCommit:
    """One commit of the status branch: templates whose status it changed."""

    revision: Revision
    before: Mapping[ObjectKey, TemplateStatus] = field(default_factory=dict)
    after: Mapping[ObjectKey, TemplateStatus] = field(default_factory=dict)


def moment_of(revision: Revision) -> str:
    """When a commit was made, RFC 3339 in UTC."""
    return revision.committed_at.strftime("%Y-%m-%dT%H:%M:%SZ")


def source_of(revision: Revision) -> str:
    """The commit of the source branch that one of ours came from, `` for none."""
    return next(iter(trailer_values(revision.message, SOURCE_COMMIT)), "")


def placements(commits: Iterable[StateCommit]) -> Iterator[Event]:
    """What was decided: every change of an object's targets."""
    for commit in commits:
        cause = next(iter(trailer_values(commit.revision.message, CAUSE)), "")
        for key in sorted({*commit.before, *commit.after}):
            old, new = commit.before.get(key), commit.after.get(key)
            before, after = (one.targets if one else () for one in (old, new))
            if before == after:
                continue
            kind = EventKind.MOVED if before and after else EventKind.PLACED
            yield Event(
                at=moment_of(commit.revision),
                kind=kind if after else EventKind.REMOVED,
                key=key,
                clusters=_concerned(before, after),
                before=before,
                after=after,
                cause=cause,
                message=new.scheduled.message if new and new.scheduled and not after else "",
                source=source_of(commit.revision),
                revision=commit.revision.id,
            )


def _concerned(before: Iterable[Target], after: Iterable[Target]) -> tuple[str, ...]:
    """Clusters gained, lost, or with another share."""
    return tuple(sorted({target.name for target in {*before} ^ {*after}}))


def observations(commits: Iterable[StatusCommit]) -> Iterator[Event]:
    """What was seen: an object applied or failing, healthy or not, by clusters."""
    for commit in commits:
        for key in sorted({*commit.before, *commit.after}):
            yield from _seen(commit, key)


def _seen(commit: StatusCommit, key: ObjectKey) -> Iterator[Event]:
    old, new = _members(commit.before.get(key)), _members(commit.after.get(key))
    found: dict[tuple[EventKind, str], list[str]] = {}
    for cluster, member in new.items():
        for kind in _transitions(old.get(cluster), member):
            message = member.message if kind in {EventKind.FAILED, EventKind.UNHEALTHY} else ""
            found.setdefault((kind, message), []).append(cluster)
    for (kind, message), clusters in sorted(found.items()):
        yield Event(
            at=moment_of(commit.revision),
            kind=kind,
            key=key,
            clusters=tuple(sorted(clusters)),
            message=message,
            source=source_of(commit.revision),
            revision=commit.revision.id,
        )


def _members(status: TemplateStatus | None) -> dict[str, MemberStatus]:
    return {one.cluster: one for one in status.members} if status else {}


def _transitions(old: MemberStatus | None, new: MemberStatus) -> Iterator[EventKind]:
    if old is None or old.applied is not new.applied:
        if new.applied:
            yield EventKind.APPLIED
        elif new.message or old is not None:
            yield EventKind.FAILED
    if (old is None or old.health is not new.health) and new.health is not Health.UNKNOWN:
        yield EventKind.HEALTHY if new.health is Health.HEALTHY else EventKind.UNHEALTHY


def merged(*streams: Iterable[Event], sources: Iterable[str] = ()) -> tuple[Event, ...]:
    """Newest first; what was seen of a decision is newer than the decision.

    `sources` are the commits that were applied, newest first: they order what happened within one
    second.
    """
    ranks = {source: rank for rank, source in enumerate(dict.fromkeys(sources))}
    events = [event for stream in streams for event in stream]
    events.sort(key=lambda one: (ranks.get(one.source, len(ranks)), one.kind in DECISIONS))
    events.sort(key=lambda one: one.at, reverse=True)
    return tuple(events)


def filtered(
    events: Iterable[Event],
    *,
    keys: frozenset[ObjectKey] | None = None,
    cluster: str = "",
    since: str = "",
) -> tuple[Event, ...]:
    """Those of these objects (None: all), on this cluster, not older than `since` (RFC 3339)."""
    return tuple(
        event
        for event in events
        if (keys is None or event.key in keys)
        and (not cluster or cluster in event.clusters)
        and (not since or event.at >= since)
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Blame:
    """The decision that gave an object its present share on one cluster."""

    key: ObjectKey
    cluster: str
    replicas: int
    event: Event


def blamed(events: Iterable[Event]) -> tuple[Blame, ...]:
    """For every share that stands now, the last decision that changed it; events newest first."""
    standing: dict[tuple[ObjectKey, str], Blame] = {}
    for event in reversed(tuple(events)):
        if event.kind not in DECISIONS:
            continue
        after = {target.name: target for target in event.after}
        for cluster in event.clusters:
            target = after.get(cluster)
            if target is None:
                standing.pop((event.key, cluster), None)
            else:
                standing[(event.key, cluster)] = Blame(
                    key=event.key, cluster=cluster, replicas=target.replicas, event=event
                )
    return tuple(standing[place] for place in sorted(standing))
