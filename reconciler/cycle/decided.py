"""Decisions remembered: which of them a changed cluster can touch.

Rules: a cluster that came, went, or reports other facts may concern every decision. Of labels only
affinities and static weights speak, so that a changed label touches the placements that it now
matches otherwise; plugins from outside may look at anything.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Final

from reconciler.cycle.tables import Round, Table
from reconciler.model.binding import Binding, BindingState, Target
from reconciler.model.cluster import Cluster
from reconciler.model.decision import Decision
from reconciler.model.diagnostic import Position
from reconciler.model.identity import ObjectKey
from reconciler.model.policy import AffinityTerm, Placement
from reconciler.model.selector import ClusterAffinity
from reconciler.schedule.context import SchedulingContext
from reconciler.schedule.framework import Plugins
from reconciler.schedule.scheduler import schedule

_MOST_SHARED: Final = 4096

Relabelled = list[tuple[Cluster, Cluster]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """Everything besides clusters that all decisions of a cycle share."""

    gates: frozenset[str] = frozenset()
    enable_empty: bool = False
    profiles: object = None
    plugins: Plugins = field(default_factory=Plugins)


@dataclass(slots=True)
class DecisionMemory:
    """Decisions of the last cycle, and what they were made in. `epoch` stands for everything that
    lets no decision be used again.
    """

    context: SchedulingContext | None = None
    settings: Settings | None = None
    epoch: object = field(default_factory=object)
    table: Table[ObjectKey, Decision] = field(default_factory=Table)
    targets: dict[object, tuple[Target, ...]] = field(default_factory=dict)

    def deciding(
        self, bindings: Iterable[Binding], context: SchedulingContext, settings: Settings
    ) -> Deciding:
        """One cycle's decisions in a context."""
        before, touched = self.context, set[ObjectKey]()
        if before is None or settings != self.settings:
            self.epoch = object()
        elif _is_same(before.clusters, context.clusters):
            context = before
        else:
            touched = self._touched(bindings, before.clusters, context.clusters, settings)
        round_ = self.table.round((self.epoch,), touched=touched)
        return Deciding(self, context, settings, round_)

    def shared(self, targets: tuple[Target, ...]) -> tuple[Target, ...]:
        """The one tuple that stands for all equal results: most bindings of a fleet go to the same
        few places.
        """
        if len(self.targets) > _MOST_SHARED:
            self.targets.clear()
        content = tuple((one.name, one.replicas, one.components) for one in targets)
        return self.targets.setdefault(content, targets)

    def _touched(
        self,
        bindings: Iterable[Binding],
        before: tuple[Cluster, ...],
        after: tuple[Cluster, ...],
        settings: Settings,
    ) -> set[ObjectKey]:
        changes = relabelled(before, after)
        if changes is None or settings.plugins != Plugins():
            self.epoch = object()
            return set()
        return touched_by(changes, bindings)


@dataclass(frozen=True, slots=True)
class Deciding:
    """One cycle with remembered decisions."""

    memory: DecisionMemory
    context: SchedulingContext
    settings: Settings
    round_: Round[ObjectKey, Decision]

    def decision(self, binding: Binding, state: BindingState | None) -> Decision:
        """Where the binding goes."""
        fresh = partial(self._fresh, binding, state)
        return self.round_.of(binding.key, (binding, state), fresh)

    def _fresh(self, binding: Binding, state: BindingState | None) -> Decision:
        decision = schedule(binding, state, self.context)
        if not decision.was_scheduled:
            return decision
        return replace(decision, targets=self.memory.shared(decision.targets))

    def remember(self) -> None:
        """Leave everything to the next cycle."""
        self.round_.close()
        self.memory.context, self.memory.settings = self.context, self.settings


def _is_same(before: tuple[Cluster, ...], after: tuple[Cluster, ...]) -> bool:
    return len(before) == len(after) and all(
        one is other for one, other in zip(before, after, strict=True)
    )


def relabelled(before: tuple[Cluster, ...], after: tuple[Cluster, ...]) -> Relabelled | None:
    """Clusters with other labels, before and after; None when more than that is different."""
    if [one.name for one in before] != [one.name for one in after]:
        return None
    changed = [(one, other) for one, other in zip(before, after, strict=True) if one is not other]
    if any(_unlabelled(one) != _unlabelled(other) for one, other in changed):
        return None
    return changed


def _unlabelled(cluster: Cluster) -> Cluster:
    return replace(cluster, labels={}, position=Position())


def touched_by(changes: Relabelled, bindings: Iterable[Binding]) -> set[ObjectKey]:
    """Bindings whose placement matches a changed cluster otherwise than before."""
    verdicts: dict[int, bool] = {}
    touched = set()
    for binding in bindings:
        placement = binding.placement
        if placement is None:
            continue
        if id(placement) not in verdicts:
            verdicts[id(placement)] = _is_touched(placement, changes)
        if verdicts[id(placement)]:
            touched.add(binding.key)
    return touched


def _is_touched(placement: Placement, changes: Relabelled) -> bool:
    return any(
        affinity.matches(before) is not affinity.matches(after)
        for affinity in _affinities(placement)
        for before, after in changes
    )


def _affinities(placement: Placement) -> Iterator[ClusterAffinity]:
    """Everything of a placement that may ask for labels."""
    if placement.affinity is not None:
        yield placement.affinity
    yield from _terms(placement.affinities)
    scheduling = placement.replica_scheduling
    for rule in (scheduling.weights or ()) if scheduling is not None else ():
        yield rule.target


def _terms(terms: Iterable[AffinityTerm]) -> Iterator[ClusterAffinity]:
    for term in terms:
        yield term.affinity
        yield from _terms(term.overflow)
