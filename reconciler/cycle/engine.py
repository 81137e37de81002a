"""The engine: the order of the stages, from a World to an Outcome.

Law: `Engine(...).reconcile(world, now)` equals a fresh engine's for every input; memory is only
speed.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from operator import is_
from typing import Any

import orjson

from reconciler.controllers import settle
from reconciler.cycle.bindings import BoundFleet, bound_fleet
from reconciler.cycle.changes import Compared, Comparing, noting
from reconciler.cycle.customizations import script_problems
from reconciler.cycle.decided import Settings
from reconciler.cycle.facts import known_clusters
from reconciler.cycle.in_force import InForce, identified, in_force
from reconciler.cycle.limited import withdraw
from reconciler.cycle.members import MemberCheck, checked_members
from reconciler.cycle.memory import Memory
from reconciler.cycle.place import Placing
from reconciler.cycle.planning import Planning
from reconciler.cycle.remember import Remembering
from reconciler.cycle.repeated import Decided, LastDecided
from reconciler.cycle.requirements import Requirements, requirements
from reconciler.cycle.succession import next_state
from reconciler.cycle.works import RenderedFleet, Rendering, RenderingMemory
from reconciler.diff.redact import SecretValues
from reconciler.interpret.chain import Interpreter, Question
from reconciler.model.cluster import Cluster
from reconciler.model.config import FleetConfig, Limit
from reconciler.model.decision import Decision
from reconciler.model.diagnostic import Diagnostic, Effect, in_order
from reconciler.model.features import enabled
from reconciler.model.fleet import Fleet
from reconciler.model.identity import ObjectKey
from reconciler.model.meter import UNMETERED, Meter
from reconciler.model.works import FleetWorks
from reconciler.model.world import Outcome, Placed, World
from reconciler.plan.limits import earlier_limits
from reconciler.schedule import Plugins, SchedulingContext, profiles

STATE_LOST = "RC043"
_ATTACHED = Decision(was_scheduled=False)
_LOST = Diagnostic(
    code=STATE_LOST,
    message="the branch reconciler/state is gone, but objects of this fleet stand on members",
    effect=Effect.HOLD,
    hint="restore the branch, or rebuild it with `reconciler recover`",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Engine:
    """Decides everything. `plugins` are the scheduler's, found outside the tree; `memory` serves
    one cycle at a time; `meter` hears how long steps took.
    """

    plugins: Plugins = field(default_factory=Plugins)
    memory: Memory = field(default_factory=Memory)
    meter: Meter = UNMETERED

    def reconcile(self, world: World, now: str) -> Outcome:
        """One cycle; `now` is RFC 3339 and reaches controllers and times that are written down.

        What time and observation demand comes first, so that placing, rendering and planning see
        one settled world.
        """
        if not world.is_offline:
            world = replace(world, fleet=identified(world.fleet))
        force = in_force(world.fleet, world.last_applied, world.state.bindings)
        if force.fleet.config is None or world.state.is_lost:
            return _nothing(world, force)
        settled, wake = settle(world, now, frozen=force.frozen)
        force = in_force(settled.fleet, settled.last_applied, settled.state.bindings)
        return replace(_Cycle(self, settled, force, now).outcome(), next_wake=wake)


def interpreter_of(fleet: Fleet, world: World) -> Interpreter:
    """What the fleet's customizations and webhooks make of kinds."""
    return Interpreter(
        [one.body for one in fleet.customizations],
        webhooks=[one.body for one in fleet.webhooks],
        answers=world.answers,
    )


def secret_values(*fleets: Fleet | None) -> SecretValues:
    """Values of all Secrets of these fleets, which no output may show."""
    return SecretValues.of(_secrets(*fleets))


def _nothing(world: World, force: InForce) -> Outcome:
    """There is no fleet or no state to act on: nothing is known, so nothing happens."""
    lost = [_LOST] if world.state.is_lost else []
    return Outcome(
        fleet=force.fleet,
        state=world.state,
        is_held=True,
        diagnostics=in_order([*world.fleet.diagnostics, *lost]),
    )


class _Cycle:
    """One world on its way to its outcome."""

    def __init__(self, engine: Engine, world: World, force: InForce, now: str) -> None:
        assert force.fleet.config is not None, "a fleet without settings is held"
        self.world, self.force, self.now = world, force, now
        self.fleet, self.config = force.fleet, force.fleet.config
        self.plugins, self.memory, self.meter = engine.plugins, engine.memory, engine.meter
        self.interpreter = self._interpreter()
        self.secrets = secret_values(self.fleet, force.before)
        self.questions: list[Question] = []
        self.clusters = self._clusters()

    def outcome(self) -> Outcome:
        """Match, schedule, render, compare, plan, remember."""
        members = checked_members(self.clusters, self.world)
        decided = self._decided()
        bound, needs, placed, rendered = (
            decided.bound,
            decided.needs,
            decided.placed,
            decided.rendered,
        )
        held = withdraw(self.fleet, *self._limits(), self.clusters, bound, placed, rendered)
        state, removed = next_state(self.world, self.force, bound, placed, rendered, members)
        state = replace(state, held_limits=held)
        compared = self._compared(rendered, members, removed)
        self.questions += [*bound.questions, *needs.questions, *rendered.questions]
        planning = Planning(
            world=self.world,
            force=self.force,
            members=members,
            placed=placed,
            still=self.force.frozen | bound.waiting,
            interpreter=self.interpreter,
            questions=self.questions,
            now=self.now,
        )
        plan, state = planning.planned(compared, state)
        return Outcome(
            fleet=self.fleet,
            placed=placed,
            clusters=self.clusters,
            claims=bound.claims,
            works=rendered.works,
            overrides=rendered.overrides,
            plan=plan,
            state=state,
            removed=removed,
            frozen_keys=self.force.frozen | bound.waiting,
            frozen_clusters=members.frozen,
            is_held=self.force.is_held,
            diagnostics=self._redacted(
                [
                    *self.fleet.diagnostics,
                    *script_problems(self.fleet),
                    *bound.diagnostics,
                    *needs.diagnostics,
                    *rendered.diagnostics,
                    *members.diagnostics,
                ]
            ),
            questions=tuple(dict.fromkeys(self.questions)),
        )

    def _decided(self) -> Decided:
        """The stages that look at neither members nor another commit. Where a cycle starts from
        the very things the last one ended with, there is nothing to decide.
        """
        inputs = self._inputs()
        last = self.memory.decided
        if last is not None and self._is_repeatable() and last.is_of(inputs, self.now):
            return last.decided()
        bound = bound_fleet(
            self.fleet,
            self.config,
            self.world.state.bindings,
            self.force.frozen,
            self.interpreter,
            self.memory.bindings,
            self.meter,
        )
        decisions = self._placing().decisions(bound.bindings.values())
        needs = requirements(
            self.world,
            self.force,
            bound,
            decisions,
            self.interpreter,
            self.memory.requirements,
        )
        placed = self._placed(bound, decisions, needs)
        rendered = self._rendered(placed, bound)
        decided = Decided(bound=bound, needs=needs, placed=placed, rendered=rendered)
        is_dated = any(one[1] for one in self.memory.states.values())
        self.memory.decided = (
            LastDecided.of(inputs, decided, self.now if is_dated else "")
            if self._is_repeatable()
            else None
        )
        return decided

    def _inputs(self) -> tuple[object, ...]:
        """Everything that decides, as objects."""
        fleet = self.fleet
        return (
            fleet.templates,
            fleet.propagation_policies,
            fleet.override_policies,
            self.config,
            self.clusters,
            self.interpreter,
            self.world.state.bindings,
        )

    def _is_repeatable(self) -> bool:
        """Whether nothing else than the inputs has decided."""
        return not (self.force.frozen or any(self._limits()) or self.world.wants_trace)

    def _limits(self) -> tuple[tuple[Limit, ...], tuple[Limit, ...]]:
        """The limits of this commit, and those before it."""
        earlier = earlier_limits(self.force.before, self.fleet, self.world.state)
        return self.config.limits, earlier

    def _interpreter(self) -> Interpreter:
        """The last cycle's, while nothing says that it would understand anything otherwise."""
        fleet, world = self.fleet, self.world
        known = self.memory.interpreters.round()
        interpreter = known.of(
            "",
            (*fleet.customizations, *fleet.webhooks),
            lambda: interpreter_of(fleet, world),
            (len(fleet.customizations), len(fleet.webhooks), dict(world.answers)),
        )
        known.close()
        return interpreter

    def _clusters(self) -> tuple[Cluster, ...]:
        """Every cluster with its facts; the last cycle's objects where they say the same."""
        known = {one.name: one for one in self.memory.clusters}
        fresh = known_clusters(self.fleet.clusters, self.world)
        clusters = tuple(
            last if (last := known.get(one.name)) == one and last is not None else one
            for one in fresh
        )
        before = self.memory.clusters
        if len(before) != len(clusters) or not all(map(is_, before, clusters)):
            self.memory.clusters = clusters
        return self.memory.clusters

    def _redacted(self, diagnostics: Iterable[Diagnostic]) -> tuple[Diagnostic, ...]:
        """Scripts and servers choose their words: no secret may be among them."""
        return in_order(
            [replace(one, message=self.secrets.redact(one.message)) for one in diagnostics]
        )

    def _placing(self) -> Placing:
        context = SchedulingContext(
            clusters=self.clusters,
            gates=enabled(self.config.feature_gates),
            enable_empty=self.config.enable_empty_workload_propagation,
            profiles=profiles(self.config.scheduler_profiles, self.plugins),
            wants_trace=self.world.wants_trace,
            meter=self.meter,
        )
        settings = Settings(
            gates=context.gates,
            enable_empty=context.enable_empty,
            profiles=self.config.scheduler_profiles,
            plugins=self.plugins,
        )
        return Placing(
            fleet=self.fleet,
            states=self.world.state.bindings,
            context=context,
            settings=settings,
            memory=self.memory.placing,
        )

    def _placed(
        self, bound: BoundFleet, decisions: Mapping[ObjectKey, Decision], needs: Requirements
    ) -> dict[ObjectKey, Placed]:
        """Every binding with its decision and next state, not rendered yet."""
        states = Remembering(self.memory.states, self.now)
        bindings = {**bound.bindings, **needs.attached}
        templates, before = self.fleet.templates, self.world.state.bindings
        requirers, earlier = needs.requirers, self.memory.placed
        placed = {}
        for key in sorted(bindings):
            binding, decision = bindings[key], decisions.get(key, _ATTACHED)
            state = states.state(
                binding,
                templates[key],
                None if decision is _ATTACHED else decision,
                before.get(key),
                requirers.get(key, ()),
            )
            known = earlier.get(key)
            if (
                known is None
                or known.binding is not binding
                or known.decision is not decision
                or known.remembered is not state
            ):
                known = Placed(binding=binding, decision=decision, remembered=state)
            placed[key] = known
        self.memory.states = states.used
        return placed

    def _rendered(self, placed: dict[ObjectKey, Placed], bound: BoundFleet) -> RenderedFleet:
        rendered = RenderedFleet()
        rendering = self._rendering(
            self.fleet, self.config, self.interpreter, self.memory.rendering, bound.scaled
        )
        for key, one in placed.items():
            targets = rendering.binding(one.binding, one.remembered, rendered)
            if one.targets is not targets:
                placed[key] = replace(one, targets=targets)
        self.memory.placed = dict(placed)
        self._render_frozen(rendered, bound.scaled)
        names = [cluster.name for cluster in self.clusters]
        rendered.untouched |= {(name, key) for key in bound.waiting for name in names}
        rendering.namespaces(rendered)
        rendering.remember()
        return rendered

    def _rendering(
        self,
        fleet: Fleet,
        config: FleetConfig,
        interpreter: Interpreter,
        memory: RenderingMemory,
        scaled: Collection[ObjectKey],
    ) -> Rendering:
        return Rendering(fleet, config, self.clusters, interpreter, memory, self.meter, scaled)

    def _render_frozen(self, rendered: RenderedFleet, scaled: Collection[ObjectKey]) -> None:
        """Frozen bindings keep their last Works: the last applied fleet on remembered targets.

        What they left elsewhere stays too: the document that cannot be read may want it there.
        """
        before = self.force.before
        if not self.force.frozen:
            return
        known: set[ObjectKey] = set()
        if before is not None and before.config is not None:
            interpreter = interpreter_of(before, self.world)
            last = self._rendering(before, before.config, interpreter, RenderingMemory(), scaled)
            for key in sorted(self.force.frozen & before.templates.keys()):
                state = self.world.state.bindings.get(key)
                if state is not None and state.recorded is not None:
                    last.binding(state.recorded, state, rendered)
                    known.add(key)
        names = frozenset(cluster.name for cluster in self.clusters)
        for key in self.force.frozen:
            works = rendered.objects.get(key) if key in known else None
            rest = names - works.clusters if works is not None else names
            rendered.untouched |= {(name, key) for name in rest}

    def _compared(
        self, rendered: RenderedFleet, members: MemberCheck, removed: tuple[ObjectKey, ...]
    ) -> Compared:
        base = FleetWorks.of(self.world.base.works) if self.world.base is not None else None
        comparing = Comparing(
            fleet=self.fleet,
            config=self.config,
            retain=noting(self.interpreter.retain, self.questions),
            recorded=self.world.state.recorded,
            untouched=frozenset(rendered.untouched),
            preserved=frozenset(self._preserved(removed)),
            unready=members.unready,
            secrets=self.secrets | SecretValues.of(overridden_secrets(rendered.works, base)),
        )
        if base is not None:
            return comparing.with_base(rendered.works, base)
        return comparing.with_members(rendered.works, members.observed)

    def _preserved(self, removed: tuple[ObjectKey, ...]) -> Iterator[ObjectKey]:
        """Objects that stay on members when they leave Git, as their last binding said."""
        for key in removed:
            last = self.world.state.bindings[key].recorded
            if last is not None and last.preserve_on_deletion:
                yield key


def overridden_secrets(*fleets: FleetWorks | None) -> Iterator[dict[str, Any]]:
    """Secrets as override rules made them: the values they set stand in no template."""
    for works in fleets:
        for key, one in works.objects.items() if works is not None else ():
            if key.is_secret and one.is_overridden:
                yield from (orjson.loads(work.manifest_bytes()) for work in one.values())


def _secrets(*fleets: Fleet | None) -> Iterator[dict[str, Any]]:
    """Bodies of all Secrets, whose values no output may show."""
    for fleet in fleets:
        for key, template in (fleet.templates if fleet else {}).items():
            if key.is_secret:
                yield template.manifest.body
