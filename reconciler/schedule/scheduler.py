"""Schedule one binding: see whether there is a cause, try the affinities in order, decide.

Source: Karmada pkg/scheduler/scheduler.go; karmada-semantics §2.6 and §2.8.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Final

from reconciler.model.binding import Binding, BindingState, Target
from reconciler.model.decision import Decision, ScheduleReason, Trace
from reconciler.model.policy import AffinityTerm, Placement
from reconciler.schedule.attempt import attempt
from reconciler.schedule.context import SchedulingContext
from reconciler.schedule.framework import Profile, Refusal
from reconciler.schedule.profiles import BUILT_IN, DEFAULT_NAME
from reconciler.schedule.request import Request
from reconciler.schedule.trace import Recorder
from reconciler.schedule.trigger import REPLICAS_CHANGED, is_triggered, scheduling_cause

LONGEST_SETTLING: Final = 16
_QUEUED: Final = "karmada_scheduler_queue_incoming_bindings_total"
_ATTEMPTS: Final = "karmada_scheduler_schedule_attempts_total"
_SCHEDULING_SECONDS: Final = "karmada_scheduler_e2e_scheduling_duration_seconds"
#: Karmada's schedule types.
_RECONCILE: Final = "ReconcileSchedule"
_SCALE: Final = "ScaleSchedule"


def schedule(
    binding: Binding, previous: BindingState | None, context: SchedulingContext
) -> Decision:
    """Where the binding goes; the previous targets where the scheduler has no cause to look.

    What nobody claims and what is suspended for scheduling keeps what it has. A trace that is asked
    for says what the scheduler would find where it has no cause to look.
    """
    is_ours = binding.claim is not None and not binding.is_scheduling_suspended
    if is_ours and (cause := scheduling_cause(binding, previous, context)):
        return _metered(binding, previous, context, cause)
    traces = place(binding, previous, context).traces if is_ours and context.wants_trace else ()
    if previous is None:
        return Decision(was_scheduled=False, traces=traces)
    return Decision(
        targets=previous.targets,
        affinity_name=previous.observed_affinity,
        was_scheduled=False,
        traces=traces,
    )


def _metered(
    binding: Binding, previous: BindingState | None, context: SchedulingContext, cause: str
) -> Decision:
    """The decision, told to the meter. Karmada: metrics.go, BindingSchedule."""
    meter = context.meter
    meter.count(_QUEUED, "BindingAdd" if previous is None else "BindingUpdate")
    began = meter.start()
    decision = settled(binding, previous, context)
    result = "scheduled" if decision.reason is ScheduleReason.SUCCESS else "error"
    kind = _SCALE if cause is REPLICAS_CHANGED else _RECONCILE
    meter.took(_SCHEDULING_SECONDS, began, result, kind)
    meter.count(_ATTEMPTS, result, kind)
    return decision


def settled(
    binding: Binding, previous: BindingState | None, context: SchedulingContext
) -> Decision:
    """Schedule until the result stays, so that a second run changes nothing.

    What is not divided is scheduled at every occasion, its own result being one, and with spread
    constraints a result may prefer another one. Karmada goes on likewise until nothing changes;
    where results lead in a circle, it goes on for ever, and here the first one met again stands.
    """
    decision = place(binding, previous, context)
    placement = binding.placement or Placement()
    if not placement.spread_constraints:
        return decision  # every cluster that passes is used: being a target only helps to pass
    state = previous or BindingState(key=binding.key)
    seen = [state.targets]
    while decision.reason is ScheduleReason.SUCCESS and decision.targets not in seen:
        seen.append(decision.targets)
        state = following(state, binding, decision)
        if len(seen) > LONGEST_SETTLING or not scheduling_cause(binding, state, context):
            return decision
        again = place(binding, state, context)
        if again.reason is not ScheduleReason.SUCCESS:
            return decision
        decision = again
    return decision


def following(state: BindingState, binding: Binding, decision: Decision) -> BindingState:
    """The state that the scheduler would see next after this decision."""
    placement = binding.placement or Placement()
    return replace(
        state,
        targets=decision.targets,
        applied_placement=placement.document,
        observed_affinity=decision.affinity_name,
        reschedule_triggered="",
    )


def place(binding: Binding, previous: BindingState | None, context: SchedulingContext) -> Decision:
    """Schedule with or without a cause.

    Terms of ordered affinities are tried from the observed one on, from the first one on when a
    rescheduling was triggered; the first that works is recorded. When none does the first failure
    counts: NoClusterFit clears the targets, every other keeps them.
    """
    profile = profile_of(binding, context)
    if profile is None:
        message = f"no scheduler profile is named {binding.scheduler_name}"
        return failed(Refusal(ScheduleReason.SCHEDULER_ERROR, message), previous, ())
    failures: list[Refusal] = []
    traces: list[Trace] = []
    for request in requests(binding, previous, context):
        name = request.term.name if request.term is not None else ""
        recorder = Recorder(name) if context.wants_trace else None
        targets: tuple[Target, ...] | None = None
        try:
            targets = attempt(request, profile, recorder)
        except Refusal as refusal:
            failures.append(refusal)
        if recorder is not None:
            traces.append(recorder.trace())
        if targets is not None:
            return Decision(targets=targets, affinity_name=name, traces=tuple(traces))
    return failed(failures[0], previous, tuple(traces))


def profile_of(binding: Binding, context: SchedulingContext) -> Profile | None:
    """The plugins that the binding's schedulerName chooses."""
    if not context.profiles and binding.scheduler_name == DEFAULT_NAME:
        return BUILT_IN
    return context.profiles.get(binding.scheduler_name)


def requests(
    binding: Binding, previous: BindingState | None, context: SchedulingContext
) -> Iterator[Request]:
    """The attempts to make, in order."""
    placement, is_fresh = binding.placement or Placement(), is_triggered(previous)
    previous_names = frozenset(one.name for one in previous.targets) if previous else frozenset()
    evicted = (
        frozenset(one.from_cluster for one in previous.eviction_tasks) if previous else frozenset()
    )
    for term in terms(placement, previous, is_fresh=is_fresh):
        yield Request(
            binding=binding,
            placement=placement,
            previous=previous,
            context=context,
            term=term,
            is_fresh=is_fresh,
            previous_names=previous_names,
            evicted=evicted,
        )


def terms(
    placement: Placement, previous: BindingState | None, *, is_fresh: bool
) -> tuple[AffinityTerm | None, ...]:
    """Terms still to try, from the observed one on; a single None without ordered affinities."""
    if not placement.affinities:
        return (None,)
    names = [one.name for one in placement.affinities]
    observed = previous.observed_affinity if previous is not None and not is_fresh else ""
    return placement.affinities[names.index(observed) if observed in names else 0 :]


def failed(refusal: Refusal, previous: BindingState | None, traces: tuple[Trace, ...]) -> Decision:
    """The decision for a failure."""
    keeps = refusal.reason is not ScheduleReason.NO_CLUSTER_FIT
    return Decision(
        targets=previous.targets if previous is not None and keeps else (),
        reason=refusal.reason,
        message=refusal.message,
        affinity_name=previous.observed_affinity if previous is not None else "",
        keeps_previous=keeps,
        traces=traces,
    )
