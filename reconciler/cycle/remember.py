"""The next state of every binding: what the state branch has to know for the cycle after this one.

Rules: the scheduling time changes only with the result or the placement (design §5); a template's
generation rises by one
with each change outside metadata and status, for kinds that count them (design §5, Identity).
"""

from __future__ import annotations

from dataclasses import replace
from operator import is_

from reconciler.model.binding import Binding, BindingState, Requirer
from reconciler.model.cluster import Condition
from reconciler.model.decision import Decision, ScheduleReason
from reconciler.model.fleet import Template
from reconciler.model.identity import ObjectKey
from reconciler.model.kinds import counts_generations

_SCHEDULED = "Scheduled"
_SUCCESS_MESSAGE = "Binding has been scheduled successfully."


#: Next states by identity, with what they were made from, and whether the time was part of it.
StateMemory = dict[ObjectKey, tuple[tuple[object, ...], str, BindingState]]


class Remembering:
    """One cycle's next states, those of the last cycle where they were made from the same.

    A state that got the present moment written into it is made anew in another moment.
    """

    def __init__(self, known: StateMemory, now: str) -> None:
        self._known, self._now = known, now
        self.used: StateMemory = {}

    def state(
        self,
        binding: Binding,
        template: Template,
        decision: Decision | None,
        before: BindingState | None,
        requirers: tuple[Requirer, ...],
    ) -> BindingState:
        """As `remembered`."""
        objects = (binding, template, decision, before, requirers)
        known = self._known.get(binding.key)
        if known is None or not all(map(is_, known[0], objects)) or known[1] not in ("", self._now):
            state = remembered(
                binding, template, decision, before, requirers=requirers, now=self._now
            )
            known = (objects, self._now if _is_dated(state, self._now) else "", state)
        self.used[binding.key] = known
        return known[2]


def _is_dated(state: BindingState, now: str) -> bool:
    scheduled = state.scheduled
    return now in (state.last_scheduled, scheduled.last_transition if scheduled else "")


def generation_of(template: Template, before: BindingState | None) -> int:
    """The template's generation: counted by us, since Git has no counter."""
    if not counts_generations(template.key.group, template.key.kind):
        return 0
    if before is None or not before.generation:
        return 1
    is_same = before.template_digest == template.spec_digest
    return before.generation if is_same else before.generation + 1


def remembered(
    binding: Binding,
    template: Template,
    decision: Decision | None,
    before: BindingState | None,
    *,
    requirers: tuple[Requirer, ...],
    now: str,
) -> BindingState:
    """The binding's next state. `decision` None: an attached dependency, which is not scheduled."""
    state = replace(
        before or BindingState(key=binding.key),
        claim=binding.claim,
        template_digest=template.spec_digest,
        generation=generation_of(template, before),
        requirers=requirers,
        recorded=binding,
    )
    if decision is None:
        return replace(state, targets=(), applied_placement=None, scheduled=None)
    return _scheduled(state, binding, decision, now) if decision.was_scheduled else state


def _scheduled(state: BindingState, binding: Binding, decision: Decision, now: str) -> BindingState:
    is_success = decision.reason is ScheduleReason.SUCCESS
    document = binding.placement.document if binding.placement else None
    placement = document if is_success else state.applied_placement
    # The tuple of before where it says the same: what is one object is compared at once.
    targets = state.targets if state.targets == decision.targets else decision.targets
    is_same = (
        state.last_scheduled
        and state.targets is targets
        and state.applied_placement == placement
        and not _was_asked(state)
    )
    return replace(
        state,
        targets=targets,
        applied_placement=placement,
        observed_affinity=decision.affinity_name,
        last_scheduled=state.last_scheduled if is_same or not is_success else now,
        scheduled=_condition(state.scheduled, decision, now),
    )


def _was_asked(state: BindingState) -> bool:
    return state.reschedule_triggered > state.last_scheduled


def _condition(before: Condition | None, decision: Decision, now: str) -> Condition:
    is_success = decision.reason is ScheduleReason.SUCCESS
    condition = Condition(
        type=_SCHEDULED,
        status="True" if is_success else "False",
        reason=str(decision.reason),
        message=_SUCCESS_MESSAGE if is_success else decision.message,
        last_transition=now,
    )
    if before is not None and before.status == condition.status:
        return replace(condition, last_transition=before.last_transition)
    return condition
