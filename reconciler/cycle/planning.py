"""From changes to the plan, and what the plan adds to the state: its deletions count."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from operator import itemgetter

from reconciler.cycle.changes import Compared
from reconciler.cycle.in_force import InForce
from reconciler.cycle.members import MemberCheck
from reconciler.interpret.chain import Interpreter, InterpretError, Question, Unanswered
from reconciler.model.binding import BindingState, Target
from reconciler.model.change import Action, Change, PlacementChange, Plan
from reconciler.model.config import Guards
from reconciler.model.diagnostic import Position
from reconciler.model.identity import ObjectKey
from reconciler.model.text import listed
from reconciler.model.works import Recorded
from reconciler.model.world import Deletion, Outcome, Placed, State, World
from reconciler.plan.build import build_plan
from reconciler.plan.guards import guards_of, recent_deletions
from reconciler.plan.limits import changed_limits
from reconciler.plan.renames import bodies_of_removed

Place = tuple[str, ObjectKey]
_DELETING = frozenset({Action.DELETE, Action.RECREATE})
_MOST_NAMED = 6


@dataclass(frozen=True, slots=True, kw_only=True)
class Planning:
    """What a plan is made from, besides the changes. `questions` have no answer yet; those that
    come up here are added.
    """

    world: World
    force: InForce
    members: MemberCheck
    placed: Mapping[ObjectKey, Placed]
    still: frozenset[ObjectKey]
    interpreter: Interpreter
    questions: list[Question]
    now: str

    def planned(self, compared: Compared, state: State) -> tuple[Plan, State]:
        """The guarded plan, and the state with its deletions in the budget's window."""
        everything = compared.changes
        wanted = {(one.cluster, one.key) for one in everything if one.action in _DELETING}
        moved = frozenset(place for place in wanted if self._has_moved(place))
        before, base = self.force.before, self.world.base
        plan = build_plan(
            everything,
            self._moves(),
            config_old=before.config if before else None,
            config_new=self.force.fleet.config,
            state=replace(state, deletions=_others(state.deletions, wanted)),
            now=self.now,
            managed=self._managed(state),
            moved=moved,
            removed=bodies_of_removed(everything, base.works) if base is not None else None,
            unchanged=compared.unchanged,
            notes=self._notes(everything),
        )
        state = replace(
            state,
            deletions=self._deletions(state, plan, moved),
            held_guards=self._held_guards(state, plan),
            approved_deletes=state.approved_deletes | self._approved(state, plan),
        )
        return plan, state

    def _managed(self, state: State) -> dict[str, int]:
        if self.world.base is not None:
            return {name: len(works) for name, works in self.world.base.works.items()}
        return {
            **Recorded.of(state.recorded).counts,
            **Recorded.of(self.world.state.recorded).counts,
        }

    def _held_guards(self, state: State, plan: Plan) -> tuple[Guards, ...]:
        """What the deletions that wait have to pass, also when the next commit asks for less."""
        if plan.hold is None:
            return ()
        before = self.force.before
        return guards_of(before.config if before else None, self.force.fleet.config, state)

    def _approved(self, state: State, plan: Plan) -> frozenset[tuple[str, ObjectKey, str]]:
        """Deletions that an approved plan carries out stay approved until they are done."""
        if not state.approved or self.world.base is not None:
            return frozenset()
        return frozenset(
            (one.cluster, one.key, one.uid) for one in plan.changes if one.action in _DELETING
        )

    def _deletions(self, state: State, plan: Plan, moved: frozenset[Place]) -> tuple[Deletion, ...]:
        """The window: what was deleted within the hour, and what this plan deletes, once each."""
        if self.world.base is not None:
            return state.deletions
        deleting = [
            Deletion(cluster=one.cluster, key=one.key, at=self.now)
            for one in plan.changes
            if one.action in _DELETING and (one.cluster, one.key) not in moved
        ]
        known = {(one.cluster, one.key) for one in state.deletions}
        new = [one for one in deleting if (one.cluster, one.key) not in known]
        kept = [*recent_deletions(state.deletions, self.now), *new]
        return tuple(sorted(kept, key=lambda one: (one.at, one.cluster, one.key)))

    def _has_moved(self, place: Place) -> bool:
        """Whether a workload only left this cluster, and runs healthily everywhere it went."""
        cluster, key = place
        one = self.placed.get(key)
        if one is None or not one.binding.is_workload or not one.targets:
            return False
        names = [target.name for target in one.targets]
        return cluster not in names and all(self._is_healthy(name, key) for name in names)

    def _is_healthy(self, cluster: str, key: ObjectKey) -> bool:
        seen = self.members.observed.get(cluster)
        body = seen.objects.get(key) if seen is not None else None
        if body is None:
            return False
        try:
            return self.interpreter.interpret_health(body) is True
        except InterpretError:
            return False
        except Unanswered as unanswered:
            self.questions.append(unanswered.question)
            return False

    def _moves(self) -> Iterator[PlacementChange]:
        """Bindings whose own targets differ from the base commit's, or the remembered ones."""
        policies = reversed(self.force.fleet.propagation_policies)
        positions = {one.ref: one.position for one in policies}
        for key, before in sorted(self._moved(), key=itemgetter(0)):
            one = self.placed.get(key)
            claim = one.binding.claim if one else None
            yield PlacementChange(
                key=key,
                before=before,
                after=one.remembered.targets if one else (),
                cause=_cause(one),
                position=positions.get(claim, Position()) if claim else Position(),
            )

    def _moved(self) -> Iterator[tuple[ObjectKey, tuple[Target, ...]]]:
        """Identities with the targets they had; most bindings are those of the base commit."""
        base: Outcome | None = self.world.base
        earlier = self.world.state.bindings if base is None else base.placed
        for key, one in self.placed.items():
            other = earlier.get(key)
            if other is not one:
                before, after = _targets(other), one.remembered.targets
                if before is not after and before != after:
                    yield key, before
        for key in earlier.keys() - self.placed.keys():
            if key not in self.still and (before := _targets(earlier[key])):
                yield key, before

    def _notes(self, changes: Iterable[Change]) -> tuple[str, ...]:
        """What a reader of the plan has to know about what it rests on."""
        is_idle = all(one.action is Action.UNCHANGED for one in changes)
        assumptions = () if is_idle else self._assumptions()
        return (*self._settings(), *assumptions, *self._refusals(), *self._unknowns())

    def _settings(self) -> Iterator[str]:
        """What the commit changes of the rules it is judged by."""
        before, now = self.force.before, self.force.fleet.config
        if self.world.base is None or before is None or before.config is None or now is None:
            return
        if before.config.limits != now.limits:
            changed = ", ".join(changed_limits(before.config.limits, now.limits))
            yield (
                f"this commit changes limits in reconciler.yaml ({changed}); what they permit now"
                " counts from the next commit on"
            )
        if before.config.guards != now.guards:
            yield "this commit changes the deletion guards; the stricter ones count for it"

    def _assumptions(self) -> Iterator[str]:
        assumed = [
            cluster.name
            for cluster in self.force.fleet.clusters
            if self.world.is_offline and cluster.name not in self.world.facts and not cluster.facts
        ]
        if assumed:
            names = listed(assumed, _MOST_NAMED)
            yield f"no inventory of {names}: assumed ready, with every API and unknown capacity"

    def _refusals(self) -> Iterator[str]:
        """Objects that find no place by the head commit, where the base commit says otherwise."""
        base = self.world.base
        if base is None:
            return
        refused = []
        for key, one in self.placed.items():
            message = one.decision.message
            if message and ((other := base.placed.get(key)) is None or _says(other) != message):
                refused.append((key, message))
        yield from (
            f"{key} is not placed: {message}" for key, message in sorted(refused)[:_MOST_NAMED]
        )
        if len(refused) > _MOST_NAMED:
            yield f"{len(refused) - _MOST_NAMED} more objects are not placed"

    def _unknowns(self) -> Iterator[str]:
        """Objects whose fate an interpreter webhook decides when it is asked."""
        for question in dict.fromkeys(self.questions):
            yield (
                f"known after apply: {question.subject}, "
                f"when webhook {question.webhook} answers {question.request['operation']}"
            )


def _targets(one: Placed | BindingState | None) -> tuple[Target, ...]:
    """Where a binding goes on its own behalf."""
    if one is None:
        return ()
    return one.remembered.targets if isinstance(one, Placed) else one.targets


def _says(one: Placed) -> str:
    return one.decision.message


def _cause(one: Placed | None) -> str:
    if one is None:
        return "no document of the fleet places it any more"
    if one.decision.message:
        return one.decision.message
    return str(one.binding.claim) if one.binding.claim else "required by other objects"


def _others(deletions: Iterable[Deletion], wanted: set[Place]) -> tuple[Deletion, ...]:
    """Earlier deletions but those this plan repeats: a retry does not count twice."""
    return tuple(one for one in deletions if (one.cluster, one.key) not in wanted)
