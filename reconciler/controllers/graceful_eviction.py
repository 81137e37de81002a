"""The end of graceful evictions: when a replacement is healthy, or the grace period is over.

Rules (Karmada: gracefuleviction/evictiontask.go; karmada-semantics §2.18). A task with
suppressDeletion true waits for a person, with false it ends now. Otherwise it ends when its grace
period (ten minutes unless it says another) is over, or when the binding was scheduled without error
and every target is healthy.

Stricter than Karmada in two ways, because a task that ends too early deletes the only copy: no
target at all is no replacement, and a target that runs fewer replicas than it was given is not one
yet. The deadline holds all the same.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Final

from reconciler.controllers.evidence import bindings, gates, members
from reconciler.controllers.tasks import GRACEFUL_GATE
from reconciler.model.binding import BindingState, EvictionTask, Target
from reconciler.model.instant import instant, later, written
from reconciler.model.intent import EndEviction, Intent, StampEviction, Wake
from reconciler.model.policy import ReplicaSchedulingType
from reconciler.model.report import Health, MemberStatus
from reconciler.model.world import World

GRACE_SECONDS: Final = 600


def intents(world: World, now: datetime) -> Iterator[Intent]:
    """Stamps for tasks without a beginning, ends for those that are over."""
    if GRACEFUL_GATE not in gates(world):
        return
    for _, state in bindings(world, lambda one: one.eviction_tasks):
        for task in state.eviction_tasks:
            yield from _assessed(world, state, task, now)


def _assessed(
    world: World, state: BindingState, task: EvictionTask, now: datetime
) -> Iterator[Intent]:
    key, cluster = state.key, task.from_cluster
    began = instant(task.created)
    if began is None:
        yield StampEviction(key=key, cluster=cluster, at=written(now), cause="the task is new")
        began = now
    if task.suppress_deletion:
        return
    grace = GRACE_SECONDS if task.grace_period_seconds is None else task.grace_period_seconds
    deadline = later(began, grace)
    cause = ""
    if task.suppress_deletion is False:
        cause = "the deletion was confirmed"
    elif now > deadline:
        cause = f"the grace period of {grace} s is over"
    elif began < now and is_replaced(world, state):
        cause = "every target is healthy"
    if cause:
        yield EndEviction(key=key, cluster=cluster, cause=cause)
    else:
        yield Wake(at=written(later(deadline, 1)))


def is_replaced(world: World, state: BindingState) -> bool:
    """Whether the binding has its targets and all of them are healthy.

    A task that began in this cycle has had no scheduling yet; the caller asks in later ones.
    """
    if not state.targets or not _is_scheduled(state):
        return False
    said = members(world, state.key)
    return all(_is_up(one, said.get(one.name)) for one in state.targets)


def _is_scheduled(state: BindingState) -> bool:
    """Whether the last scheduling succeeded and its result adds up to what is asked for."""
    if state.scheduled is None or state.scheduled.status != "True":
        return False
    binding = state.recorded
    if binding is None or not binding.replicas or binding.components or not binding.placement:
        return True
    scheduling = binding.placement.replica_scheduling
    if scheduling is None or scheduling.type is not ReplicaSchedulingType.DIVIDED:
        return True
    return sum(one.replicas for one in state.targets) == binding.replicas


def _is_up(target: Target, member: MemberStatus | None) -> bool:
    if member is None or not member.applied or member.health is not Health.HEALTHY:
        return False
    return member.replicas is None or member.replicas >= target.replicas
