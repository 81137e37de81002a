"""Why an object is where it is, and as it is: the decision chain, read from one Outcome.

The Outcome has to come from a World that wants traces. Nothing is decided here again.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import Any

import orjson

from reconciler.audit.explanation import (
    Candidate,
    ClusterStory,
    Explanation,
    FieldStep,
    FieldStory,
    OverrideStep,
)
from reconciler.audit.patches import override_steps
from reconciler.audit.unclaimed import refusals
from reconciler.audit.words import strategy_in_words, verdict_in_words
from reconciler.model.decision import ClusterVerdict
from reconciler.model.diagnostic import Position
from reconciler.model.fleet import Template
from reconciler.model.identity import ObjectKey
from reconciler.model.pointers import ABSENT, Mask, Pointer, at, field_pointer, shown_path, touches
from reconciler.model.policy import PolicyRef, PropagationPolicy
from reconciler.model.work import AppliedOverride
from reconciler.model.world import Outcome, Placed

#: Where a field of a template is written; None: nowhere, it is a default.
FieldPlace = Callable[[Template, Pointer], Position | None]

DEFAULTED = "default of the API server"


@dataclass(frozen=True, slots=True, kw_only=True)
class Explaining:
    """What an explanation is read from: one outcome, and how values and places are shown."""

    outcome: Outcome
    mask: Mask
    place: FieldPlace
    nearest: Callable[[Position, Pointer], Position] = lambda position, _pointer: position

    def explanation(self, key: ObjectKey, *, cluster: str = "", field: str = "") -> Explanation:
        """The chain for one template of the fleet.

        `cluster` keeps the stories of one cluster; `field` asks for the provenance of one field, or
        of everything below it. Raises KeyError for what is no template, ValueError for a path that
        is none.
        """
        template = self.outcome.fleet.templates[key]
        placed = self.outcome.placed.get(key)
        policy = self._policy(placed.binding.claim if placed else None)
        stories = self._stories(template, placed, policy, field)
        return Explanation(
            key=key,
            position=template.position,
            revision=self.outcome.fleet.revision,
            candidates=tuple(self._candidates(key)),
            unclaimed=() if key in self.outcome.claims else refusals(self.outcome.fleet, template),
            verdict=verdict_in_words(self.outcome, key),
            strategy=strategy_in_words(placed, policy),
            attempts=placed.decision.traces if placed else (),
            required_by=self._required_by(placed),
            clusters=tuple(one for one in stories if cluster in {"", one.cluster}),
        )

    def _candidates(self, key: ObjectKey) -> Iterator[Candidate]:
        claim = self.outcome.claims.get(key)
        for contender in claim.contenders if claim else ():
            policy = self._policy(contender.policy)
            yield Candidate(contender=contender, position=policy.position if policy else Position())

    def _policy(self, ref: PolicyRef | None) -> PropagationPolicy | None:
        policies = self.outcome.fleet.propagation_policies
        return next((one for one in policies if one.ref == ref), None)

    def _stories(
        self,
        template: Template,
        placed: Placed | None,
        policy: PropagationPolicy | None,
        field: str,
    ) -> Iterator[ClusterStory]:
        targets = {one.name: one for one in placed.targets} if placed else {}
        weights = self._weights(placed)
        applied = self.outcome.overrides.get(template.key, {})
        for cluster in self.outcome.clusters:
            name = cluster.name
            target = targets.get(name)
            is_there = template.key in self.outcome.works.get(name, {})
            overridden = list(self._overrides(template, applied.get(name, ()))) if is_there else []
            yield ClusterStory(
                cluster=name,
                is_target=is_there,
                replicas=target.replicas if target and placed and placed.binding.is_workload else 0,
                weight=weights.get(name, 0) if weights is not None else None,
                why=self._why(placed, name, is_there=is_there),
                overrides=tuple(step for step, _ in overridden),
                fields=tuple(self._fields(template, policy, name, overridden, field))
                if is_there and field
                else (),
            )

    def _required_by(self, placed: Placed | None) -> tuple[str, ...]:
        """Objects whose bindings need this one; a binding that is gone by its own name."""
        requirers = placed.remembered.requirers if placed else ()
        wanted = {(one.namespace, one.name): f"{one.namespace}/{one.name}" for one in requirers}
        for key, one in self.outcome.placed.items() if wanted else ():
            name = (one.binding.resource.namespace, one.binding.name)
            if name in wanted:
                wanted[name] = str(key)
        return tuple(wanted.values())

    def _weights(self, placed: Placed | None) -> dict[str, int] | None:
        """The heaviest static weight of each cluster; None where no static weights divide."""
        placement = placed.binding.placement if placed else None
        scheduling = placement.replica_scheduling if placement else None
        if scheduling is None or scheduling.weights is None or scheduling.dynamic_weight:
            return None
        heaviest: dict[str, int] = {}
        for rule in scheduling.weights:
            for name in rule.target.matching(self.outcome.clusters):
                heaviest[name] = max(heaviest.get(name, 0), rule.weight)
        return heaviest

    def _why(self, placed: Placed | None, cluster: str, *, is_there: bool) -> str:
        if placed is None:
            everywhere = "a declared namespace goes to clusters by itself, without a policy"
            return everywhere if is_there else ""
        own = {target.name for target in placed.remembered.targets}
        if is_there and cluster not in own:
            return f"it is required by {', '.join(self._required_by(placed))}"
        return "" if is_there else _reason(last_verdict(placed, cluster), placed)

    def _overrides(
        self, template: Template, applied: tuple[AppliedOverride, ...]
    ) -> Iterator[tuple[OverrideStep, tuple[tuple[Pointer, Any], ...]]]:
        policies = {one.ref: one for one in self.outcome.fleet.override_policies}
        found = override_steps(template.key, template.manifest.body, applied, policies, self.mask)
        for step, writes in found:
            rule: Pointer = ("spec", "overrideRules", step.rule - 1)
            yield replace(step, position=self.nearest(step.position, rule)), writes

    def _fields(
        self,
        template: Template,
        policy: PropagationPolicy | None,
        cluster: str,
        overridden: list[tuple[OverrideStep, tuple[tuple[Pointer, Any], ...]]],
        path: str,
    ) -> Iterator[FieldStory]:
        body = orjson.loads(self.outcome.works[cluster][template.key].manifest_bytes())
        root = field_pointer(path, body)
        for pointer in _leaves(body, root):
            steps = tuple(self._steps(template, policy, body, overridden, pointer))
            yield FieldStory(
                path=shown_path(pointer),
                value=self._shown(template.key, pointer, at(body, pointer)),
                steps=steps,
            )

    def _steps(
        self,
        template: Template,
        policy: PropagationPolicy | None,
        body: dict[str, Any],
        overridden: list[tuple[OverrideStep, tuple[tuple[Pointer, Any], ...]]],
        pointer: Pointer,
    ) -> Iterator[FieldStep]:
        """Template, then replicas and marks that come with the placement, then override rules."""
        key, value = template.key, at(template.manifest.body, pointer)
        if value is not ABSENT:
            place = self.place(template, pointer)
            source = DEFAULTED if place is None else "template"
            yield FieldStep(
                source=source,
                value=self._shown(key, pointer, value),
                position=place or template.position,
            )
        touching = [
            step
            for step, writes in overridden
            if any(touches(where, pointer) for where, _ in writes)
        ]
        final = at(body, pointer)
        if not touching and final != value:
            yield FieldStep(
                source=f"placement by {policy.ref}" if policy else "placement",
                value=self._shown(key, pointer, final),
                position=policy.position if policy else Position(),
            )
        for step in touching:
            set_to = [
                _below(written, pointer[len(where) :])
                for other, writes in overridden
                if other is step
                for where, written in writes
                if touches(where, pointer)
            ]
            yield FieldStep(
                source=f"{step.policy} rule {step.rule}",
                value=self._shown(key, pointer, set_to[-1]),
                position=step.position,
            )

    def _shown(self, key: ObjectKey, pointer: Pointer, value: Any) -> Any:
        return None if value is ABSENT else self.mask(key, pointer, value)


def last_verdict(placed: Placed, cluster: str) -> ClusterVerdict | None:
    """What the last attempt said about a cluster."""
    for trace in reversed(placed.decision.traces):
        for verdict in trace.verdicts:
            if verdict.cluster == cluster:
                return verdict
    return None


def _reason(verdict: ClusterVerdict | None, placed: Placed) -> str:
    if verdict is None:
        return ""
    if verdict.reason:
        return f"{verdict.plugin}: {verdict.reason}"
    if placed.decision.message or not placed.binding.is_workload:
        return f"it passed every filter; {placed.decision.message or 'nothing was decided anew'}"
    return "it passed every filter and was given no replicas"


def _leaves(body: Any, root: Pointer) -> Iterator[Pointer]:
    """Every scalar at or below a place; the place itself where there is none."""
    value = at(body, root)
    if isinstance(value, dict) and value:
        for name in sorted(value):
            yield from _leaves(body, (*root, name))
    elif isinstance(value, list) and value:
        for index in range(len(value)):
            yield from _leaves(body, (*root, index))
    else:
        yield root


def _below(value: Any, rest: Pointer) -> Any:
    return value if value is ABSENT else at(value, rest)
