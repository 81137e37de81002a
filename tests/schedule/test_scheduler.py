"""Whole decisions: affinities in order, tiers, failures, profiles, suspension."""

from __future__ import annotations

from dataclasses import replace

import pytest

from reconciler.model.binding import Binding
from reconciler.model.decision import ScheduleReason
from reconciler.schedule import Peer, place, schedule
from tests.schedule.builders import (
    AGGREGATED,
    DUPLICATED,
    DYNAMIC,
    GATES,
    a_binding,
    a_cluster,
    a_context,
    a_state,
    replicas,
)

PRIMARY_BACKUP = [
    {"affinityName": "primary", "clusterNames": ["on-prem"]},
    {"affinityName": "backup", "clusterNames": ["cloud"]},
]


def test_two_named_clusters_both_get_everything() -> None:
    fleet = a_context(*(a_cluster(name) for name in ("m1", "m2", "m3")))
    binding = a_binding(2, clusterAffinity={"clusterNames": ["m1", "m2"]})
    assert replicas(place(binding, None, fleet).targets) == {"m1": 2, "m2": 2}


def test_equal_static_weights_break_the_tie_by_the_templates_uid() -> None:
    fleet = a_context(a_cluster("m1"), a_cluster("m2"))
    weights = {"staticWeightList": [{"targetCluster": {}, "weight": 1}]}
    scheduling = {
        "replicaSchedulingType": "Divided",
        "replicaDivisionPreference": "Weighted",
        "weightPreference": weights,
    }
    results = {
        uid: replicas(
            place(a_binding(3, uid=uid, replicaScheduling=scheduling), None, fleet).targets
        )
        for uid in ("", "uid-1", "uid-2")
    }
    assert results[""] == {"m1": 2, "m2": 1}
    assert {tuple(one.values()) for one in results.values()} == {(2, 1), (1, 2)}


def test_all_goes_to_the_primary_while_it_fits_and_to_the_backup_when_not() -> None:
    binding = a_binding(5, clusterAffinities=PRIMARY_BACKUP, replicaScheduling=AGGREGATED)
    roomy = a_context(a_cluster("on-prem", pods=9), a_cluster("cloud"))
    full = a_context(a_cluster("on-prem", pods=4), a_cluster("cloud"))
    first, second = place(binding, None, roomy), place(binding, None, full)
    assert (first.affinity_name, replicas(first.targets)) == ("primary", {"on-prem": 5})
    assert (second.affinity_name, replicas(second.targets)) == ("backup", {"cloud": 5})


def test_an_earlier_affinity_comes_back_only_when_a_rescheduling_is_triggered() -> None:
    binding = a_binding(5, clusterAffinities=PRIMARY_BACKUP, replicaScheduling=AGGREGATED)
    fleet = a_context(a_cluster("on-prem"), a_cluster("cloud"))
    stays = a_state(binding, {"cloud": 5}, observed="backup")
    asked = a_state(binding, {"cloud": 5}, observed="backup", triggered="2026-01-02T00:00:00Z")
    assert place(binding, stays, fleet).affinity_name == "backup"
    assert place(binding, asked, fleet).affinity_name == "primary"


def test_overflow_tiers_take_what_the_primary_has_no_room_for() -> None:
    term = {
        "affinityName": "primary",
        "clusterNames": ["on-prem"],
        "overflowAffinities": [{"affinityName": "burst", "clusterNames": ["cloud"]}],
    }
    binding = a_binding(5, clusterAffinities=[term], replicaScheduling=DYNAMIC)
    fleet = a_context(a_cluster("on-prem", pods=3), a_cluster("cloud"), a_cluster("other"))
    assert replicas(place(binding, None, fleet).targets) == {"cloud": 2, "on-prem": 3}


def test_no_fitting_cluster_clears_the_targets() -> None:
    binding = a_binding(2, clusterAffinity={"clusterNames": ["gone"]})
    decision = place(binding, a_state(binding, {"m1": 2}), a_context(a_cluster("m1")))
    assert decision.reason is ScheduleReason.NO_CLUSTER_FIT
    assert (decision.targets, decision.keeps_previous) == ((), False)
    assert decision.message.startswith("0/1 clusters are available: 1 cluster(s) did not match")


def test_too_little_room_keeps_the_targets() -> None:
    binding = a_binding(9, replicaScheduling=AGGREGATED)
    state = a_state(binding, {"m1": 2})
    decision = place(binding, state, a_context(a_cluster("m1", pods=3)))
    assert decision.reason is ScheduleReason.UNSCHEDULABLE
    assert (decision.targets, decision.keeps_previous) == (state.targets, True)


def test_a_cluster_being_evicted_from_is_no_target() -> None:
    binding = a_binding(2)
    state = a_state(binding, {"m1": 2, "m2": 2}, evicted=("m1",))
    decision = place(binding, state, a_context(a_cluster("m1"), a_cluster("m2")))
    assert replicas(decision.targets) == {"m2": 2}


def test_a_cluster_being_removed_is_no_target() -> None:
    fleet = a_context(a_cluster("m1", is_deleting=True), a_cluster("m2"))
    assert replicas(place(a_binding(1), None, fleet).targets) == {"m2": 1}


def test_an_untolerated_taint_keeps_newcomers_out_and_lets_targets_stay() -> None:
    taints = [{"key": "dedicated", "value": "gpu", "effect": "NoSchedule"}]
    fleet = a_context(a_cluster("m1", taints=taints), a_cluster("m2"))
    binding = a_binding(1)
    tolerant = a_binding(1, clusterTolerations=[{"key": "dedicated", "operator": "Exists"}])
    assert replicas(place(binding, None, fleet).targets) == {"m2": 1}
    assert replicas(place(tolerant, None, fleet).targets) == {"m1": 1, "m2": 1}
    stays = place(binding, a_state(binding, {"m1": 1}), fleet)
    assert replicas(stays.targets) == {"m1": 1, "m2": 1}


def test_clusters_without_replicas_stay_targets_when_asked_for() -> None:
    binding = a_binding(1, replicaScheduling=AGGREGATED)
    fleet = a_context(a_cluster("m1"), a_cluster("m2"), enable_empty=True)
    assert replicas(place(binding, None, fleet).targets) == {"m1": 1, "m2": 0}


@pytest.mark.parametrize(
    ("groups", "expected"),
    [
        ({"affinity_group": "app=shop"}, {"m1": 1}),
        ({"anti_affinity_group": "app=shop"}, {"m2": 1}),
    ],
)
def test_workloads_seek_and_avoid_each_other_behind_the_gate(
    groups: dict[str, str], expected: dict[str, int]
) -> None:
    binding = replace(a_binding(1), **groups)  # type: ignore[arg-type]
    key = binding.key._replace(name="other")
    peer = Peer(key=key, namespace="default", targets=frozenset({"m1"}), **groups)
    clusters = a_cluster("m1"), a_cluster("m2")
    gated = a_context(*clusters, peers=(peer,), gates=GATES | {"WorkloadAffinity"})
    assert replicas(place(binding, None, gated).targets) == expected
    plain = a_context(*clusters, peers=(peer,))
    assert replicas(place(binding, None, plain).targets) == {"m1": 1, "m2": 1}


def test_a_binding_is_no_peer_of_its_own() -> None:
    binding = replace(a_binding(1), anti_affinity_group="app=shop")
    peer = Peer(
        key=binding.key,
        namespace="default",
        anti_affinity_group="app=shop",
        targets=frozenset({"m1"}),
    )
    context = a_context(a_cluster("m1"), gates=GATES | {"WorkloadAffinity"})
    assert replicas(place(binding, None, context.with_peers((peer,))).targets) == {"m1": 1}


@pytest.mark.parametrize(
    "binding",
    [
        replace(a_binding(2), claim=None),
        replace(a_binding(2), is_scheduling_suspended=True),
    ],
    ids=["unclaimed", "suspended"],
)
def test_what_may_not_be_scheduled_keeps_what_it_has(binding: Binding) -> None:
    fleet = a_context(a_cluster("m1"), a_cluster("m2"))
    state = a_state(a_binding(1), {"m2": 1})
    decision = schedule(binding, state, fleet)
    assert (decision.was_scheduled, replicas(decision.targets)) == (False, {"m2": 1})
    assert schedule(binding, None, fleet).targets == ()


def test_an_unknown_scheduler_name_keeps_the_targets_and_says_so() -> None:
    binding = replace(a_binding(1), scheduler_name="mine")
    decision = place(binding, a_state(binding, {"m9": 1}), a_context(a_cluster("m1")))
    assert decision.reason is ScheduleReason.SCHEDULER_ERROR
    assert decision.message == "no scheduler profile is named mine"
    assert replicas(decision.targets) == {"m9": 1}


def test_divided_without_a_preference_is_not_supported() -> None:
    binding = a_binding(1, replicaScheduling={"replicaSchedulingType": "Divided"})
    decision = place(binding, None, a_context(a_cluster("m1")))
    assert decision.reason is ScheduleReason.SCHEDULER_ERROR


def test_a_trace_says_why_every_cluster_came_out_as_it_did() -> None:
    fleet = a_context(
        a_cluster("m1", kind="Pod"), a_cluster("m2"), a_cluster("m3", pods=50), wants_trace=True
    )
    spread = [{"spreadByField": "cluster", "minGroups": 1, "maxGroups": 1}]
    binding = a_binding(4, replicaScheduling=DYNAMIC, spreadConstraints=spread)
    (trace,) = place(binding, None, fleet).traces
    verdicts = {one.cluster: (one.plugin, one.available) for one in trace.verdicts}
    assert verdicts == {"m1": ("APIEnablement", None), "m2": ("", 100), "m3": ("Select", 50)}
    assert [step.title for step in trace.steps] == [
        "Select clusters",
        "Divide 4 replicas by DynamicWeight, steady",
    ]
    assert trace.steps[1].rows == ("m2: 0 -> 4 (room for 100 more)",)


def test_every_failed_affinity_leaves_a_trace() -> None:
    binding = a_binding(1, clusterAffinities=PRIMARY_BACKUP, replicaScheduling=DUPLICATED)
    decision = place(binding, None, a_context(a_cluster("else"), wants_trace=True))
    assert [trace.affinity_name for trace in decision.traces] == ["primary", "backup"]


def test_a_result_that_prefers_another_one_is_scheduled_again_at_once() -> None:
    fleet = a_context(
        a_cluster("m3", zones=["a"], pods=0),
        a_cluster("m4", zones=["a"], pods=0),
        a_cluster("m5", zones=["b"], pods=1),
    )
    spread = [
        {"spreadByField": "zone", "minGroups": 1, "maxGroups": 2},
        {"spreadByField": "cluster", "minGroups": 2, "maxGroups": 2},
    ]
    binding = a_binding(1, spreadConstraints=spread, replicaScheduling=DUPLICATED)
    assert set(replicas(place(binding, None, fleet).targets)) == {"m3", "m5"}
    settled = schedule(binding, None, fleet)
    assert set(replicas(settled.targets)) == {"m3", "m4"}
    state = a_state(binding, replicas(settled.targets))
    assert schedule(binding, state, fleet).targets == settled.targets


@pytest.mark.parametrize(
    ("toleration", "passes"),
    [
        ({"key": "dedicated", "operator": "Equal", "value": "gpu"}, True),
        ({"key": "dedicated", "value": "gpu", "effect": "NoSchedule"}, True),
        ({"key": "dedicated", "value": "cpu"}, False),
        ({"key": "dedicated", "operator": "Exists", "effect": "NoExecute"}, False),
        ({"key": "other", "operator": "Exists"}, False),
        ({"operator": "Exists"}, True),
        ({"key": "dedicated", "operator": "Gt", "value": "gpu"}, False),
    ],
)
def test_tolerations_are_those_of_kubernetes(toleration: dict[str, str], passes: bool) -> None:
    taints = [{"key": "dedicated", "value": "gpu", "effect": "NoSchedule"}]
    fleet = a_context(a_cluster("m1", taints=taints))
    decision = place(a_binding(1, clusterTolerations=[toleration]), None, fleet)
    assert bool(decision.targets) is passes
    if not passes:
        assert "untolerated taint {dedicated=gpu:NoSchedule}" in decision.message


def test_a_taint_of_another_effect_keeps_nobody_out() -> None:
    fleet = a_context(a_cluster("m1", taints=[{"key": "x", "effect": "PreferNoSchedule"}]))
    assert place(a_binding(1), None, fleet).targets


def test_a_fleet_without_clusters_fits_nothing() -> None:
    decision = place(a_binding(1), None, a_context())
    assert decision.reason is ScheduleReason.NO_CLUSTER_FIT
    assert decision.message == "0/0 clusters are available: no clusters exist"


@pytest.mark.parametrize(
    "constraint",
    [
        {"spreadByField": "cluster", "minGroups": 1, "maxGroups": 0},
        {"spreadByLabel": "site", "minGroups": 1, "maxGroups": 1},
    ],
)
def test_constraints_that_select_nothing_are_an_error(constraint: dict[str, object]) -> None:
    decision = place(a_binding(1, spreadConstraints=[constraint]), None, a_context(a_cluster("m")))
    assert decision.reason is ScheduleReason.SCHEDULER_ERROR


def test_aggregated_fills_the_clusters_in_use_first() -> None:
    binding = a_binding(8, replicaScheduling=AGGREGATED)
    fleet = a_context(a_cluster("used", pods=6), a_cluster("empty", pods=50))
    state = a_state(binding, {"used": 3})
    assert replicas(place(binding, state, fleet).targets) == {"used": 8}
