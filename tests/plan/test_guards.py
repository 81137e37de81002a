"""Deletion budgets, protection, the window, and approvals (design §7)."""

from __future__ import annotations

from typing import Any

import pytest

from reconciler.model.change import Action, Change, Hold, Plan
from reconciler.model.config import Budget, FleetConfig, Guards
from reconciler.model.world import Deletion, State
from tests.plan.builders import GENEROUS, a_change, a_delete, a_key, a_plan


def deletes(count: int, cluster: str = "eu-1") -> list[Change]:
    return [
        a_delete(cluster, a_key("ConfigMap", f"old-{number}"), uid=f"{cluster}-{number}")
        for number in range(count)
    ]


def config(cluster: tuple[int, int] = (10, 10), fleet: tuple[int, int] = (50, 5)) -> FleetConfig:
    return FleetConfig(
        guards=Guards(
            per_cluster=Budget(count=cluster[0], percent=cluster[1]),
            per_fleet=Budget(count=fleet[0], percent=fleet[1]),
        )
    )


def held(plan: Plan) -> Hold:
    assert plan.hold is not None
    return plan.hold


def test_the_default_budget_of_a_cluster_is_ten() -> None:
    default = FleetConfig()
    assert not a_plan(*deletes(10), config_old=default, config_new=default).is_blocked
    assert a_plan(*deletes(11), config_old=default, config_new=default).is_blocked


def test_a_large_cluster_may_lose_its_share() -> None:
    default = FleetConfig()
    plan = a_plan(*deletes(20), config_old=default, config_new=default, managed={"eu-1": 200})
    assert not plan.is_blocked
    plan = a_plan(*deletes(21), config_old=default, config_new=default, managed={"eu-1": 209})
    assert plan.is_blocked


def test_the_fleet_has_a_budget_of_its_own() -> None:
    spread = [change for number in range(6) for change in deletes(9, f"c{number}")]
    hold = held(a_plan(*spread, config_old=config(), config_new=config()))
    assert hold.reasons == ("54 deletions in the fleet exceed the budget of 50",)
    assert len(hold.deletes) == 54


@pytest.mark.parametrize("stricter", ["config_old", "config_new"])
def test_the_stricter_of_the_old_and_the_new_guards_wins(stricter: str) -> None:
    fields: dict[str, Any] = {"config_old": GENEROUS, "config_new": GENEROUS} | {
        stricter: config((1, 0), (1, 0))
    }
    assert held(a_plan(*deletes(2), **fields)).reasons[0].endswith("the budget of 1")


def test_the_first_commit_has_only_its_own_guards() -> None:
    assert not a_plan(*deletes(10), config_old=None, config_new=config()).is_blocked


def test_over_budget_every_deletion_waits_and_the_rest_goes_on() -> None:
    plan = a_plan(
        *deletes(11), *deletes(1, "us-1"), a_change(Action.CREATE, "eu-1"), config_new=config()
    )
    assert plan.count(Action.HOLD) == 12
    assert plan.count(Action.DELETE) == 0
    assert plan.count(Action.CREATE) == 1


def test_recreating_counts_as_deleting() -> None:
    recreate = [
        a_change(Action.RECREATE, key=a_key(name=f"web-{number}"), uid="u") for number in range(11)
    ]
    plan = a_plan(*recreate, config_new=config())
    assert plan.count(Action.HOLD) == 11
    assert {one.desired is not None for one in plan.changes} == {True}


def test_the_end_of_a_move_does_not_count() -> None:
    changes = deletes(11)
    moved = frozenset((one.cluster, one.key) for one in changes)
    plan = a_plan(*changes, config_new=config(), moved=moved)
    assert not plan.is_blocked
    assert plan.count(Action.DELETE) == 11


def recent(count: int, at: str) -> State:
    return State(
        deletions=tuple(
            Deletion(cluster="eu-1", key=a_key("ConfigMap", f"gone-{number}"), at=at)
            for number in range(count)
        )
    )


@pytest.mark.parametrize(
    ("at", "is_blocked"),
    [
        ("2026-08-21T11:59:00Z", True),
        ("2026-08-21T11:00:01Z", True),
        ("2026-08-21T11:00:00Z", False),
        ("2026-08-20T12:00:00Z", False),
        ("2026-08-21T13:30:00+02:00", True),
        ("2026-08-21T12:30:00Z", True),
        ("", True),
        ("2026-08-20T12:00:00", True),
    ],
)
def test_what_was_deleted_within_the_hour_uses_the_budget_up(at: str, is_blocked: bool) -> None:
    plan = a_plan(*deletes(1), config_new=config(), state=recent(10, at))
    assert plan.is_blocked is is_blocked


def test_an_hour_full_of_deletions_holds_nothing_where_nothing_is_deleted() -> None:
    state = recent(100, "2026-08-21T11:59:00Z")
    plan = a_plan(a_change(Action.CREATE), config_new=config(), state=state)
    assert not plan.is_blocked


def test_a_protected_object_waits_alone_while_the_budget_lasts() -> None:
    namespace = a_delete("eu-1", a_key("Namespace", "shop", ""), uid="n", is_protected=True)
    plan = a_plan(namespace, *deletes(3), config_new=config())
    assert [one.key.kind for one in held(plan).deletes] == ["Namespace"]
    assert plan.count(Action.DELETE) == 3


def test_a_protected_object_waits_with_the_others_over_budget() -> None:
    namespace = a_delete("eu-1", a_key("Namespace", "shop", ""), uid="n", is_protected=True)
    plan = a_plan(namespace, *deletes(11), config_new=config())
    assert len(held(plan).deletes) == 12
    assert any("Namespace" in reason for reason in held(plan).reasons)


def approved(plan: Plan) -> State:
    return State(
        approved_deletes=frozenset((one.cluster, one.key, one.uid) for one in held(plan).deletes)
    )


def test_approved_deletions_run_whatever_the_budget() -> None:
    changes = deletes(11)
    state = approved(a_plan(*changes, config_new=config()))
    plan = a_plan(*changes, config_new=config(), state=state)
    assert not plan.is_blocked
    assert plan.count(Action.DELETE) == 11


def test_an_approval_is_for_exactly_what_was_held() -> None:
    state = approved(a_plan(*deletes(11), config_new=config()))
    plan = a_plan(*deletes(12), config_new=config(), state=state)
    assert [one.key.name for one in held(plan).deletes] == ["old-11"]
    assert plan.count(Action.DELETE) == 11


def test_an_object_that_came_back_under_another_uid_is_not_approved() -> None:
    key = a_key("Namespace", "shop", "")
    before = a_delete("eu-1", key, uid="first", is_protected=True)
    state = approved(a_plan(before))
    assert a_plan(a_delete("eu-1", key, uid="second", is_protected=True), state=state).is_blocked


def test_approved_deletions_do_not_stop_those_of_another_cluster() -> None:
    state = approved(a_plan(*deletes(11), config_new=config()))
    plan = a_plan(*deletes(11), *deletes(1, "us-1"), config_new=config(), state=state)
    assert not plan.is_blocked


def test_a_digest_approves_the_hold_it_names() -> None:
    plan = a_plan(*deletes(11), config_new=config())
    state = State(approved=frozenset({held(plan).digest}))
    assert not a_plan(*deletes(11), config_new=config(), state=state).is_blocked
    assert a_plan(*deletes(12), config_new=config(), state=state).is_blocked


def test_the_digest_of_a_hold_is_that_of_its_deletions_in_any_order() -> None:
    changes = deletes(11)
    digests = {
        held(a_plan(*order, config_new=config())).digest for order in (changes, changes[::-1])
    }
    assert len(digests) == 1
    assert held(a_plan(*deletes(12), config_new=config())).digest not in digests
