"""Failover of applications: what is unhealthy for too long moves to another cluster.

Rules (Karmada: pkg/controllers/applicationfailover; karmada-semantics §2.18): the binding asks for
it, propagates its dependencies, and its kind has a health hook. Only Unhealthy counts, Unknown does
not. Karmada's clock lives in memory; ours is the report, which says since when a member has been
so, and survives a restart.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime
from functools import cache
from typing import Any, Final

from reconciler.controllers.evidence import acting_fleet, bindings, gates, members
from reconciler.controllers.tasks import DIRECTLY, GRACEFUL_GATE, GRACEFULLY, NEVER, evicting
from reconciler.controllers.tasks import failover_of as behaviour_of
from reconciler.interpret.chain import Interpreter, Operation
from reconciler.model.binding import BindingState, EvictionTask
from reconciler.model.instant import instant, later, written
from reconciler.model.intent import Evict, Intent, Wake
from reconciler.model.report import Health, MemberStatus
from reconciler.model.world import World

REASON: Final = "ApplicationFailure"
TOLERATION_SECONDS: Final = 300
_PRODUCER: Final = "resource-binding-application-failover-controller"
_CLUSTER_PRODUCER: Final = "cluster-resource-binding-application-failover-controller"


def intents(world: World, now: datetime) -> Iterator[Intent]:
    """Evictions of members that were unhealthy for longer than tolerated."""

    @cache
    def interpreter() -> Interpreter:
        fleet = acting_fleet(world)
        assert fleet is not None, "controllers act for a fleet"
        return Interpreter(
            [one.body for one in fleet.customizations],
            webhooks=[one.body for one in fleet.webhooks],
            answers=world.answers,
        )

    on = gates(world)
    for _, state in bindings(world, lambda one: behaviour_of(one, "application") is not None):
        behaviour = behaviour_of(state, "application")
        if behaviour is None or not _is_eligible(state, behaviour, on):
            continue
        unhealthy = _unhealthy(world, state)
        if not unhealthy or not _has_health_hook(interpreter(), state):
            continue
        for member in unhealthy:
            yield from _judged(state, behaviour, member, on, now)


def _is_eligible(state: BindingState, behaviour: Mapping[str, Any], on: frozenset[str]) -> bool:
    """Whether it propagates dependencies, and its purge mode is one that the gates allow."""
    if state.recorded is None or not state.recorded.propagate_deps:
        return False
    return _mode(behaviour) == DIRECTLY or GRACEFUL_GATE in on


def _mode(behaviour: Mapping[str, Any]) -> str:
    return behaviour.get("purgeMode") or GRACEFULLY


def _unhealthy(world: World, state: BindingState) -> list[MemberStatus]:
    """Targets that are unhealthy and not being evicted already."""
    leaving = {one.from_cluster for one in state.eviction_tasks}
    said = members(world, state.key)
    found = [said[one.name] for one in state.targets if one.name in said]
    return [one for one in found if one.health is Health.UNHEALTHY and one.cluster not in leaving]


def _has_health_hook(interpreter: Interpreter, state: BindingState) -> bool:
    assert state.recorded is not None, "an eligible binding is recorded"
    resource = state.recorded.resource
    return interpreter.handles(Operation.INTERPRET_HEALTH, resource.api_version, resource.kind)


def _judged(
    state: BindingState,
    behaviour: Mapping[str, Any],
    member: MemberStatus,
    on: frozenset[str],
    now: datetime,
) -> Iterator[Intent]:
    conditions = behaviour.get("decisionConditions") or {}
    seconds = conditions.get("tolerationSeconds")
    tolerated = TOLERATION_SECONDS if seconds is None else seconds
    since = instant(member.since)
    if since is None:
        return
    due = later(since, tolerated)
    if now <= due:
        yield Wake(at=written(later(due, 1)))  # only longer than tolerated is too long
        return
    task = evicting(state, _task(state, behaviour, member.cluster, now), behaviour, member, on)
    if task is not None:
        cause = f"unhealthy on {member.cluster} since {member.since}"
        yield Evict(key=state.key, cluster=member.cluster, task=task, cause=cause)


def _task(
    state: BindingState, behaviour: Mapping[str, Any], cluster: str, now: datetime
) -> EvictionTask:
    mode = _mode(behaviour)
    return EvictionTask(
        from_cluster=cluster,
        purge_mode=mode,
        reason=REASON,
        producer=_PRODUCER if state.key.namespace else _CLUSTER_PRODUCER,
        grace_period_seconds=behaviour.get("gracePeriodSeconds") if mode == GRACEFULLY else None,
        suppress_deletion=True if mode == NEVER else None,
        created=written(now),
    )
