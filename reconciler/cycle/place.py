"""Scheduling every binding of a commit, in an order that follows from the commit alone.

Rules (design §6): schedulePriority descending, then identity. Custom resource definitions go first,
since
what they are placed on counts as serving their kinds (design §4).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace

from reconciler.cycle.decided import DecisionMemory, Settings
from reconciler.cycle.facts import CRD_GROUP, CRD_KIND, serving
from reconciler.model.binding import Binding, BindingState
from reconciler.model.cluster import Cluster
from reconciler.model.decision import Decision
from reconciler.model.fleet import Fleet
from reconciler.model.identity import ObjectKey
from reconciler.schedule.context import Peer, SchedulingContext
from reconciler.schedule.scheduler import schedule

_AFFINITY_GATE = "WorkloadAffinity"


@dataclass(slots=True)
class PlacingMemory:
    """Decisions of the last cycle, of definitions and of the rest: each saw its own clusters."""

    definitions: DecisionMemory = field(default_factory=DecisionMemory)
    others: DecisionMemory = field(default_factory=DecisionMemory)


@dataclass(frozen=True, slots=True, kw_only=True)
class Placing:
    """What all bindings of a cycle share: the remembered states and the scheduling context.

    `settings` are what the context was made from, besides clusters.
    """

    fleet: Fleet
    states: Mapping[ObjectKey, BindingState]
    context: SchedulingContext
    settings: Settings
    memory: PlacingMemory

    def decisions(self, bindings: Iterable[Binding]) -> dict[ObjectKey, Decision]:
        """A decision for every binding, by template identity."""
        ordered = sorted(bindings, key=lambda one: (-one.schedule_priority, one.key))
        definitions = [one for one in ordered if _is_definition(one.key)]
        others = [one for one in ordered if not _is_definition(one.key)]
        decided = self._each(definitions, self.context, self.memory.definitions)
        served = self._with_definitions(decided)
        return {**decided, **self._each(others, served, self.memory.others)}

    def _each(
        self, bindings: list[Binding], context: SchedulingContext, memory: DecisionMemory
    ) -> dict[ObjectKey, Decision]:
        if _AFFINITY_GATE in context.gates:
            return self._each_with_peers(bindings, context)
        if context.wants_trace:
            return {one.key: schedule(one, self.states.get(one.key), context) for one in bindings}
        deciding = memory.deciding(bindings, context, self.settings)
        decided = {one.key: deciding.decision(one, self.states.get(one.key)) for one in bindings}
        deciding.remember()
        return decided

    def _each_with_peers(
        self, bindings: list[Binding], context: SchedulingContext
    ) -> dict[ObjectKey, Decision]:
        """Bindings see where those before them went, and where the rest was last."""
        peers = {one.key: self._peer(one) for one in bindings}
        decided: dict[ObjectKey, Decision] = {}
        for one in bindings:
            seen = replace(context, peers=tuple(peers.values()))
            decision = schedule(one, self.states.get(one.key), seen)
            decided[one.key] = decision
            names = frozenset(target.name for target in decision.targets)
            peers[one.key] = replace(peers[one.key], targets=names)
        return decided

    def _peer(self, binding: Binding) -> Peer:
        state = self.states.get(binding.key)
        targets = state.targets if state else ()
        return Peer(
            key=binding.key,
            namespace=binding.resource.namespace,
            affinity_group=binding.affinity_group,
            anti_affinity_group=binding.anti_affinity_group,
            targets=frozenset(target.name for target in targets),
        )

    def _with_definitions(self, decided: Mapping[ObjectKey, Decision]) -> SchedulingContext:
        by_cluster: dict[str, list[ObjectKey]] = {}
        for key, decision in decided.items():
            for target in decision.targets:
                by_cluster.setdefault(target.name, []).append(key)
        if not by_cluster:
            return self.context
        clusters = tuple(
            self._serving(one, by_cluster.get(one.name, ())) for one in self.context.clusters
        )
        return replace(self.context, clusters=clusters)

    def _serving(self, cluster: Cluster, definitions: Iterable[ObjectKey]) -> Cluster:
        manifests = [self.fleet.templates[key].manifest for key in definitions]
        return serving(cluster, manifests) if manifests else cluster


def _is_definition(key: ObjectKey) -> bool:
    return (key.group, key.kind) == (CRD_GROUP, CRD_KIND)
