"""Spread constraints: clusters, regions, and zones and providers as our extension."""

from __future__ import annotations

from typing import Any

from reconciler.model.decision import ScheduleReason
from reconciler.schedule import place
from tests.schedule.builders import (
    DUPLICATED,
    DYNAMIC,
    GATES,
    a_binding,
    a_cluster,
    a_context,
    replicas,
)


def spread(field: str, least: int, most: int) -> dict[str, Any]:
    """A spread constraint."""
    return {"spreadByField": field, "minGroups": least, "maxGroups": most}


def test_two_regions_with_one_cluster_each() -> None:
    fleet = a_context(
        a_cluster("eu-1", region="eu", pods=10),
        a_cluster("eu-2", region="eu", pods=20),
        a_cluster("us-1", region="us", pods=30),
        a_cluster("cn-1", region="cn", pods=5),
    )
    constraints = [spread("region", 2, 2), spread("cluster", 2, 2)]
    binding = a_binding(6, spreadConstraints=constraints, replicaScheduling=DUPLICATED)
    assert replicas(place(binding, None, fleet).targets) == {"eu-2": 6, "us-1": 6}


def test_a_roomier_cluster_takes_the_place_of_one_that_is_too_small() -> None:
    fleet = a_context(a_cluster("m1", pods=5), a_cluster("m2", pods=4), a_cluster("m3", pods=9))
    binding = a_binding(12, spreadConstraints=[spread("cluster", 1, 2)], replicaScheduling=DYNAMIC)
    assert set(replicas(place(binding, None, fleet).targets)) == {"m1", "m3"}


def test_too_few_clusters_are_an_error_that_names_the_constraint() -> None:
    binding = a_binding(1, spreadConstraints=[spread("cluster", 2, 3)])
    decision = place(binding, None, a_context(a_cluster("m1")))
    assert decision.reason is ScheduleReason.SCHEDULER_ERROR
    assert "spreadConstraint.MinGroups" in decision.message


def test_zones_make_groups_and_a_cluster_in_two_is_taken_once() -> None:
    fleet = a_context(
        a_cluster("both", zones=["a", "b"], pods=50),
        a_cluster("only-a", zones=["a"]),
        a_cluster("only-b", zones=["b"], pods=20),
        a_cluster("nowhere"),
    )
    constraints = [spread("zone", 2, 2), spread("cluster", 2, 2)]
    binding = a_binding(1, spreadConstraints=constraints)
    assert replicas(place(binding, None, fleet).targets) == {"both": 1, "only-a": 1}


def test_providers_make_groups() -> None:
    fleet = a_context(
        a_cluster("p1", provider="p"), a_cluster("p2", provider="p"), a_cluster("q1", provider="q")
    )
    constraints = [spread("provider", 2, 2), spread("cluster", 2, 2)]
    binding = a_binding(1, spreadConstraints=constraints)
    assert set(replicas(place(binding, None, fleet).targets)) == {"p1", "q1"}


def test_without_the_extension_zones_only_filter_as_in_karmada() -> None:
    fleet = a_context(
        a_cluster("a1", zones=["a"]),
        a_cluster("a2", zones=["a"]),
        a_cluster("nowhere"),
        gates=GATES - {"SpreadByZoneAndProvider"},
    )
    constraints = [spread("zone", 2, 2), spread("cluster", 2, 2)]
    binding = a_binding(1, spreadConstraints=constraints)
    assert set(replicas(place(binding, None, fleet).targets)) == {"a1", "a2"}


def test_region_and_zone_together_are_refused() -> None:
    constraints = [spread("zone", 1, 1), spread("region", 1, 1), spread("cluster", 1, 1)]
    binding = a_binding(1, spreadConstraints=constraints)
    decision = place(binding, None, a_context(a_cluster("m", region="eu", zones=["a"])))
    assert decision.reason is ScheduleReason.SCHEDULER_ERROR
    assert "cannot be combined" in decision.message


def test_many_equal_regions_are_chosen_among_quickly() -> None:
    fleet = a_context(*(a_cluster(f"m{at:03}", region=f"r{at:03}") for at in range(200)))
    constraints = [spread("region", 20, 60), spread("cluster", 40, 80)]
    binding = a_binding(1, spreadConstraints=constraints)
    targets = place(binding, None, fleet).targets
    assert 40 <= len(targets) <= 60
