"""Works of a whole fleet: every binding on its targets, and namespaces that go everywhere by
themselves.

Rules (design §2, §4): a binding renders for its own targets and for what dependents require, its
own first; clusters that
the fleet does not have get nothing; a declared namespace goes to all clusters, or only where it is
used.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from reconciler.interpret.chain import Interpreter, Question, Unanswered
from reconciler.match import merged_targets
from reconciler.model.binding import Binding, BindingState, Target
from reconciler.model.cluster import Cluster
from reconciler.model.config import FleetConfig
from reconciler.model.diagnostic import Diagnostic
from reconciler.model.fleet import Fleet, Template
from reconciler.model.identity import ObjectKey
from reconciler.model.work import AppliedOverride, Work
from reconciler.render import (
    OverrideIndex,
    Rendered,
    is_auto_propagated,
    render,
    render_namespace,
)

_EVERYWHERE = "all"


@dataclass(slots=True)
class RenderedFleet:
    """Works by cluster, and what could not be rendered.

    `untouched` are (cluster, identity) whose last Work stays, `questions` what an interpreter has
    to
    be asked before the rest is known. `overrides` by identity, then cluster.
    """

    works: dict[str, dict[ObjectKey, Work]] = field(default_factory=dict)
    overrides: dict[ObjectKey, Mapping[str, tuple[AppliedOverride, ...]]] = field(
        default_factory=dict
    )
    untouched: set[tuple[str, ObjectKey]] = field(default_factory=set)
    diagnostics: list[Diagnostic] = field(default_factory=list)
    questions: list[Question] = field(default_factory=list)

    def add(self, key: ObjectKey, rendered: Rendered) -> None:
        """Take in one object's Works."""
        for cluster, work in rendered.works.items():
            self.works.setdefault(cluster, {})[key] = work
        if rendered.applied:
            self.overrides[key] = rendered.applied
        self.untouched |= {(cluster, key) for cluster in rendered.failed}
        self.diagnostics += rendered.diagnostics


@dataclass(frozen=True, slots=True, kw_only=True)
class Rendering:
    """What all bindings of a fleet share while they are rendered."""

    fleet: Fleet
    config: FleetConfig
    clusters: Mapping[str, Cluster]
    interpreter: Interpreter
    overrides: OverrideIndex

    @classmethod
    def of(
        cls,
        fleet: Fleet,
        config: FleetConfig,
        clusters: Iterable[Cluster],
        interpreter: Interpreter,
    ) -> Rendering:
        """With the override policies indexed once."""
        by_name = {cluster.name: cluster for cluster in clusters}
        index = OverrideIndex(fleet.override_policies, by_name)
        return cls(
            fleet=fleet, config=config, clusters=by_name, interpreter=interpreter, overrides=index
        )

    def binding(
        self, binding: Binding, state: BindingState, into: RenderedFleet
    ) -> tuple[Target, ...]:
        """Render one binding; the targets it was rendered for."""
        targets = tuple(
            target
            for target in merged_targets(state.targets, state.requirers)
            if target.name in self.clusters
        )
        template = self.fleet.templates[binding.key]
        try:
            rendered = render(
                template,
                binding,
                targets,
                overrides=self.overrides,
                reviser=self.interpreter,
                generation=state.generation,
                eviction_tasks=state.eviction_tasks,
            )
        except Unanswered as unanswered:
            into.questions.append(unanswered.question)
            into.untouched |= {(name, binding.key) for name in self.clusters}
            return targets
        into.add(binding.key, rendered)
        into.untouched |= set(_evicting(binding.key, state, targets))
        return targets

    def namespaces(self, into: RenderedFleet) -> None:
        """Namespaces that no binding brings to a cluster already."""
        used = {cluster: {key.namespace for key in works} for cluster, works in into.works.items()}
        for template in self._propagating_namespaces():
            wanted = [
                name
                for name in self.clusters
                if template.key not in into.works.get(name, {})
                and (name, template.key) not in into.untouched
                and self._wants(template, used.get(name, set()))
            ]
            rendered = render_namespace(
                template, wanted, overrides=self.overrides, reviser=self.interpreter
            )
            into.add(template.key, rendered)

    def _propagating_namespaces(self) -> Iterator[Template]:
        skipped = self.config.skipped_namespaces
        for key, template in self.fleet.templates.items():
            if (key.group, key.kind) == ("", "Namespace") and is_auto_propagated(template, skipped):
                yield template

    def _wants(self, template: Template, used: set[str]) -> bool:
        return self.config.namespaces == _EVERYWHERE or template.key.name in used


def _evicting(
    key: ObjectKey, state: BindingState, targets: tuple[Target, ...]
) -> Iterator[tuple[str, ObjectKey]]:
    """Clusters that keep what they have until a graceful eviction ends."""
    names = {target.name for target in targets}
    for task in state.eviction_tasks:
        if task.purge_mode != "Directly" and task.from_cluster not in names:
            yield task.from_cluster, key
