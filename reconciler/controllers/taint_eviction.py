"""Eviction of bindings from clusters with NoExecute taints (Karmada: taint manager).

Rules (karmada-semantics §2.18): behind the gate Failover. Tolerations are those of the placement
that the result was computed for. A taint that nothing tolerates evicts at once; otherwise the first
matching toleration of each taint counts: with seconds it evicts that long after the taint was
added, without it never does.

Evictions are slow on purpose, so that somebody can stop a mistake: one in two seconds over the
whole fleet, and at most `BURST` at a time after a pause. A taint in Git that says no timeAdded
counts from when it was first seen.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Container, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from reconciler.controllers.evidence import bindings, clusters, gates, members
from reconciler.controllers.tasks import (
    GRACEFUL_GATE,
    GRACEFULLY,
    evicting,
    failover_of,
)
from reconciler.model.binding import BindingState, EvictionTask
from reconciler.model.cluster import Taint
from reconciler.model.identity import ObjectKey
from reconciler.model.instant import elapsed, instant, later, written
from reconciler.model.intent import Clock, Evict, Intent, Wake
from reconciler.model.policy import Toleration
from reconciler.model.world import World

GATE: Final = "Failover"
PRODUCER: Final = "TaintManager"
REASON: Final = "TaintUntolerated"
RATE_PER_SECOND: Final = 0.5
BURST: Final = 5

_EFFECT: Final = "NoExecute"
_LAST: Final = "taint-eviction/last"
_SEEN: Final = "taint-seen/"


@dataclass(frozen=True, slots=True)
class _Overdue:
    """A binding that a cluster has to lose; `taint` is one that says so."""

    key: ObjectKey
    cluster: str
    taint: str


def intents(world: World, now: datetime) -> Iterator[Intent]:
    """What is due within the rate, and when to look again."""
    if GATE not in gates(world):
        return
    tainted = _tainted(world)
    yield from _clocks(world, tainted, now)
    overdue: list[_Overdue] = []
    for key, state in bindings(world, _any_target_in(tainted)):
        for target in state.targets:
            taints = tainted.get(target.name)
            due = _due(world, state, target.name, taints, now) if taints else None
            if due is None:
                continue
            if due <= now:
                overdue.append(_Overdue(key, target.name, shown(taints)))
            else:
                yield Wake(at=written(due))
    yield from _evicted(world, overdue, now)


def shown(taints: tuple[Taint, ...] | None) -> str:
    """The taints' keys, for people."""
    return ", ".join(one.key for one in taints or ())


def _tainted(world: World) -> dict[str, tuple[Taint, ...]]:
    found = {
        name: tuple(one for one in cluster.taints if one.effect == _EFFECT)
        for name, cluster in clusters(world).items()
    }
    return {name: taints for name, taints in found.items() if taints}


def _any_target_in(names: Container[str]) -> Callable[[BindingState], bool]:
    return lambda state: any(target.name in names for target in state.targets)


def _clock_name(cluster: str, taint: Taint) -> str:
    return f"{_SEEN}{cluster}/{taint.key}"


def _clocks(
    world: World, tainted: Mapping[str, tuple[Taint, ...]], now: datetime
) -> Iterator[Clock]:
    """Start a clock for every taint without a time, stop those of taints that went away."""
    wanted = {
        _clock_name(name, taint)
        for name, taints in tainted.items()
        for taint in taints
        if instant(taint.time_added) is None
    }
    known = {name for name in world.state.clocks if name.startswith(_SEEN)}
    yield from (Clock(name=name, at=written(now)) for name in sorted(wanted - known))
    yield from (Clock(name=name, at="") for name in sorted(known - wanted))


def _due(
    world: World,
    state: BindingState,
    cluster: str,
    taints: tuple[Taint, ...],
    now: datetime,
) -> datetime | None:
    """When the binding has to leave the cluster, None for never."""
    if state.applied_placement is None:
        return None  # not scheduled by us: its tolerations are not known
    raw = state.applied_placement.get("clusterTolerations") or ()
    tolerations = [Toleration.decode(one) for one in raw]
    moments: list[datetime] = []
    for taint in taints:
        toleration = next((one for one in tolerations if one.tolerates(taint)), None)
        if toleration is None:
            return now
        if toleration.toleration_seconds is not None:
            since = _since(world, cluster, taint, now)
            moments.append(later(since, max(toleration.toleration_seconds, 0)))
    return min(moments, default=None)


def _since(world: World, cluster: str, taint: Taint, now: datetime) -> datetime:
    clock = world.state.clocks.get(_clock_name(cluster, taint), "")
    return instant(taint.time_added) or instant(clock) or now


def _evicted(world: World, overdue: list[_Overdue], now: datetime) -> Iterator[Intent]:
    allowed = _allowance(world, now)
    started = 0
    for one in overdue:
        intent = _evict(world, one, now) if started < allowed else None
        if intent is not None:
            started += 1
            yield intent
    if started:
        yield Clock(name=_LAST, at=written(now))
    if started < len(overdue):
        yield Wake(at=written(later(now, 1 / RATE_PER_SECOND)))


def _allowance(world: World, now: datetime) -> int:
    """How many evictions the rate permits now; a plan shows all of them, since it starts none."""
    if world.is_offline:
        return sys.maxsize
    last = instant(world.state.clocks.get(_LAST, ""))
    if last is None:
        return 1
    return max(0, min(BURST, int(elapsed(last, now) * RATE_PER_SECOND)))


def _evict(world: World, one: _Overdue, now: datetime) -> Evict | None:
    """The eviction, None while state that has to be handed over is not known."""
    state, on = world.state.bindings[one.key], gates(world)
    cause = f"{one.cluster} has taints that are not tolerated: {one.taint}"
    if GRACEFUL_GATE not in on:
        return Evict(key=one.key, cluster=one.cluster, cause=cause)
    behaviour = failover_of(state, "cluster") or {}
    task = EvictionTask(
        from_cluster=one.cluster,
        purge_mode=behaviour.get("purgeMode") or GRACEFULLY,
        reason=REASON,
        producer=PRODUCER,
        created=written(now),
    )
    ready = evicting(state, task, behaviour, members(world, one.key).get(one.cluster), on)
    return Evict(key=one.key, cluster=one.cluster, task=ready, cause=cause) if ready else None
