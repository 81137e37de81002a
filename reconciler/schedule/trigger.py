"""When a binding is scheduled at all (karmada-semantics §2.6).

A result that still adds up is left alone: a Divided workload is not moved because a cluster joined
or changed its labels.

Source: Karmada pkg/scheduler/scheduler.go, doScheduleBinding, and helper.go, placementChanged.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final

from reconciler.model.binding import Binding, BindingState
from reconciler.model.policy import Placement, ReplicaSchedulingType
from reconciler.schedule.context import SchedulingContext
from reconciler.schedule.integers import int32

REPLICAS_CHANGED: Final = "the number of replicas changed"

COMPARED: Final = (
    "clusterAffinity",
    "clusterTolerations",
    "spreadConstraints",
    "replicaScheduling",
)


def scheduling_cause(
    binding: Binding, previous: BindingState | None, context: SchedulingContext
) -> str:
    """Why the scheduler has to look, `` when it has no cause."""
    placement = binding.placement or Placement()
    if previous is None or placement_changed(placement, previous):
        return "the placement changed"
    if replicas_changed(binding, placement, previous):
        return REPLICAS_CHANGED
    if is_triggered(previous):
        return "a rescheduling was triggered"
    if not binding.is_workload or not is_divided(placement):
        return "what is not divided follows the clusters"
    deleting = {one.name for one in context.clusters if one.is_deleting}
    if any(one.name in deleting for one in previous.targets):
        return "a target cluster is being removed"
    return ""


def is_divided(placement: Placement) -> bool:
    """Whether replicas are divided; without replicaScheduling they are duplicated."""
    scheduling = placement.replica_scheduling
    return scheduling is not None and scheduling.type is ReplicaSchedulingType.DIVIDED


def is_triggered(previous: BindingState | None) -> bool:
    """Whether a rescheduling was asked for after the last one. Karmada: RescheduleRequired."""
    if previous is None or not previous.reschedule_triggered or not previous.last_scheduled:
        return False
    return datetime.fromisoformat(previous.reschedule_triggered) > datetime.fromisoformat(
        previous.last_scheduled
    )


def replicas_changed(binding: Binding, placement: Placement, previous: BindingState) -> bool:
    """Whether the result no longer gives what is asked for. Karmada: IsBindingReplicasChanged."""
    if binding.components:
        return not previous.targets
    if placement.replica_scheduling is None:
        return False
    if is_divided(placement):
        return int32(sum(one.replicas for one in previous.targets)) != binding.replicas
    return any(one.replicas != binding.replicas for one in previous.targets)


def placement_changed(placement: Placement, previous: BindingState) -> bool:
    """Whether the placement says something else than the one that the result was computed for.

    Of ordered affinities only the observed term is compared, as long as it still exists.
    """
    applied = previous.applied_placement
    if applied is None:
        return True
    now = placement.document
    if any(_said(now, key) != _said(applied, key) for key in COMPARED):
        return True
    terms, applied_terms = _terms(now), _terms(applied)
    if not terms and not applied_terms:
        return False
    observed = previous.observed_affinity
    return (
        observed not in terms
        or observed not in applied_terms
        or terms[observed] != applied_terms[observed]
    )


def _terms(placement: Mapping[str, Any]) -> dict[str, Any]:
    terms = placement.get("clusterAffinities") or ()
    return {term["affinityName"]: _without_nothing(term) for term in terms}


def _said(placement: Mapping[str, Any], key: str) -> Any:
    """What a part says, None for nothing; an empty object says something."""
    value = placement.get(key)
    return None if value == [] else _without_nothing(value)


def _without_nothing(value: Any) -> Any:
    """The value without null and empty lists, which mean the same as nothing."""
    if isinstance(value, Mapping):
        return {
            key: _without_nothing(one)
            for key, one in value.items()
            if one is not None and one != []
        }
    if isinstance(value, list | tuple):
        return [_without_nothing(one) for one in value]
    return value
