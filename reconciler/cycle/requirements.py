"""Who requires what: dependency edges merged into `requiredBy` once their bindings are scheduled.

Rules (karmada-semantics §2.4): a dependency goes where its requirers go; one that no policy claims
gets an attached
binding. A requirer that is frozen or waiting, or whose interpreter fails or has not answered, keeps
requiring what it required before: unreadable never means empty.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import partial

from reconciler.cycle.bindings import NOT_UNDERSTOOD, BoundFleet
from reconciler.cycle.in_force import InForce
from reconciler.cycle.tables import Table
from reconciler.interpret.chain import Interpreter, InterpretError, Question, Unanswered
from reconciler.match import TemplateIndex, attached, requirers_of
from reconciler.match.dependencies import (
    References,
    Wishes,
    has_dependencies,
    needed,
    place_of,
    requirer_of,
)
from reconciler.model.binding import Binding, BindingState, Requirer, Target
from reconciler.model.decision import Decision
from reconciler.model.diagnostic import Diagnostic, Effect
from reconciler.model.features import enabled
from reconciler.model.fleet import Fleet, Template
from reconciler.model.identity import ObjectKey, binding_name
from reconciler.model.world import World

GATE = "PropagateDeps"


@dataclass(slots=True)
class Requirements:
    """`requirers` by identity of the dependency; bindings of those that no policy claims.

    `unknown` templates could not say what they depend on.
    """

    requirers: dict[ObjectKey, tuple[Requirer, ...]] = field(default_factory=dict)
    attached: dict[ObjectKey, Binding] = field(default_factory=dict)
    unknown: set[ObjectKey] = field(default_factory=set)
    questions: list[Question] = field(default_factory=list)
    diagnostics: list[Diagnostic] = field(default_factory=list)


@dataclass(slots=True)
class RequirementsMemory:
    """What every template needed in the last cycle, and who required what.

    `index` is of all templates then: references find them by name and by label.
    """

    index: TemplateIndex = field(default_factory=lambda: TemplateIndex({}))
    references: Table[ObjectKey, References] = field(default_factory=Table)
    needs: Table[ObjectKey, tuple[ObjectKey, ...]] = field(default_factory=Table)
    requirers: Table[ObjectKey, Requirer] = field(default_factory=Table)
    merged: Table[ObjectKey, tuple[Requirer, ...]] = field(default_factory=Table)
    attached: Table[ObjectKey, Binding] = field(default_factory=Table)


def requirements(
    world: World,
    force: InForce,
    bound: BoundFleet,
    decisions: Mapping[ObjectKey, Decision],
    interpreter: Interpreter,
    memory: RequirementsMemory,
) -> Requirements:
    """What the scheduled bindings of a fleet bring along."""
    found = Requirements()
    still = force.frozen | bound.waiting
    edges = _edges(force.fleet, bound, interpreter, found, memory)
    naming = _Naming(bound, world.state.bindings)
    fresh = _requirers(edges, bound.bindings, decisions, memory, naming)
    kept = _kept(world.state.bindings, still | found.unknown)
    merged, attachments = memory.merged.round(), memory.attached.round()
    for key in sorted({**fresh, **kept}):
        everyone = (*fresh.get(key, ()), *kept.get(key, ()))
        found.requirers[key] = merged.of(key, (), partial(_in_order, everyone), (everyone,))
        template = force.fleet.templates.get(key)
        if template is not None and key not in bound.bindings and key not in still:
            wishes = Wishes.of(naming.bindings(everyone))
            found.attached[key] = attachments.of(
                key, (template,), partial(attached, template, wishes), (wishes,)
            )
    merged.close()
    attachments.close()
    return found


def _in_order(requirers: Iterable[Requirer]) -> tuple[Requirer, ...]:
    return tuple(sorted(requirers, key=lambda one: (one.namespace, one.name)))


def _edges(
    fleet: Fleet,
    bound: BoundFleet,
    interpreter: Interpreter,
    found: Requirements,
    memory: RequirementsMemory,
) -> dict[ObjectKey, tuple[ObjectKey, ...]]:
    config = fleet.config
    if config is None or GATE not in enabled(config.feature_gates):
        return {}
    looking = _Looking(fleet, interpreter, memory)
    edges: dict[ObjectKey, tuple[ObjectKey, ...]] = {}
    for key, binding in bound.bindings.items():
        if not has_dependencies(binding):
            continue
        try:
            needs = looking.needs(fleet.templates[key])
        except InterpretError as error:
            found.unknown.add(key)
            found.diagnostics.append(_not_understood(fleet.templates[key], str(error)))
            continue
        except Unanswered as unanswered:
            found.unknown.add(key)
            found.questions.append(unanswered.question)
            continue
        if needs:
            edges[key] = needs
    looking.remember()
    return edges


class _Looking:
    """Templates looking for what they depend on."""

    def __init__(self, fleet: Fleet, interpreter: Interpreter, memory: RequirementsMemory) -> None:
        self._interpreter, self._memory = interpreter, memory
        self._changed = _changed_places(memory.index.templates, fleet.templates)
        self._index = TemplateIndex(fleet.templates) if self._changed else memory.index
        self._references = memory.references.round((interpreter,))
        self._needs = memory.needs.round(touched=self._touched())

    def needs(self, template: Template) -> tuple[ObjectKey, ...]:
        """Identities that the template needs; raises as the interpreter does."""
        key = template.key
        references = self._references.of(key, (template,), partial(self._asked, template))
        if not references:
            return ()
        return self._needs.of(
            key, (references,), partial(needed, template, references, self._index)
        )

    def remember(self) -> None:
        """Leave everything to the next cycle."""
        self._references.close()
        self._needs.close()
        self._memory.index = self._index

    def _asked(self, template: Template) -> References:
        return tuple(self._interpreter.get_dependencies(template.manifest.body) or ())

    def _touched(self) -> set[ObjectKey]:
        """Templates that refer to a place where a template came, went or got other labels."""
        if not self._changed:
            return set()
        return {
            key
            for key, references in self._memory.references.results().items()
            if any(place_of(one) in self._changed for one in references)
        }


def _changed_places(
    before: Mapping[ObjectKey, Template], after: Mapping[ObjectKey, Template]
) -> set[tuple[str, str, str]]:
    """Groups, kinds and namespaces where a template came, went or got other labels."""
    if before is after:
        return set()
    others = {key for key, one in after.items() if one is not before.get(key)}
    changed = {key for key in others if _labels(before.get(key)) != _labels(after[key])}
    changed |= before.keys() - after.keys()
    return {(key.group, key.kind, key.namespace) for key in changed}


def _labels(template: Template | None) -> Mapping[str, str] | None:
    return None if template is None else template.manifest.labels


def _requirers(
    edges: Mapping[ObjectKey, tuple[ObjectKey, ...]],
    bindings: Mapping[ObjectKey, Binding],
    decisions: Mapping[ObjectKey, Decision],
    memory: RequirementsMemory,
    naming: _Naming,
) -> dict[ObjectKey, tuple[Requirer, ...]]:
    known = memory.requirers.round()

    def remembered(binding: Binding, targets: tuple[Target, ...]) -> Requirer:
        requirer = known.of(binding.key, (targets,), partial(requirer_of, binding, targets))
        naming.fresh[id(requirer)] = binding
        return requirer

    targets = {key: decisions[key].targets for key in edges}
    found = requirers_of(edges, bindings, targets, remembered)
    known.close()
    return found


def _not_understood(template: Template, problem: str) -> Diagnostic:
    return Diagnostic(
        code=NOT_UNDERSTOOD,
        message=f"what {template.key} depends on cannot be told: {problem}",
        effect=Effect.FREEZE_DOCUMENT,
        position=template.position,
        hint="correct the manifest, or the customization that interprets its kind",
        subject=str(template.key),
    )


def _kept(
    states: Mapping[ObjectKey, BindingState], still: Iterable[ObjectKey]
) -> dict[ObjectKey, tuple[Requirer, ...]]:
    """What requirers that may not move required before."""
    names = {(key.namespace, binding_name(key.kind, key.name)) for key in still}
    if not names:
        return {}
    kept = {
        key: tuple(one for one in state.requirers if (one.namespace, one.name) in names)
        for key, state in states.items()
    }
    return {key: requirers for key, requirers in kept.items() if requirers}


class _Naming:
    """Bindings by namespace and name, of this cycle and of the last one; made when asked."""

    def __init__(self, bound: BoundFleet, states: Mapping[ObjectKey, BindingState]) -> None:
        self._bound, self._states = bound, states
        self._by_name: dict[tuple[str, str], Binding] | None = None
        # Of requirers made in this cycle, which live as long as it.
        self.fresh: dict[int, Binding] = {}

    def bindings(self, requirers: Iterable[Requirer]) -> list[Binding]:
        """Those that the requirers name."""
        found = (self.fresh.get(id(one)) or self._named_by(one) for one in requirers)
        return [one for one in found if one is not None]

    def _named_by(self, requirer: Requirer) -> Binding | None:
        if self._by_name is None:
            self._by_name = self._named()
        return self._by_name.get((requirer.namespace, requirer.name))

    def _named(self) -> dict[tuple[str, str], Binding]:
        recorded = (one.recorded for one in self._states.values() if one.recorded is not None)
        by_name = {(one.key.namespace, one.name): one for one in recorded}
        return by_name | {
            (one.key.namespace, one.name): one for one in self._bound.bindings.values()
        }
