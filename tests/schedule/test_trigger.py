"""When the scheduler has a cause to look at a binding."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from reconciler.model.binding import BindingState, Component
from reconciler.schedule.trigger import is_triggered, scheduling_cause
from tests.schedule.builders import (
    AGGREGATED,
    DUPLICATED,
    a_binding,
    a_cluster,
    a_context,
    a_state,
)

FLEET = a_context(a_cluster("m1"), a_cluster("m2"), a_cluster("leaving", is_deleting=True))
SETTLED = a_binding(3, replicaScheduling=AGGREGATED)
TERMS = [{"affinityName": "one", "clusterNames": ["m1"]}, {"affinityName": "two"}]


def test_a_divided_result_that_adds_up_is_left_alone() -> None:
    assert scheduling_cause(SETTLED, a_state(SETTLED, {"m1": 3}), FLEET) == ""


@pytest.mark.parametrize(
    ("binding", "state", "cause"),
    [
        (SETTLED, None, "placement"),
        (
            a_binding(3, replicaScheduling=AGGREGATED, clusterAffinity={}),
            a_state(SETTLED, {"m1": 3}),
            "placement",
        ),
        (SETTLED, a_state(SETTLED, {"m1": 2}), "number of replicas"),
        (SETTLED, a_state(SETTLED, {"m1": 3}, triggered="2026-01-01T00:00:01Z"), "triggered"),
        (a_binding(3), a_state(a_binding(3), {"m1": 3}), "not divided"),
        (SETTLED, a_state(SETTLED, {"leaving": 3}), "being removed"),
        (
            a_binding(3, replicaScheduling=DUPLICATED),
            a_state(a_binding(3, replicaScheduling=DUPLICATED), {"m1": 2}),
            "number of replicas",
        ),
        (
            replace(SETTLED, replicas=0, components=(Component(name="head", replicas=1),)),
            a_state(SETTLED, {}),
            "number of replicas",
        ),
    ],
)
def test_causes(binding: Any, state: BindingState | None, cause: str) -> None:
    assert cause in scheduling_cause(binding, state, FLEET)


def test_null_and_empty_lists_in_a_placement_say_nothing() -> None:
    binding = a_binding(
        3, replicaScheduling=AGGREGATED, spreadConstraints=[], clusterTolerations=None
    )
    assert scheduling_cause(binding, a_state(SETTLED, {"m1": 3}), FLEET) == ""


def test_only_the_observed_term_of_ordered_affinities_is_compared() -> None:
    old = a_binding(3, replicaScheduling=AGGREGATED, clusterAffinities=TERMS)
    other_changed = a_binding(
        3,
        replicaScheduling=AGGREGATED,
        clusterAffinities=[TERMS[0], {"affinityName": "two", "exclude": ["m2"]}],
    )
    observed_gone = a_binding(3, replicaScheduling=AGGREGATED, clusterAffinities=TERMS[1:])
    state = a_state(old, {"m1": 3}, observed="one")
    assert scheduling_cause(other_changed, state, FLEET) == ""
    assert "placement" in scheduling_cause(observed_gone, state, FLEET)


def test_a_rescheduling_counts_only_when_it_is_later_than_the_last_scheduling() -> None:
    earlier = a_state(SETTLED, {}, triggered="2025-12-31T23:59:59Z")
    offset = a_state(SETTLED, {}, triggered="2026-01-01T01:00:00+02:00")
    never = replace(a_state(SETTLED, {}, triggered="2026-01-02T00:00:00Z"), last_scheduled="")
    assert not any(is_triggered(state) for state in (earlier, offset, never, None))
