"""Laws of the controllers: the rate of evictions, the patience of tasks, and that settling settles.

A small fleet lives for a while: taints come and go, members report whatever they like, time passes
in steps of any size. Scheduling is played by moving what is missing to any cluster that is free.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from reconciler.controllers import settle
from reconciler.controllers.taint_eviction import BURST, PRODUCER, RATE_PER_SECOND
from reconciler.model.binding import BindingState, Target
from reconciler.model.instant import instant, written
from reconciler.model.report import Health
from reconciler.model.world import World
from tests.controllers.builders import a_fleet, a_report, a_state

CLUSTERS = ("m1", "m2", "m3")
NAMES = ("a", "b", "c", "d", "e", "f", "g", "h")
START = datetime(2026, 1, 1, tzinfo=UTC)

taints = st.sampled_from(
    [[], [{"key": "out", "effect": "NoExecute"}], [{"key": "out", "effect": "NoSchedule"}]]
)
fleets = st.fixed_dictionaries(
    {name: st.fixed_dictionaries({"taints": taints}) for name in CLUSTERS}
)
healths = st.dictionaries(
    st.sampled_from(NAMES),
    st.dictionaries(
        st.sampled_from(CLUSTERS),
        st.fixed_dictionaries({"health": st.sampled_from([str(one) for one in Health])}),
    ),
    max_size=4,
)
steps = st.lists(st.tuples(st.integers(0, 700), fleets, healths), min_size=1, max_size=6)
tolerations = st.sampled_from(
    [[], [{"key": "out", "operator": "Exists", "tolerationSeconds": 30}], [{"operator": "Exists"}]]
)
bindings = st.dictionaries(
    st.sampled_from(NAMES),
    st.fixed_dictionaries(
        {
            "clusters": st.dictionaries(st.sampled_from(CLUSTERS), st.integers(1, 3), min_size=1),
            "tolerations": tolerations,
        }
    ),
    min_size=1,
)


def world_at(fleet: dict[str, Any], reported: dict[str, Any], before: World) -> World:
    """The world with another fleet and another report, remembering the same."""
    states = list(before.state.bindings.values())
    known = {state.key.name for state in states}
    report = {name: members for name, members in reported.items() if name in known}
    return replace(
        before,
        fleet=a_fleet(fleet, {"gates": {"Failover": True}}),
        report=a_report(report, states),
    )


def started(described: dict[str, Any]) -> World:
    """A world with these bindings and no clusters yet."""
    states = [a_state(name, body) for name, body in described.items()]
    world = World(fleet=a_fleet({}, {}))
    return replace(world, state=replace(world.state, bindings={one.key: one for one in states}))


def scheduled(world: World) -> World:
    """Everything that is missing goes to the first cluster that nothing evicts from."""
    bound = {key: _whole(state) for key, state in world.state.bindings.items()}
    return replace(world, state=replace(world.state, bindings=bound))


def _whole(state: BindingState) -> BindingState:
    leaving = {one.from_cluster for one in state.eviction_tasks}
    free = [name for name in CLUSTERS if name not in leaving]
    assert state.recorded is not None
    missing = state.recorded.replicas - sum(one.replicas for one in state.targets)
    if missing <= 0 or not free:
        return state
    has = {one.name: one.replicas for one in state.targets}
    has[free[0]] = has.get(free[0], 0) + missing
    return replace(state, targets=tuple(Target(name=n, replicas=has[n]) for n in sorted(has)))


def life(described: dict[str, Any], story: list[tuple[int, Any, Any]]) -> list[tuple[World, World]]:
    """(before, after) of every settling."""
    world, now, seen = started(described), START, []
    for seconds, fleet, reported in story:
        now += timedelta(seconds=seconds)
        before = world_at(fleet, reported, world)
        after, _ = settle(before, written(now))
        seen.append((before, after))
        world = scheduled(after)
    return seen


def begun(worlds: list[tuple[World, World]]) -> list[datetime]:
    """When each eviction by taints began."""
    found = []
    for before, after in worlds:
        for key, state in after.state.bindings.items():
            old = {one.from_cluster for one in before.state.bindings[key].eviction_tasks}
            new = [one for one in state.eviction_tasks if one.from_cluster not in old]
            found += [instant(one.created) for one in new if one.producer == PRODUCER]
    return [one for one in found if one is not None]


@given(bindings, steps)
def test_evictions_stay_within_the_rate(
    described: dict[str, Any], story: list[tuple[int, Any, Any]]
) -> None:
    times = begun(life(described, story))
    for first in times:
        for last in times:
            window = (last - first).total_seconds()
            if window >= 0:
                inside = sum(1 for one in times if first <= one <= last)
                assert inside <= BURST + window * RATE_PER_SECOND


@given(bindings, steps)
def test_a_task_waits_for_its_replacement_or_its_deadline(
    described: dict[str, Any], story: list[tuple[int, Any, Any]]
) -> None:
    now = START
    for (seconds, _, _), (before, after) in zip(story, life(described, story), strict=True):
        now += timedelta(seconds=seconds)
        for key, state in before.state.bindings.items():
            left = {one.from_cluster for one in after.state.bindings[key].eviction_tasks}
            said = (
                {one.cluster: one for one in before.report[key].members}
                if (key in before.report)
                else {}
            )
            targets = after.state.bindings[key].targets
            is_replaced = bool(targets) and all(
                one.name in said and said[one.name].health is Health.HEALTHY for one in targets
            )
            for task in state.eviction_tasks:
                if task.from_cluster not in left:
                    created = instant(task.created)
                    assert created is not None
                    assert is_replaced or now > created + timedelta(seconds=600)


@given(bindings, steps)
def test_nothing_is_lost_but_by_a_task(
    described: dict[str, Any], story: list[tuple[int, Any, Any]]
) -> None:
    for before, after in life(described, story):
        for key, state in before.state.bindings.items():
            now = after.state.bindings[key]
            gone = {one.name for one in state.targets} - {one.name for one in now.targets}
            assert gone <= {one.from_cluster for one in now.eviction_tasks}
            clusters = [one.from_cluster for one in now.eviction_tasks]
            assert len(clusters) == len(set(clusters))


@given(bindings, steps)
def test_settling_twice_is_settling_once_and_leaves_its_input_alone(
    described: dict[str, Any], story: list[tuple[int, Any, Any]]
) -> None:
    world = started(described)
    for seconds, fleet, reported in story:
        world = world_at(fleet, reported, world)
        states, clusters = dict(world.state.bindings), world.fleet.clusters
        now = written(START + timedelta(seconds=seconds))
        once, _ = settle(world, now)
        assert settle(once, now)[0] == once
        assert (dict(world.state.bindings), world.fleet.clusters) == (states, clusters)


@given(bindings, steps)
def test_waking_in_time_is_enough(
    described: dict[str, Any], story: list[tuple[int, Any, Any]]
) -> None:
    world = started(described)
    _, fleet, reported = story[0]
    world = world_at(fleet, reported, world)
    settled, wake = settle(world, written(START))
    moment = instant(wake)
    if moment is None:
        later, _ = settle(settled, written(START + timedelta(days=1)))
        assert later.state.bindings == settled.state.bindings
        return
    assert moment > START
    just_before, _ = settle(settled, written(moment - timedelta(seconds=1)))
    assert just_before.state.bindings == settled.state.bindings
