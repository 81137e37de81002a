"""Graceful eviction tasks: how one is made of what a binding says about failover.

Karmada: buildTaskOptions of the taint manager and of the application failover controllers
(karmada-semantics §2.18).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any, Final

from reconciler.controllers.preservation import preserved
from reconciler.model.binding import BindingState, EvictionTask
from reconciler.model.report import MemberStatus

GRACEFUL_GATE: Final = "GracefulEviction"
INJECTION_GATE: Final = "StatefulFailoverInjection"
GRACEFULLY, DIRECTLY, NEVER = "Gracefully", "Directly", "Never"


def failover_of(state: BindingState, kind: str) -> Mapping[str, Any] | None:
    """What the binding says about failover of its `application` or its `cluster`."""
    failover = state.recorded.failover if state.recorded is not None else None
    behaviour = (failover or {}).get(kind)
    return behaviour if isinstance(behaviour, Mapping) else None


def evicting(
    state: BindingState,
    task: EvictionTask,
    behaviour: Mapping[str, Any],
    member: MemberStatus | None,
    gates: frozenset[str],
) -> EvictionTask | None:
    """The task with the application's state to hand over; None while that state is not known.

    Without the gate, or without rules, there is nothing to hand over.
    """
    rules = (behaviour.get("statePreservation") or {}).get("rules") or ()
    if INJECTION_GATE not in gates or not rules:
        return task
    labels = preserved(rules, member.status if member else None)
    if labels is None:
        return None
    before = tuple(one.name for one in state.targets)
    return replace(task, preserved_labels=labels, clusters_before_failover=before)
