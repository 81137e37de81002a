"""Policies, placements and selectors decode as Go reads them."""

from __future__ import annotations

from typing import Any

import pytest

from reconciler.model.diagnostic import Position
from reconciler.model.policy import (
    DivisionPreference,
    PolicyKind,
    PolicyRef,
    ReplicaSchedulingType,
)
from reconciler.parse.decode import (
    decode_cluster_affinity,
    decode_override_policy,
    decode_placement,
    decode_propagation_policy,
    decode_resource_selector,
)
from tests.schedule.builders import a_cluster

HERE = Position("policies/web.yaml", 3, 1)


def a_document(kind: str, **spec: Any) -> dict[str, Any]:
    """A policy document in namespace `shop`."""
    return {"kind": kind, "metadata": {"name": "web", "namespace": "shop"}, "spec": spec}


def test_a_policy_keeps_its_place_and_a_digest_of_its_spec() -> None:
    policy = decode_propagation_policy(a_document("PropagationPolicy", priority=3), HERE)
    other = decode_propagation_policy(a_document("PropagationPolicy", priority=4), HERE)
    assert policy.ref == PolicyRef(PolicyKind.PROPAGATION, "shop", "web")
    assert (policy.position, policy.priority) == (HERE, 3)
    assert policy.digest != other.digest


def test_the_cluster_form_has_no_namespace() -> None:
    policy = decode_propagation_policy(a_document("ClusterPropagationPolicy"), HERE)
    assert policy.ref.namespace == ""


def test_an_empty_label_selector_is_not_none() -> None:
    with_selector = decode_resource_selector({"kind": "Pod", "labelSelector": {}})
    without = decode_resource_selector({"kind": "Pod", "labelSelector": None})
    assert with_selector.label_selector is not None
    assert without.label_selector is None


def test_an_empty_field_selector_selects_no_cluster() -> None:
    cluster = a_cluster("eu-1", region="eu")
    assert not decode_cluster_affinity({"fieldSelector": {}}).matches(cluster)
    assert decode_cluster_affinity({"fieldSelector": None}).matches(cluster)


@pytest.mark.parametrize(
    "expression",
    [
        {"key": "env", "operator": "NotIn", "values": []},
        {"key": "env", "operator": "DoesNotExist", "values": ["x"]},
        {"key": "env", "operator": "Near", "values": ["x"]},
    ],
)
def test_an_expression_that_kubernetes_refuses_holds_for_nothing(
    expression: dict[str, Any],
) -> None:
    affinity = decode_cluster_affinity({"labelSelector": {"matchExpressions": [expression]}})
    assert not affinity.matches(a_cluster("eu-1"))


def test_no_replica_scheduling_stays_apart_from_an_empty_one() -> None:
    assert decode_placement({}).replica_scheduling is None
    scheduling = decode_placement({"replicaScheduling": {}}).replica_scheduling
    assert scheduling is not None
    assert (scheduling.type, scheduling.preference) == (ReplicaSchedulingType.DIVIDED, None)


def test_no_weights_stay_apart_from_an_empty_list_of_weights() -> None:
    weighted = {"replicaDivisionPreference": "Weighted"}
    without = decode_placement({"replicaScheduling": weighted}).replica_scheduling
    empty = decode_placement(
        {"replicaScheduling": {**weighted, "weightPreference": {}}}
    ).replica_scheduling
    assert without is not None
    assert empty is not None
    assert (without.weights, empty.weights) == (None, ())
    assert without.preference is DivisionPreference.WEIGHTED


def test_the_flat_form_of_an_override_policy_is_one_rule() -> None:
    overriders = {"labelsOverrider": [{"operator": "add", "value": {"a": "b"}}]}
    target = {"clusterNames": ["eu-1"]}
    policy = decode_override_policy(
        a_document("OverridePolicy", targetCluster=target, overriders=overriders), HERE
    )
    (rule,) = policy.rules
    assert rule.target is not None
    assert rule.target.cluster_names == ("eu-1",)
    assert [use.field for use in rule.uses] == ["labelsOverrider"]


def test_rules_come_before_the_flat_form() -> None:
    rules: list[dict[str, Any]] = [{"overriders": {}}, {"targetCluster": {}, "overriders": {}}]
    policy = decode_override_policy(
        a_document("OverridePolicy", overrideRules=rules, overriders={"plaintext": []}), HERE
    )
    assert [rule.target is None for rule in policy.rules] == [True, False]


def test_a_deprecated_zone_counts_where_no_zones_are_given() -> None:
    assert a_cluster("a", zone="z1").zones == ("z1",)
    assert a_cluster("a", zone="z1", zones=["z2"]).zones == ("z2",)
