"""Intents into a World: one function per kind of intent, none of which looks at the time."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from typing import Any

from reconciler.model.binding import BindingState, EvictionTask
from reconciler.model.cluster import Cluster, Taint
from reconciler.model.fleet import Fleet
from reconciler.model.identity import ObjectKey
from reconciler.model.intent import (
    Clock,
    EndEviction,
    Evict,
    Intent,
    Reschedule,
    StampEviction,
    TaintCluster,
    Wake,
)
from reconciler.model.world import World


def carried_out(world: World, intents: Iterable[Intent]) -> World:
    """The world after the intents, in their order; what they do not name is shared."""
    for one in intents:
        world = _BY_KIND[type(one)](world, one)
    return world


def _taint(world: World, intent: TaintCluster) -> World:
    """In both fleets: a frozen Cluster document is the last applied one."""
    last = world.last_applied
    return replace(
        world,
        fleet=_tainted_fleet(world.fleet, intent),
        last_applied=_tainted_fleet(last, intent) if last is not None else None,
    )


def _tainted_fleet(fleet: Fleet, intent: TaintCluster) -> Fleet:
    clusters = tuple(
        _tainted(one, intent) if one.name == intent.cluster else one for one in fleet.clusters
    )
    return replace(fleet, clusters=clusters)


def _tainted(cluster: Cluster, intent: TaintCluster) -> Cluster:
    unwanted = {_identity(one) for one in intent.remove}
    present = {_identity(one) for one in cluster.taints}
    kept = tuple(one for one in cluster.taints if _identity(one) not in unwanted)
    added = tuple(one for one in intent.add if _identity(one) not in present)
    return replace(cluster, taints=kept + added)


def _identity(taint: Taint) -> tuple[str, str]:
    return taint.key, taint.effect


def _evict(world: World, intent: Evict) -> World:
    """Karmada: GracefulEvictCluster and RemoveCluster; a cluster has one task at most, and what is
    no target of the binding is left alone.
    """

    def change(state: BindingState) -> BindingState:
        leaving = [one for one in state.targets if one.name == intent.cluster]
        if not leaving:
            return state
        rest = tuple(one for one in state.targets if one.name != intent.cluster)
        tasks, task = state.eviction_tasks, intent.task
        if task is not None and all(one.from_cluster != intent.cluster for one in tasks):
            tasks = (*tasks, replace(task, replicas=leaving[0].replicas or None))
        return replace(state, targets=rest, eviction_tasks=tasks)

    return _changed(world, intent.key, change)


def _stamp(world: World, intent: StampEviction) -> World:
    def stamped(task: EvictionTask) -> EvictionTask:
        return replace(task, created=intent.at) if task.from_cluster == intent.cluster else task

    return _changed(
        world,
        intent.key,
        lambda state: replace(
            state, eviction_tasks=tuple(stamped(one) for one in state.eviction_tasks)
        ),
    )


def _end(world: World, intent: EndEviction) -> World:
    return _changed(
        world,
        intent.key,
        lambda state: replace(
            state,
            eviction_tasks=tuple(
                one for one in state.eviction_tasks if one.from_cluster != intent.cluster
            ),
        ),
    )


def _reschedule(world: World, intent: Reschedule) -> World:
    return _changed(world, intent.key, lambda state: replace(state, reschedule_triggered=intent.at))


def _clock(world: World, intent: Clock) -> World:
    clocks = {name: at for name, at in world.state.clocks.items() if name != intent.name}
    if intent.at:
        clocks[intent.name] = intent.at
    return replace(world, state=replace(world.state, clocks=dict(sorted(clocks.items()))))


def _nothing(world: World, _: Wake) -> World:
    return world


def _changed(world: World, key: ObjectKey, change: Callable[[BindingState], BindingState]) -> World:
    """The world with one binding's state changed; an unknown binding has nothing to change."""
    state = world.state.bindings.get(key)
    if state is None:
        return world
    bindings = {**world.state.bindings, key: change(state)}
    return replace(world, state=replace(world.state, bindings=bindings))


_BY_KIND: Mapping[type[Any], Callable[[World, Any], World]] = {
    TaintCluster: _taint,
    Evict: _evict,
    StampEviction: _stamp,
    EndEviction: _end,
    Reschedule: _reschedule,
    Clock: _clock,
    Wake: _nothing,
}
