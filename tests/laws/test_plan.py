"""Laws of plans: guards are never passed, order means nothing, everything is accounted for."""

from __future__ import annotations

from collections import Counter
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from reconciler.model.change import Action, Change
from reconciler.model.config import Budget, FleetConfig, Guards
from reconciler.model.world import Deletion, State
from reconciler.plan import build_plan, waves
from reconciler.plan.formats import FORMATS, Context
from reconciler.plan.grouping import sections
from reconciler.plan.order import wave_of
from tests.plan.builders import NOW, a_change, a_delete, a_key, an_edit

CLUSTERS = st.sampled_from(["eu-1", "eu-2", "us-1"])
KEYS = st.builds(
    a_key,
    st.sampled_from(["Deployment", "ConfigMap", "Namespace", "Widget", "Secret"]),
    st.sampled_from([f"n{number}" for number in range(8)]),
)
UIDS = st.sampled_from(["", "u1", "u2"])


@st.composite
def changes(draw: st.DrawFn) -> list[Change]:
    """At most one change of each object on each cluster."""
    places = draw(st.lists(st.tuples(CLUSTERS, KEYS), unique=True, max_size=25))
    return [draw(change_at(cluster, key)) for cluster, key in places]


def change_at(cluster: str, key: Any) -> st.SearchStrategy[Change]:
    actions = [action for action in Action if action not in {Action.DELETE, Action.HOLD}]
    edits = st.tuples(st.integers(0, 1), st.sampled_from(["", "a rule"])).map(
        lambda pair: (an_edit("spec.replicas", 5, pair[0], cause=pair[1]),)
    )
    return st.one_of(
        st.builds(a_delete, st.just(cluster), st.just(key), uid=UIDS, is_protected=st.booleans()),
        st.builds(
            a_change,
            st.sampled_from(actions),
            st.just(cluster),
            st.just(key),
            edits=edits,
            uid=UIDS,
        ),
    )


BUDGETS = st.builds(
    lambda count, percent: Budget(count=count, percent=percent),
    st.integers(0, 6),
    st.integers(0, 50),
)
CONFIGS = st.builds(
    lambda cluster, fleet: FleetConfig(guards=Guards(per_cluster=cluster, per_fleet=fleet)),
    BUDGETS,
    BUDGETS,
)
DELETIONS = st.builds(
    lambda cluster, key, at: Deletion(cluster=cluster, key=key, at=at),
    CLUSTERS,
    KEYS,
    st.sampled_from(["2026-08-21T11:30:00Z", "2026-08-21T09:30:00Z"]),
)
STATES = st.builds(
    lambda deletions, approved: State(
        deletions=tuple(deletions), approved_deletes=frozenset(approved)
    ),
    st.lists(DELETIONS, max_size=4),
    st.sets(st.tuples(CLUSTERS, KEYS, UIDS), max_size=4),
)
MANAGED = st.dictionaries(CLUSTERS, st.integers(0, 30))


@given(some=changes(), old=st.none() | CONFIGS, new=CONFIGS, state=STATES, managed=MANAGED)
def test_no_plan_deletes_more_than_every_budget_allows(
    some: list[Change],
    old: FleetConfig | None,
    new: FleetConfig,
    state: State,
    managed: dict[str, int],
) -> None:
    plan = build_plan(
        some, (), config_old=old, config_new=new, state=state, now=NOW, managed=managed
    )
    running = [one for one in plan.changes if one.action in {Action.DELETE, Action.RECREATE}]
    unapproved = [
        one for one in running if (one.cluster, one.key, one.uid) not in state.approved_deletes
    ]
    assert not any(one.is_protected for one in unapproved)
    recent = [one for one in state.deletions if one.at == "2026-08-21T11:30:00Z"]
    for config in (old, new):
        if config is None or not unapproved:
            continue
        per_fleet = config.guards.per_fleet.allowance(sum(managed.values()))
        assert len(running) + len(recent) <= per_fleet
        used = Counter([one.cluster for one in running] + [one.cluster for one in recent])
        for cluster in {one.cluster for one in unapproved}:
            allowed = config.guards.per_cluster.allowance(managed.get(cluster, 0))
            assert used[cluster] <= allowed


@given(some=changes(), config=CONFIGS, state=STATES, seed=st.randoms(use_true_random=False))
def test_the_order_in_which_changes_are_found_means_nothing(
    some: list[Change], config: FleetConfig, state: State, seed: Any
) -> None:
    def planned(found: list[Change]) -> Any:
        return build_plan(
            found, (), config_old=None, config_new=config, state=state, now=NOW, managed={}
        )

    shuffled = some.copy()
    seed.shuffle(shuffled)
    first, second = planned(some), planned(shuffled)
    assert first == second
    context = Context(width=80)
    assert {name: show(first, context) for name, show in FORMATS.items()} == {
        name: show(second, context) for name, show in FORMATS.items()
    }


@given(some=changes(), config=CONFIGS)
def test_every_change_is_in_the_plan_or_counted_as_unchanged(
    some: list[Change], config: FleetConfig
) -> None:
    plan = build_plan(
        some, (), config_old=None, config_new=config, state=State(), now=NOW, managed={}
    )
    assert len(plan.changes) + plan.unchanged == len(some)
    before = {(one.cluster, one.key) for one in some if one.action is not Action.UNCHANGED}
    assert {(one.cluster, one.key) for one in plan.changes} == before
    told = [
        (cluster, key, edit)
        for section in sections(plan.changes)
        for group in section.groups
        for key in (group.key, *group.alike)
        for cluster in section.clusters
        for edit in (group.edits or (None,))
    ]
    wanted = [
        (one.cluster, one.key, edit) for one in plan.changes for edit in (one.edits or (None,))
    ]
    assert Counter(map(str, told)) == Counter(map(str, wanted))
    assert [one for wave in waves(plan.changes) for one in wave] == list(plan.changes)
    numbers = [wave_of(one) for one in plan.changes]
    assert numbers == sorted(numbers)
