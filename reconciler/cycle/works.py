"""Works of a whole fleet: every binding on its targets, and namespaces that go everywhere by
themselves.

Rules (design §2, §4): a binding renders for its own targets and for what dependents require, its
own first; clusters that
the fleet does not have get nothing; a declared namespace goes to all clusters, or only where it is
used.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import partial
from typing import Final

from reconciler.cycle.scaled import retaining
from reconciler.cycle.tables import Table
from reconciler.cycle.touched import changed_rules, overridden
from reconciler.interpret.chain import Interpreter, Question, Unanswered
from reconciler.match import merged_targets
from reconciler.model.binding import Binding, BindingState, Target
from reconciler.model.cluster import Cluster
from reconciler.model.config import FleetConfig
from reconciler.model.diagnostic import Diagnostic
from reconciler.model.fleet import Fleet, Template
from reconciler.model.identity import ObjectKey
from reconciler.model.meter import Meter
from reconciler.model.policy import OverridePolicy
from reconciler.model.works import FleetOverrides, FleetWorks, ObjectWorks
from reconciler.render import (
    Foreseeing,
    KnownRenderings,
    OverrideIndex,
    Rendered,
    is_auto_propagated,
    render,
    render_namespace,
)

_EVERYWHERE = "all"
_RENDER_SECONDS: Final = "binding_sync_work_duration_seconds"


@dataclass(slots=True)
class RenderedFleet:
    """Works by identity, and what could not be rendered.

    `untouched` are (cluster, identity) whose last Work stays, `questions` what an interpreter has
    to be asked before the rest is known.
    """

    objects: dict[ObjectKey, ObjectWorks] = field(default_factory=dict)
    untouched: set[tuple[str, ObjectKey]] = field(default_factory=set)
    diagnostics: list[Diagnostic] = field(default_factory=list)
    questions: list[Question] = field(default_factory=list)

    @property
    def works(self) -> FleetWorks:
        """Works by cluster, then identity."""
        return FleetWorks(self.objects)

    @property
    def overrides(self) -> FleetOverrides:
        """What was overridden, by identity, then cluster."""
        return FleetOverrides(self.objects)

    def add(self, key: ObjectKey, rendered: Rendered) -> None:
        """Take in one object's Works."""
        works, known = rendered.works, self.objects.get(key)
        if known is not None:
            works = ObjectWorks({**known.classes, **works.classes})
        if works.clusters:
            self.objects[key] = works
        if rendered.failed:
            self.untouched |= {(cluster, key) for cluster in rendered.failed}
        if rendered.diagnostics:
            self.diagnostics += rendered.diagnostics

    def take_off(self, cluster: str) -> frozenset[ObjectKey]:
        """Leave a cluster out; the identities that it would have had."""
        taken = frozenset(key for key, works in self.objects.items() if cluster in works)
        for key in taken:
            rest = {name: one for name, one in self.objects[key].classes.items() if name != cluster}
            if rest:
                self.objects[key] = ObjectWorks(rest)
            else:
                del self.objects[key]
        return taken


@dataclass(slots=True)
class RenderingMemory:
    """Renderings of the last cycle, the override rules they were made under, and what is known of
    renderings of other runs.
    """

    known: KnownRenderings = field(default_factory=KnownRenderings)
    index: OverrideIndex | None = None
    bindings: Table[ObjectKey, tuple[tuple[Target, ...], Rendered]] = field(default_factory=Table)
    namespaces: Table[ObjectKey, Rendered] = field(default_factory=Table)


class Rendering:
    """What all bindings of a fleet share while they are rendered."""

    def __init__(
        self,
        fleet: Fleet,
        config: FleetConfig,
        clusters: Iterable[Cluster],
        interpreter: Interpreter,
        memory: RenderingMemory,
        meter: Meter,
        scaled: Collection[ObjectKey] = (),
    ) -> None:
        self._fleet, self._config, self._interpreter = fleet, config, interpreter
        self._clusters = {cluster.name: cluster for cluster in clusters}
        self._leaving = {name for name, one in self._clusters.items() if one.is_deleting}
        self._memory, self._meter, self._scaled = memory, meter, scaled
        self._overrides = OverrideIndex(fleet.override_policies, self._clusters, memory.index)
        changed = changed_rules(memory.index.rules if memory.index else {}, self._overrides.rules)
        self._foreseeing = Foreseeing(memory.known, fleet, self._overrides)
        self._merged: dict[tuple[int, ...], tuple[object, tuple[Target, ...]]] = {}
        names = tuple(self._clusters)
        self._bindings = memory.bindings.round(
            (interpreter,), (names,), self._touched_bindings(changed)
        )
        self._namespaces = memory.namespaces.round(
            (interpreter,), (), self._touched_namespaces(changed)
        )

    def _touched_bindings(self, changed: list[OverridePolicy]) -> set[ObjectKey]:
        if not changed:
            return set()
        known = self._memory.bindings.results()
        return overridden(changed, {key: one.looked_at for key, (_, one) in known.items()})

    def _touched_namespaces(self, changed: list[OverridePolicy]) -> set[ObjectKey]:
        if not changed:
            return set()
        known = self._memory.namespaces.results()
        return overridden(changed, {key: one.looked_at for key, one in known.items()})

    def binding(
        self, binding: Binding, state: BindingState, into: RenderedFleet
    ) -> tuple[Target, ...]:
        """Render one binding; the targets it was rendered for."""
        template = self._fleet.templates[binding.key]
        try:
            targets, rendered = self._bindings.of(
                binding.key,
                (template, binding, state.targets, state.requirers, state.eviction_tasks),
                lambda: self._fresh(template, binding, state),
                (state.generation, binding.key in self._scaled),
            )
        except Unanswered as unanswered:
            into.questions.append(unanswered.question)
            into.untouched |= {(name, binding.key) for name in self._clusters}
            return self._targets(state)
        into.add(binding.key, rendered)
        if state.eviction_tasks:
            into.untouched |= set(_evicting(binding.key, state, targets))
        return targets

    def remember(self) -> None:
        """Leave everything to the next cycle."""
        self._bindings.close()
        self._namespaces.close()
        self._memory.index = self._overrides

    def _fresh(
        self, template: Template, binding: Binding, state: BindingState
    ) -> tuple[tuple[Target, ...], Rendered]:
        targets = self._targets(state)
        if binding.key in self._scaled:
            template = retaining(template)
        make = partial(
            _made,
            template,
            binding,
            targets,
            state,
            overrides=self._overrides,
            reviser=self._interpreter,
            meter=self._meter,
        )
        if state.eviction_tasks:
            return targets, make()
        fingerprint = self._foreseeing.fingerprint(template, binding, targets)
        return targets, self._foreseeing.rendered(fingerprint, make, template, binding, targets)

    def _targets(self, state: BindingState) -> tuple[Target, ...]:
        """Where the Works go: clusters that the fleet has. Worked out once for targets that many
        bindings share.
        """
        named = (state.targets, *(one.targets for one in state.requirers))
        ids = tuple(map(id, named))
        known = self._merged.get(ids)
        if known is None:
            merged = merged_targets(state.targets, state.requirers)
            targets = tuple(target for target in merged if target.name in self._clusters)
            known = self._merged[ids] = (named, targets)
        return known[1]

    def namespaces(self, into: RenderedFleet) -> None:
        """Namespaces that no binding brings to a cluster already."""
        used = {} if self._config.namespaces == _EVERYWHERE else _used(into.objects)
        for template in self._propagating_namespaces():
            wanted = self._wanting(template, used, into)
            into.add(template.key, self._namespace(template, wanted))

    def _wanting(
        self, template: Template, used: Mapping[str, frozenset[str]], into: RenderedFleet
    ) -> tuple[str, ...]:
        """Clusters that have to get the namespace."""
        known, key = into.objects.get(template.key), template.key
        names: Iterable[str] = self._staying(key.name, into)
        if self._config.namespaces != _EVERYWHERE:
            where = used.get(key.name, frozenset())
            names = (name for name in names if name in where)
        if known is not None:
            names = (name for name in names if name not in known)
        return tuple(name for name in names if (name, key) not in into.untouched)

    def _staying(self, namespace: str, into: RenderedFleet) -> Iterable[str]:
        """Clusters but those that are to leave the fleet, once nothing in the namespace stands
        there any more.
        """
        if not self._leaving:
            return self._clusters
        needed = {name for name, key in into.untouched if key.namespace == namespace}
        return (name for name in self._clusters if name not in self._leaving or name in needed)

    def _namespace(self, template: Template, wanted: tuple[str, ...]) -> Rendered:
        def fresh() -> Rendered:
            return render_namespace(
                template, wanted, overrides=self._overrides, reviser=self._interpreter
            )

        return self._namespaces.of(template.key, (template,), fresh, (wanted,))

    def _propagating_namespaces(self) -> Iterator[Template]:
        skipped = self._config.skipped_namespaces
        for key, template in self._fleet.templates.items():
            if (key.group, key.kind) == ("", "Namespace") and is_auto_propagated(template, skipped):
                yield template


def _made(
    template: Template,
    binding: Binding,
    targets: tuple[Target, ...],
    state: BindingState,
    *,
    overrides: OverrideIndex,
    reviser: Interpreter,
    meter: Meter,
) -> Rendered:
    began = meter.start()
    rendered = render(
        template,
        binding,
        targets,
        overrides=overrides,
        reviser=reviser,
        generation=state.generation,
        eviction_tasks=state.eviction_tasks,
    )
    meter.took(_RENDER_SECONDS, began, "error" if rendered.failed else "success")
    return rendered


def _used(objects: Mapping[ObjectKey, ObjectWorks]) -> dict[str, frozenset[str]]:
    """Clusters by the namespaces that they have objects in."""
    places: dict[str, set[frozenset[str]]] = {}
    for key, works in objects.items():
        places.setdefault(key.namespace, set()).add(works.clusters)
    return {namespace: frozenset().union(*sets) for namespace, sets in places.items()}


def _evicting(
    key: ObjectKey, state: BindingState, targets: tuple[Target, ...]
) -> Iterator[tuple[str, ObjectKey]]:
    """Clusters that keep what they have until a graceful eviction ends."""
    names = {target.name for target in targets}
    for task in state.eviction_tasks:
        if task.purge_mode != "Directly" and task.from_cluster not in names:
            yield task.from_cluster, key
