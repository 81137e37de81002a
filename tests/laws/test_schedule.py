"""Promises of the scheduler that hold for every fleet, placement and history."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import replace
from itertools import combinations
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from reconciler.model.binding import Binding, BindingState, Target
from reconciler.model.cluster import Cluster
from reconciler.model.decision import ScheduleReason
from reconciler.schedule import SchedulingContext, place, schedule
from reconciler.schedule.estimate.nodes import Amounts, placed, room_for
from reconciler.schedule.select.groups import Group, best_groups
from tests.schedule.builders import (
    AGGREGATED,
    DUPLICATED,
    DYNAMIC,
    STATIC,
    a_binding,
    a_cluster,
    a_context,
    a_state,
    replicas,
)

NAMES = [f"member{number}" for number in range(6)]
DIVIDED = (AGGREGATED, DYNAMIC, STATIC)


@st.composite
def clusters(draw: st.DrawFn) -> tuple[Cluster, ...]:
    """Some of six clusters in any order, with regions, zones and room."""
    names = draw(st.lists(st.sampled_from(NAMES), min_size=1, unique=True))
    return tuple(
        a_cluster(
            name,
            pods=draw(st.integers(0, 40)),
            region=draw(st.sampled_from(["", "eu", "us", "cn"])),
            zones=draw(st.lists(st.sampled_from(["a", "b", "c"]), max_size=2, unique=True)),
            provider=draw(st.sampled_from(["", "p", "q"])),
        )
        for name in names
    )


@st.composite
def spread_constraints(draw: st.DrawFn) -> list[dict[str, Any]]:
    """None, by cluster, or by cluster and one kind of groups."""
    fields = draw(st.sampled_from([(), ("cluster",), ("region", "cluster"), ("zone", "cluster")]))
    constraints = []
    for field in fields:
        least = draw(st.integers(1, 3))
        most = draw(st.integers(least, 5))
        constraints.append({"spreadByField": field, "minGroups": least, "maxGroups": most})
    return constraints


@st.composite
def bindings(draw: st.DrawFn, schedulings: tuple[dict[str, Any], ...]) -> Binding:
    """A Deployment under one of these replica schedulings."""
    return a_binding(
        draw(st.integers(1, 60)),
        uid=draw(st.sampled_from(["", "uid-a", "uid-b"])),
        replicaScheduling=draw(st.sampled_from(schedulings)),
        spreadConstraints=draw(spread_constraints()),
    )


@st.composite
def states(draw: st.DrawFn, binding: Binding) -> BindingState | None:
    """What a binding may have been scheduled to before."""
    if draw(st.booleans()):
        return None
    before = draw(st.dictionaries(st.sampled_from(NAMES), st.integers(1, 30), max_size=4))
    evicted = tuple(draw(st.lists(st.sampled_from(NAMES), max_size=1)))
    return a_state(binding, before, evicted=evicted)


@given(st.data(), clusters(), bindings(DIVIDED))
def test_divided_replicas_sum_to_the_request_and_are_positive(
    data: st.DataObject, fleet: tuple[Cluster, ...], binding: Binding
) -> None:
    decision = place(binding, data.draw(states(binding)), a_context(*fleet))
    if decision.reason is ScheduleReason.SUCCESS:
        assert sum(one.replicas for one in decision.targets) == binding.replicas
        assert all(one.replicas > 0 for one in decision.targets)


@given(clusters(), bindings((DUPLICATED,)))
def test_duplicated_replicas_are_whole_everywhere(
    fleet: tuple[Cluster, ...], binding: Binding
) -> None:
    decision = place(binding, None, a_context(*fleet))
    assert {one.replicas for one in decision.targets} <= {binding.replicas}


@given(st.data(), clusters(), bindings((*DIVIDED, DUPLICATED)))
def test_the_order_in_which_clusters_are_listed_changes_nothing(
    data: st.DataObject, fleet: tuple[Cluster, ...], binding: Binding
) -> None:
    state = data.draw(states(binding))
    shuffled = tuple(data.draw(st.permutations(fleet)))
    assert place(binding, state, a_context(*fleet)) == place(binding, state, a_context(*shuffled))


@given(clusters(), bindings((AGGREGATED, DYNAMIC)), st.integers(1, 40))
def test_scaling_up_in_steady_mode_takes_from_nobody(
    fleet: tuple[Cluster, ...], binding: Binding, more: int
) -> None:
    unconstrained = (
        replace(
            binding,
            placement=a_binding(
                replicaScheduling=binding.placement.document["replicaScheduling"]
            ).placement,
        )
        if binding.placement
        else binding
    )
    context = a_context(*fleet)
    first = place(unconstrained, None, context)
    if first.reason is not ScheduleReason.SUCCESS:
        return
    state = a_state(unconstrained, replicas(first.targets))
    larger = replace(unconstrained, replicas=unconstrained.replicas + more)
    second = place(larger, state, context)
    if second.reason is ScheduleReason.SUCCESS:
        after = replicas(second.targets)
        assert all(after.get(name, 0) >= count for name, count in replicas(first.targets).items())


@given(st.data(), clusters(), bindings((*DIVIDED, DUPLICATED)))
def test_a_second_run_changes_nothing(
    data: st.DataObject, fleet: tuple[Cluster, ...], binding: Binding
) -> None:
    context, before = a_context(*fleet), data.draw(states(binding))
    first = schedule(binding, before, context)
    if first.reason is not ScheduleReason.SUCCESS:
        return
    evicted = tuple(task.from_cluster for task in before.eviction_tasks) if before else ()
    after = a_state(binding, replicas(first.targets), evicted=evicted)
    assert schedule(binding, after, context).targets == first.targets


@given(st.data(), clusters(), bindings((*DIVIDED, DUPLICATED)))
def test_asking_for_a_trace_changes_nothing_else(
    data: st.DataObject, fleet: tuple[Cluster, ...], binding: Binding
) -> None:
    state = data.draw(states(binding))
    plain = place(binding, state, a_context(*fleet))
    traced = place(binding, state, a_context(*fleet, wants_trace=True))
    assert replace(traced, traces=()) == plain
    assert {one.cluster for one in traced.traces[0].verdicts} == {one.name for one in fleet}


@given(st.data(), clusters(), bindings((AGGREGATED, DYNAMIC)))
def test_what_a_run_remembers_of_clusters_changes_nothing(
    data: st.DataObject, fleet: tuple[Cluster, ...], binding: Binding
) -> None:
    used: SchedulingContext = a_context(*fleet)
    place(data.draw(bindings((AGGREGATED, DYNAMIC))), None, used)
    assert place(binding, None, used) == place(binding, None, a_context(*fleet))


GROUPS = st.lists(st.tuples(st.integers(1, 4), st.integers(0, 3)), min_size=1, max_size=6).map(
    lambda pairs: [Group(f"g{at}", size, weight) for at, (size, weight) in enumerate(pairs)]
)


@given(GROUPS, st.integers(1, 3), st.integers(0, 4), st.integers(0, 9))
def test_the_pruned_walk_finds_what_the_whole_walk_finds(
    groups: list[Group], shortest: int, more: int, needed: int
) -> None:
    longest = shortest + more
    found = best_groups(groups, shortest=shortest, longest=longest, clusters=needed)
    assert list(found) == exhaustive(groups, shortest, longest, needed)


def exhaustive(groups: list[Group], shortest: int, longest: int, needed: int) -> list[Group]:
    """The rule of Karmada's select_groups.go over all combinations."""
    walked = sorted(groups, key=lambda one: (one.clusters, -one.weight, one.name))

    def is_enough(path: tuple[Group, ...]) -> bool:
        total = sum(one.clusters for one in path)
        return total >= needed and shortest <= len(path) <= longest

    recorded = [
        path
        for length in range(1, len(walked) + 1)
        for path in combinations(walked, length)
        if is_enough(path) and not any(is_enough(path[:head]) for head in range(1, length))
    ]
    order = {one: at for at, one in enumerate(walked)}
    ranked = sorted(
        recorded,
        key=lambda path: (
            -sum(one.weight for one in path),
            -sum(one.clusters for one in path),
            [order[one] for one in path],
        ),
    )
    by_weight = [sorted(path, key=lambda one: (-one.weight, one.name)) for path in ranked]
    best = by_weight[0] if by_weight else []
    for other in by_weight[1:]:
        if len(other) < len(best) and best[: len(other)] == other:
            best = other
    return best


NODES = st.lists(
    st.tuples(
        st.fixed_dictionaries({"cpu": st.integers(0, 9), "pods": st.integers(0, 4)}),
        st.integers(1, 3),
    ),
    max_size=4,
).map(tuple)
REQUEST = st.fixed_dictionaries({"cpu": st.integers(0, 4)})


@given(NODES, REQUEST, st.integers(1, 12))
def test_packing_runs_of_nodes_is_packing_node_after_node(
    runs: tuple[tuple[Amounts, int], ...], request: Amounts, pods: int
) -> None:
    after = placed(runs, request, pods)
    single = [dict(free) for free, count in runs for _ in range(count)]
    assert (after is not None) == one_by_one(single, request, pods)
    if after is not None:
        unrolled = [free for free, count in after for _ in range(count)]
        assert [{**one} for one in unrolled] == single
    assert room_for(runs, request) >= (pods if after is not None else 0)


def one_by_one(nodes: list[Amounts], request: Amounts, pods: int) -> bool:
    """First fit, a pod at a time; the nodes are used up."""
    for _ in range(pods):
        for node in nodes:
            if node["cpu"] >= request["cpu"] and node["pods"] >= 1:
                node["cpu"] -= request["cpu"]
                node["pods"] -= 1
                break
        else:
            return False
    return True


HASHING = """
from tests.schedule.builders import *
from reconciler.schedule import place
fleet = [a_cluster(f"member{n}", pods=7 + n % 3, region="eu" if n % 2 else "us") for n in range(9)]
spread = [{"spreadByField": "region", "minGroups": 2, "maxGroups": 2},
          {"spreadByField": "cluster", "minGroups": 3, "maxGroups": 5}]
for scheduling in (AGGREGATED, DYNAMIC, STATIC, DUPLICATED):
    for count in (1, 5, 17):
        binding = a_binding(count, uid="u", replicaScheduling=scheduling, spreadConstraints=spread)
        print(place(binding, None, a_context(*fleet, wants_trace=True)))
"""


def test_the_result_is_the_same_under_any_hash_seed() -> None:
    printed = {
        subprocess.run(
            [sys.executable, "-c", HASHING],
            env={"PYTHONHASHSEED": seed, "PYTHONPATH": "."},
            capture_output=True,
            text=True,
            check=True,
        ).stdout
        for seed in ("0", "1", "42")
    }
    assert len(printed) == 1
    assert "Target(" in printed.pop()


def test_targets_are_sorted_by_name() -> None:
    fleet = [a_cluster(name) for name in ("c", "a", "b")]
    decision = place(a_binding(2), None, a_context(*fleet))
    assert decision.targets == tuple(Target(name=name, replicas=2) for name in "abc")
