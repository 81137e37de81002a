"""The next state of every binding: what the state branch has to know for the cycle after this one.

Rules: the scheduling time changes only with the result or the placement (design §5); a template's
generation rises by one
with each change outside metadata and status, for kinds that count them (design §5, Identity).
"""

from __future__ import annotations

from dataclasses import replace

from reconciler.model.binding import Binding, BindingState, Requirer
from reconciler.model.cluster import Condition
from reconciler.model.decision import Decision, ScheduleReason
from reconciler.model.fleet import Template
from reconciler.model.kinds import counts_generations

_SCHEDULED = "Scheduled"
_SUCCESS_MESSAGE = "Binding has been scheduled successfully."


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
    is_same = (
        state.last_scheduled
        and state.targets == decision.targets
        and state.applied_placement == placement
        and not _was_asked(state)
    )
    return replace(
        state,
        targets=decision.targets,
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
