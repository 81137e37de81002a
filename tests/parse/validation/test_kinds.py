"""Kinds without shared vectors: each refused document names the field that is wrong."""

from __future__ import annotations

from typing import Any

import pytest

from reconciler.parse.validation import VALIDATORS, fill_policy_defaults, validate
from reconciler.parse.validation.cluster import fill_cluster_defaults

MAX = str(2**63 - 1)
TARGET = {"apiVersion": "apps/v1", "kind": "Deployment", "name": "web"}
GRADES = [
    {"grade": 0, "ranges": [{"name": "cpu", "min": "0", "max": "1"}]},
    {"grade": 1, "ranges": [{"name": "cpu", "min": "1", "max": MAX}]},
]
RULE = {"name": "night", "schedule": "0 22 * * 1-5", "targetReplicas": 1}
HOOK = {
    "name": "a.b.example",
    "clientConfig": {"url": "https://hooks.example/interpret"},
    "rules": [{"operations": ["*"], "apiGroups": ["*"], "apiVersions": ["*"], "kinds": ["*"]}],
    "interpreterContextVersions": ["v1alpha1"],
}


def document(kind: str, spec: Any, name: str = "x") -> dict[str, Any]:
    if kind == "ResourceInterpreterWebhookConfiguration":
        return {"kind": kind, "metadata": {"name": name}, "webhooks": [spec]}
    return {"kind": kind, "metadata": {"name": name}, "spec": spec}


def wrong(kind: str, spec: Any, name: str = "x") -> list[str]:
    return [error.field for error in validate(document(kind, spec, name))]


def cluster(**spec: Any) -> dict[str, Any]:
    return {"syncMode": "Push", **spec}


GOOD = [
    ("Cluster", cluster(apiEndpoint="https://a:6443", zones=["a"], resourceModels=GRADES)),
    (
        "Cluster",
        cluster(taints=[{"key": "a", "effect": "NoExecute"}, {"key": "a", "effect": "NoSchedule"}]),
    ),
    ("FederatedHPA", {"scaleTargetRef": TARGET, "maxReplicas": 3}),
    ("CronFederatedHPA", {"scaleTargetRef": TARGET, "rules": [RULE]}),
    (
        "FederatedResourceQuota",
        {"overall": {"cpu": 4}, "staticAssignments": [{"clusterName": "a", "hard": {"cpu": "4"}}]},
    ),
    ("MultiClusterService", {"types": ["CrossCluster"], "ports": [{"name": "http", "port": 80}]}),
    ("ClusterTaintPolicy", {"taints": [{"key": "a", "effect": "NoSchedule"}]}),
    ("Remedy", {"actions": ["TrafficControl"]}),
    (
        "ResourceInterpreterCustomization",
        {"target": TARGET, "customizations": {"retention": {"luaScript": "x"}}},
    ),
    ("ResourceInterpreterWebhookConfiguration", HOOK),
    ("WorkloadRebalancer", {"workloads": [TARGET]}),
]


@pytest.mark.parametrize(("kind", "spec"), GOOD)
def test_good_documents_pass(kind: str, spec: Any) -> None:
    assert wrong(kind, spec) == []


BAD = [
    ("Cluster", {}, "spec.syncMode"),
    ("Cluster", cluster(apiEndpoint="eu.example"), "spec.apiEndpoint"),
    ("Cluster", cluster(apiEndpoint="https://a:b@x"), "spec.apiEndpoint"),
    ("Cluster", cluster(apiEndpoint="https://a?x=1"), "spec.apiEndpoint"),
    ("Cluster", cluster(apiEndpoint="file:///etc/passwd"), "spec.apiEndpoint"),
    ("Cluster", cluster(apiEndpoint="https://a:port"), "spec.apiEndpoint"),
    ("Cluster", cluster(proxyURL="ftp://a"), "spec.proxyURL"),
    ("Cluster", cluster(proxyHeader={"a": "b"}), "spec.proxyHeader"),
    ("Cluster", cluster(region="a b"), "spec.region"),
    ("Cluster", cluster(zones=["a", "-"]), "spec.zones[1]"),
    (
        "Cluster",
        cluster(taints=[{"key": "a", "effect": "PreferNoSchedule"}]),
        "spec.taints[0].effect",
    ),
    ("Cluster", cluster(taints=[{"key": "a", "effect": "NoExecute"}] * 2), "spec.taints[1]"),
    (
        "Cluster",
        cluster(resourceModels=[{"grade": 0, "ranges": []}]),
        "spec.resourceModels[0].ranges",
    ),
    ("Cluster", cluster(resourceModels=GRADES[1:]), "spec.resourceModels[0].ranges[0].min"),
    ("Cluster", cluster(resourceModels=GRADES[:1]), "spec.resourceModels[0].ranges[0].max"),
    ("FederatedHPA", {"scaleTargetRef": TARGET}, "spec.maxReplicas"),
    (
        "FederatedHPA",
        {"scaleTargetRef": TARGET, "minReplicas": 0, "maxReplicas": 1},
        "spec.minReplicas",
    ),
    (
        "FederatedHPA",
        {"scaleTargetRef": TARGET, "minReplicas": 3, "maxReplicas": 2},
        "spec.maxReplicas",
    ),
    (
        "FederatedHPA",
        {"scaleTargetRef": TARGET, "maxReplicas": 2, "metrics": [{"type": "External"}]},
        "spec.metrics[0].type",
    ),
    (
        "FederatedHPA",
        {
            "scaleTargetRef": TARGET,
            "maxReplicas": 2,
            "behavior": {"scaleUp": {"stabilizationWindowSeconds": 3601}},
        },
        "spec.behavior.scaleUp.stabilizationWindowSeconds",
    ),
    (
        "FederatedHPA",
        {
            "scaleTargetRef": TARGET,
            "maxReplicas": 2,
            "behavior": {"scaleUp": {"policies": [{"periodSeconds": 1801}]}},
        },
        "spec.behavior.scaleUp.policies[0].periodSeconds",
    ),
    ("CronFederatedHPA", {"scaleTargetRef": TARGET}, "spec.rules"),
    ("CronFederatedHPA", {"scaleTargetRef": TARGET, "rules": [RULE, RULE]}, "spec.rules[1].name"),
    (
        "CronFederatedHPA",
        {"scaleTargetRef": TARGET, "rules": [RULE | {"schedule": "0 22 * *"}]},
        "spec.rules[0].schedule",
    ),
    (
        "CronFederatedHPA",
        {"scaleTargetRef": TARGET, "rules": [RULE | {"failedHistoryLimit": 33}]},
        "spec.rules[0].failedHistoryLimit",
    ),
    (
        "CronFederatedHPA",
        {"scaleTargetRef": TARGET, "rules": [RULE | {"targetReplicas": None}]},
        "spec.rules[0].targetReplicas",
    ),
    (
        "CronFederatedHPA",
        {
            "scaleTargetRef": TARGET
            | {"apiVersion": "autoscaling.karmada.io/v1alpha1", "kind": "FederatedHPA"},
            "rules": [RULE],
        },
        "spec.rules[0]",
    ),
    ("FederatedResourceQuota", {}, "spec.overall"),
    ("FederatedResourceQuota", {"overall": {"cpu": "-1"}}, "spec.overall.cpu"),
    (
        "FederatedResourceQuota",
        {"overall": {"cpu": 1}, "staticAssignments": [{"clusterName": "a", "hard": {"cpu": "2"}}]},
        "spec.overall.cpu",
    ),
    (
        "FederatedResourceQuota",
        {"overall": {"cpu": 1}, "staticAssignments": [{"clusterName": "a", "hard": {"pods": "2"}}]},
        "spec.staticAssignments[0].hard.pods",
    ),
    ("MultiClusterService", {"types": ["CrossCluster", "LoadBalancer"]}, "spec.types"),
    ("MultiClusterService", {"types": 5}, "spec.types"),
    ("MultiClusterService", {"ports": [{"port": 0}]}, "spec.ports[0].port"),
    ("ClusterTaintPolicy", {}, "spec.taints"),
    (
        "ClusterTaintPolicy",
        {"targetClusters": {"clusterNames": [5]}, "taints": [{"key": "a", "effect": "NoSchedule"}]},
        "spec.targetClusters.clusterNames[0]",
    ),
    (
        "ClusterTaintPolicy",
        {
            "targetClusters": {"labelSelector": {"matchLabels": {"a": 1}}},
            "taints": [{"key": "a", "effect": "NoSchedule"}],
        },
        "spec.targetClusters.labelSelector.matchLabels.a",
    ),
    (
        "ClusterTaintPolicy",
        {"addOnConditions": ["Ready"], "taints": [{"key": "a", "effect": "NoSchedule"}]},
        "spec.addOnConditions[0]",
    ),
    (
        "ClusterTaintPolicy",
        {"taints": [{"key": "a", "effect": "NoExecute"}]},
        "spec.taints[0].effect",
    ),
    ("Remedy", {"actions": ["Reboot"]}, "spec.actions[0]"),
    (
        "ResourceInterpreterCustomization",
        {"target": TARGET, "customizations": {"prune": {"luaScript": "x"}}},
        "spec.customizations.prune",
    ),
    ("ResourceInterpreterCustomization", {"target": {"kind": "A"}}, "spec.target.apiVersion"),
    ("ResourceInterpreterWebhookConfiguration", HOOK | {"name": "a.b"}, "webhooks[0].name"),
    (
        "ResourceInterpreterWebhookConfiguration",
        HOOK | {"clientConfig": {}},
        "webhooks[0].clientConfig",
    ),
    (
        "ResourceInterpreterWebhookConfiguration",
        HOOK | {"clientConfig": {"url": "http://a"}},
        "webhooks[0].clientConfig.url",
    ),
    (
        "ResourceInterpreterWebhookConfiguration",
        HOOK | {"timeoutSeconds": 31},
        "webhooks[0].timeoutSeconds",
    ),
    ("WorkloadRebalancer", {}, "spec.workloads"),
]


@pytest.mark.parametrize(("kind", "spec", "field"), BAD)
def test_the_wrong_field_is_named(kind: str, spec: Any, field: str) -> None:
    assert wrong(kind, spec) == [field]


def test_names_have_the_bounds_of_their_kind() -> None:
    assert wrong("Cluster", cluster(), "a" * 49) == ["metadata.name"]
    assert wrong("MultiClusterService", {}, "1a") == ["metadata.name"]
    assert wrong("FederatedResourceQuota", {"overall": {"cpu": 1}}, "a" * 64) == ["metadata.name"]


@pytest.mark.parametrize("kind", sorted(VALIDATORS))
@pytest.mark.parametrize("spec", [None, 3, "x", [], {"rules": 3, "ports": [1], "taints": {}}])
def test_documents_of_any_shape_raise_nothing_where_no_schema_came_before(
    kind: str, spec: Any
) -> None:
    if kind != "Cluster" and not kind.endswith(("PropagationPolicy", "OverridePolicy")):
        assert isinstance(wrong(kind, spec), list)


def test_default_grades_are_contiguous_and_follow_the_gate() -> None:
    bare = document("Cluster", cluster(zone="a"), "eu")
    filled = fill_cluster_defaults(bare, frozenset({"CustomizedClusterResourceModeling"}))
    assert list(validate(filled)) == []
    assert filled["spec"]["zones"] == ["a"]
    assert len(filled["spec"]["resourceModels"]) == 9
    assert "resourceModels" not in fill_cluster_defaults(bare, frozenset())["spec"]


def test_webhook_defaults_of_a_policy() -> None:
    policy: dict[str, Any] = {
        "kind": "PropagationPolicy",
        "metadata": {"namespace": "shop"},
        "spec": {
            "resourceSelectors": [{"apiVersion": "v1", "kind": "ServiceImport"}],
            "placement": {"spreadConstraints": [{}], "replicaScheduling": {}},
            "failover": {"application": {}, "cluster": {}},
        },
    }
    spec = fill_policy_defaults(policy)["spec"]
    assert spec["resourceSelectors"][0]["namespace"] == "shop"
    assert spec["propagateDeps"] is True
    assert spec["placement"]["spreadConstraints"] == [{"spreadByField": "cluster", "minGroups": 1}]
    assert spec["placement"]["replicaScheduling"] == {
        "replicaSchedulingType": "Divided",
        "replicaDivisionPreference": "Weighted",
    }
    assert spec["failover"] == {
        "application": {
            "purgeMode": "Gracefully",
            "decisionConditions": {"tolerationSeconds": 300},
            "gracePeriodSeconds": 600,
        },
        "cluster": {"purgeMode": "Gracefully"},
    }
    assert policy["spec"]["placement"] == {"spreadConstraints": [{}], "replicaScheduling": {}}
