"""Bindings of a fleet: every template with the policy that claims it, or the reason why it has
none.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Final

from reconciler.cycle.scaled import KIND as AUTOSCALER
from reconciler.cycle.scaled import scaled_by
from reconciler.cycle.tables import Table
from reconciler.cycle.touched import PolicyVersions, changed_refs, claimed_or_selected
from reconciler.interpret.chain import Interpreter, InterpretError, Question, Unanswered
from reconciler.match import PolicyIndex, bind, claim, priority_values
from reconciler.model.binding import Binding, BindingState
from reconciler.model.claim import Claim
from reconciler.model.config import FleetConfig
from reconciler.model.diagnostic import Diagnostic, Effect, Severity
from reconciler.model.fleet import Fleet, Template
from reconciler.model.identity import ObjectKey
from reconciler.model.meter import Meter
from reconciler.model.policy import PolicyRef

_MATCH_SECONDS: Final = "resource_match_policy_duration_seconds"
_APPLY_SECONDS: Final = "resource_apply_policy_duration_seconds"
_APPLIES: Final = "policy_apply_attempts_total"
_PREEMPTIONS: Final = "policy_preemption_total"
WAITS_FOR_OVERRIDES, NOT_UNDERSTOOD, SELECTS_NOTHING = "RC051", "RC052", "RC053"


@dataclass(slots=True)
class BoundFleet:
    """Bindings and claims by identity.

    `waiting` templates have a claim and may not move yet: what they had stays. An autoscaler sets
    the replicas of `scaled` ones. `questions` have to be answered before the rest is known.
    """

    bindings: dict[ObjectKey, Binding] = field(default_factory=dict)
    claims: dict[ObjectKey, Claim] = field(default_factory=dict)
    waiting: set[ObjectKey] = field(default_factory=set)
    scaled: set[ObjectKey] = field(default_factory=set)
    diagnostics: list[Diagnostic] = field(default_factory=list)
    questions: list[Question] = field(default_factory=list)


@dataclass(slots=True)
class BindingMemory:
    """Claims and bindings of the last cycle, and the policies they were made under."""

    policies: PolicyVersions = field(default_factory=dict)
    overrides: frozenset[PolicyRef] = frozenset()
    claims: Table[ObjectKey, Claim | None] = field(default_factory=Table)
    bindings: Table[ObjectKey, Binding] = field(default_factory=Table)


def bound_fleet(
    fleet: Fleet,
    config: FleetConfig,
    states: Mapping[ObjectKey, BindingState],
    frozen: frozenset[ObjectKey],
    interpreter: Interpreter,
    memory: BindingMemory,
    meter: Meter,
) -> BoundFleet:
    """Claim and bind every template that is not frozen."""
    binder = _Binder(fleet, config, states, interpreter, memory, meter)
    for key, template in fleet.templates.items():
        if key not in frozen:
            binder.take(template)
        elif key.kind == AUTOSCALER:
            binder.take_frozen(template)
    binder.warn_of_idle_policies(frozen)
    binder.remember()
    return binder.bound


class _Binder:
    """One fleet on its way to bindings."""

    def __init__(
        self,
        fleet: Fleet,
        config: FleetConfig,
        states: Mapping[ObjectKey, BindingState],
        interpreter: Interpreter,
        memory: BindingMemory,
        meter: Meter,
    ) -> None:
        self._fleet, self._config, self._states = fleet, config, states
        self._interpreter, self._meter = interpreter, meter
        self._index = PolicyIndex(fleet.propagation_policies, fleet.override_policies)
        self._priorities = priority_values(fleet.templates)
        self._is_sticky = config.policy_claim != "best"
        self._memory = memory
        self._policies: PolicyVersions = {one.ref: one for one in fleet.propagation_policies}
        self._claims = memory.claims.round(
            values=(config.policy_claim, config.skipped_namespaces, config.feature_gates),
            touched=self._touched(),
        )
        self._bindings = memory.bindings.round(
            objects=(interpreter,), values=(config.feature_gates, self._priorities)
        )
        self.bound = BoundFleet()

    def take(self, template: Template) -> None:
        """One template."""
        state = self._states.get(template.key)
        before = state.claim if state is not None and self._is_sticky else None
        won = self._claims.of(
            template.key, (template,), lambda: self._claim(template, before, state), (before,)
        )
        if won is None:
            return
        self.bound.claims[template.key] = won
        if template.key.kind == AUTOSCALER:
            self._scales(template)
        if won.missing_overrides:
            self._wait(template, _missing(template, won))
            return
        self._bind(template, won, state)

    def take_frozen(self, autoscaler: Template) -> None:
        """What it scaled it goes on to scale."""
        state = self._states.get(autoscaler.key)
        if state is not None and state.claim is not None:
            self._scales(autoscaler)

    def _scales(self, autoscaler: Template) -> None:
        target = scaled_by(autoscaler)
        if target is not None:
            self.bound.scaled.add(target)

    def remember(self) -> None:
        """Leave everything to the next cycle."""
        self._claims.close()
        self._bindings.close()
        self._memory.policies = self._policies
        self._memory.overrides = self._index.overrides

    def _touched(self) -> set[ObjectKey]:
        """Templates whose claim may be another one than in the last cycle."""
        memory = self._memory
        is_other = memory.overrides != self._index.overrides
        if not is_other and not changed_refs(memory.policies, self._policies):
            return set()
        claims = memory.claims.results()
        touched = claimed_or_selected(
            memory.policies, self._policies, claims, self._fleet.templates
        )
        if is_other:
            touched |= {
                key for key, won in claims.items() if won and won.policy.dependent_overrides
            }
        return touched

    def _claim(
        self, template: Template, before: PolicyRef | None, state: BindingState | None
    ) -> Claim | None:
        began = self._meter.start()
        won = claim(template, self._index, previous_claim=before, config=self._config)
        self._meter.took(_MATCH_SECONDS, began)
        last = state.claim if state is not None else None
        if won is not None and last is not None and last != won.policy.ref:
            self._meter.count(_PREEMPTIONS, "success")
        return won

    def warn_of_idle_policies(self, frozen: frozenset[ObjectKey]) -> None:
        """A policy that selects nothing is most often a typing error, but for one that may select
        what cannot be read.
        """
        if any(one.key is None for one in self._fleet.frozen):
            return
        claims = [*self.bound.claims.values(), *self._frozen_claims(frozen)]
        wanted = {contender.policy for won in claims for contender in won.contenders}
        for policy in self._fleet.propagation_policies:
            if policy.ref not in wanted and not policy.is_frozen:
                self.bound.diagnostics.append(
                    Diagnostic(
                        code=SELECTS_NOTHING,
                        message=f"{policy.ref} selects nothing in this repository",
                        severity=Severity.WARNING,
                        effect=Effect.NONE,
                        position=policy.position,
                        hint="compare apiVersion, kind, namespace and labels with the manifests",
                        subject=str(policy.ref),
                    )
                )

    def _frozen_claims(self, frozen: frozenset[ObjectKey]) -> Iterator[Claim]:
        """Who would claim what is frozen, by what was last read of it."""
        for key in frozen & self._fleet.templates.keys():
            won = claim(
                self._fleet.templates[key], self._index, previous_claim=None, config=self._config
            )
            if won is not None:
                yield won

    def _bind(self, template: Template, won: Claim, state: BindingState | None) -> None:
        try:
            self.bound.bindings[template.key] = self._bindings.of(
                template.key,
                (template, won.policy, state.recorded if state and won.policy.is_lazy else None),
                lambda: self._binding(template, won, state),
            )
        except InterpretError as error:
            self._wait(template, _not_understood(template, str(error)))
        except Unanswered as unanswered:
            self.bound.questions.append(unanswered.question)
            self.bound.waiting.add(template.key)

    def _binding(self, template: Template, won: Claim, state: BindingState | None) -> Binding:
        began, result = self._meter.start(), "error"
        try:
            binding = bind(
                template,
                won.policy,
                interpreter=self._interpreter,
                config=self._config,
                previous=state,
                priorities=self._priorities,
            )
            result = "success"
        finally:
            self._meter.took(_APPLY_SECONDS, began, result)
            self._meter.count(_APPLIES, result)
        return binding

    def _wait(self, template: Template, diagnostic: Diagnostic) -> None:
        self.bound.waiting.add(template.key)
        self.bound.diagnostics.append(diagnostic)


def _missing(template: Template, won: Claim) -> Diagnostic:
    names = ", ".join(won.missing_overrides)
    return Diagnostic(
        code=WAITS_FOR_OVERRIDES,
        message=f"{won.policy.ref} waits for override policies that do not exist: {names}",
        effect=Effect.FREEZE_DOCUMENT,
        position=won.policy.position,
        hint="add them, or take them out of dependentOverrides",
        subject=str(template.key),
    )


def _not_understood(template: Template, problem: str) -> Diagnostic:
    return Diagnostic(
        code=NOT_UNDERSTOOD,
        message=f"{template.key} cannot be understood: {problem}",
        effect=Effect.FREEZE_DOCUMENT,
        position=template.position,
        hint="correct the manifest, or the customization that interprets its kind",
        subject=str(template.key),
    )
