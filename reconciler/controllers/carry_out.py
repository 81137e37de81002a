"""Intents into a World: one function per kind of intent, none of which looks at the time.

Strategy: the parts that change are copied once into a draft, however many intents there are; a
cluster with thousands of bindings may leave at once.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
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
    draft = _Draft(world)
    for one in intents:
        _BY_KIND[type(one)](draft, one)
    return draft.world()


@dataclass(slots=True)
class _Draft:
    """A world in the making: what differs from the one it began as."""

    before: World
    bindings: dict[ObjectKey, BindingState] = field(default_factory=dict)
    clocks: dict[str, str] = field(default_factory=dict)
    taints: dict[str, list[TaintCluster]] = field(default_factory=dict)

    def change(self, key: ObjectKey, change: Callable[[BindingState], BindingState]) -> None:
        """One binding's state changed; an unknown binding has nothing to change."""
        state = self.bindings.get(key) or self.before.state.bindings.get(key)
        if state is not None:
            self.bindings[key] = change(state)

    def world(self) -> World:
        """The world with everything that changed."""
        world, state = self.before, self.before.state
        if self.bindings:
            state = replace(state, bindings={**state.bindings, **self.bindings})
        if self.clocks:
            clocks = {name: at for name, at in {**state.clocks, **self.clocks}.items() if at}
            state = replace(state, clocks=dict(sorted(clocks.items())))
        if state is not world.state:
            world = replace(world, state=state)
        return self._tainted(world) if self.taints else world

    def _tainted(self, world: World) -> World:
        """In both fleets: a frozen Cluster document is the last applied one."""
        last = world.last_applied
        return replace(
            world,
            fleet=self._tainted_fleet(world.fleet),
            last_applied=self._tainted_fleet(last) if last is not None else None,
        )

    def _tainted_fleet(self, fleet: Fleet) -> Fleet:
        clusters = list(fleet.clusters)
        for place, cluster in enumerate(clusters):
            for intent in self.taints.get(cluster.name, ()):
                clusters[place] = _with_taints(clusters[place], intent)
        return replace(fleet, clusters=tuple(clusters))


def _with_taints(cluster: Cluster, intent: TaintCluster) -> Cluster:
    unwanted = {_identity(one) for one in intent.remove}
    present = {_identity(one) for one in cluster.taints}
    kept = tuple(one for one in cluster.taints if _identity(one) not in unwanted)
    added = tuple(one for one in intent.add if _identity(one) not in present)
    return replace(cluster, taints=kept + added)


def _identity(taint: Taint) -> tuple[str, str]:
    return taint.key, taint.effect


def _taint(draft: _Draft, intent: TaintCluster) -> None:
    draft.taints.setdefault(intent.cluster, []).append(intent)


def _evict(draft: _Draft, intent: Evict) -> None:
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

    draft.change(intent.key, change)


def _stamp(draft: _Draft, intent: StampEviction) -> None:
    def stamped(task: EvictionTask) -> EvictionTask:
        return replace(task, created=intent.at) if task.from_cluster == intent.cluster else task

    def change(state: BindingState) -> BindingState:
        return replace(state, eviction_tasks=tuple(stamped(one) for one in state.eviction_tasks))

    draft.change(intent.key, change)


def _end(draft: _Draft, intent: EndEviction) -> None:
    def change(state: BindingState) -> BindingState:
        rest = [one for one in state.eviction_tasks if one.from_cluster != intent.cluster]
        return replace(state, eviction_tasks=tuple(rest))

    draft.change(intent.key, change)


def _reschedule(draft: _Draft, intent: Reschedule) -> None:
    draft.change(intent.key, lambda state: replace(state, reschedule_triggered=intent.at))


def _clock(draft: _Draft, intent: Clock) -> None:
    draft.clocks[intent.name] = intent.at


def _nothing(_draft: _Draft, _intent: Wake) -> None:
    """A wish to be woken changes nothing now."""


_BY_KIND: Mapping[type[Any], Callable[[_Draft, Any], None]] = {
    TaintCluster: _taint,
    Evict: _evict,
    StampEviction: _stamp,
    EndEviction: _end,
    Reschedule: _reschedule,
    Clock: _clock,
    Wake: _nothing,
}
