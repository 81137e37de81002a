"""Who requires what: dependency edges merged into `requiredBy` once their bindings are scheduled.

Rules (karmada-semantics §2.4): a dependency goes where its requirers go; one that no policy claims
gets an attached
binding. A requirer that is frozen or waiting, or whose interpreter fails or has not answered, keeps
requiring what it required before: unreadable never means empty.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from reconciler.cycle.bindings import NOT_UNDERSTOOD, BoundFleet
from reconciler.cycle.in_force import InForce
from reconciler.interpret.chain import Interpreter, InterpretError, Question, Unanswered
from reconciler.match import TemplateIndex, attached, dependencies, requirers_of
from reconciler.model.binding import Binding, BindingState, Requirer
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


def requirements(
    world: World,
    force: InForce,
    bound: BoundFleet,
    decisions: Mapping[ObjectKey, Decision],
    interpreter: Interpreter,
) -> Requirements:
    """What the scheduled bindings of a fleet bring along."""
    found = Requirements()
    still = force.frozen | bound.waiting
    edges = _edges(force.fleet, bound, interpreter, found)
    targets = {key: decision.targets for key, decision in decisions.items()}
    fresh = requirers_of(edges, bound.bindings, targets)
    kept = _kept(world.state.bindings, still | found.unknown)
    for key in sorted({*fresh, *kept}):
        everyone = (*fresh.get(key, ()), *kept.get(key, ()))
        found.requirers[key] = tuple(sorted(everyone, key=lambda one: (one.namespace, one.name)))
        template = force.fleet.templates.get(key)
        if template is not None and key not in bound.bindings and key not in still:
            requiring = _bindings_of(everyone, bound, world.state.bindings)
            found.attached[key] = attached(template, requiring)
    return found


def _edges(
    fleet: Fleet, bound: BoundFleet, interpreter: Interpreter, found: Requirements
) -> dict[ObjectKey, tuple[ObjectKey, ...]]:
    config = fleet.config
    if config is None or GATE not in enabled(config.feature_gates):
        return {}
    index = TemplateIndex(fleet.templates)
    edges: dict[ObjectKey, tuple[ObjectKey, ...]] = {}
    for key, binding in bound.bindings.items():
        try:
            needs = dependencies(binding, fleet.templates[key], interpreter, index)
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
    return edges


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


def _bindings_of(
    requirers: Iterable[Requirer], bound: BoundFleet, states: Mapping[ObjectKey, BindingState]
) -> list[Binding]:
    by_name = {
        (state.recorded.key.namespace, state.recorded.name): state.recorded
        for state in states.values()
        if state.recorded is not None
    }
    by_name |= {(one.key.namespace, one.name): one for one in bound.bindings.values()}
    names = ((one.namespace, one.name) for one in requirers)
    return [by_name[name] for name in names if name in by_name]
