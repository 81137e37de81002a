"""A tree of files becomes a fleet: what is read, where it belongs, and what is remembered."""

from __future__ import annotations

import dataclasses
from pathlib import Path
from typing import Any

import pytest

from reconciler.model.cluster import ClusterFacts
from reconciler.model.config import FleetConfig
from reconciler.model.diagnostic import Effect, Severity
from reconciler.model.identity import ObjectKey
from reconciler.parse import ParseMemory, parse_fleet
from reconciler.parse.memory import READINGS
from tests.parse.fleets import (
    CLUSTER,
    CONFIG,
    CONFIG_MAP,
    OVERRIDE,
    POLICY,
    codes,
    file,
    files,
    fleet,
    only,
)

SETTINGS = ObjectKey("", "ConfigMap", "shop", "settings")
EXAMPLE = Path(__file__).parents[2] / "examples" / "fleet-repo"


def test_the_example_repository_has_no_problems() -> None:
    tree = {
        (path := str(one.relative_to(EXAMPLE))): file(path, one.read_bytes())
        for one in EXAMPLE.rglob("*.yaml")
    }
    found = parse_fleet(tree, revision="abc")
    assert found.diagnostics == ()
    assert found.revision == "abc"
    assert found.config is not None
    assert found.clusters
    assert found.propagation_policies
    assert found.override_policies
    assert found.templates


def test_documents_are_sorted_by_api_group() -> None:
    quota = (
        "apiVersion: policy.karmada.io/v1alpha1\nkind: FederatedResourceQuota\n"
        "metadata: {name: q, namespace: shop}\nspec: {overall: {cpu: 1}}\n"
    )
    script = (
        "apiVersion: config.karmada.io/v1alpha1\nkind: ResourceInterpreterCustomization\n"
        "metadata: {name: foo}\nspec: {target: {apiVersion: foo/v1, kind: Foo}}\n"
    )
    found = fleet(a=CONFIG_MAP, b=POLICY, c=OVERRIDE, d=CLUSTER, e=quota, f=script)
    assert codes(found) == ["RC030"]
    assert set(found.templates) == {SETTINGS}
    assert [str(one.ref) for one in found.propagation_policies] == ["PropagationPolicy shop/web"]
    assert [str(one.ref) for one in found.override_policies] == ["OverridePolicy shop/images"]
    assert [one.name for one in found.clusters] == ["eu-1"]
    assert [one.name for one in found.others] == ["q"]
    assert [one.name for one in found.customizations] == ["foo"]
    assert {str(key): str(place) for key, place in found.places.items()} == {
        "policy.karmada.io/FederatedResourceQuota shop/q": "e.yaml:1",
        "config.karmada.io/ResourceInterpreterCustomization foo": "f.yaml:1",
    }


def test_lists_expand_nested_and_comments_do_not_count_as_beginnings() -> None:
    nested = (
        "# a list\n\napiVersion: v1\nkind: List\nitems:\n- kind: List\n  apiVersion: v1\n  items:\n"
        "  - {apiVersion: v1, kind: ConfigMap, metadata: {name: inner}}\n"
        "- {apiVersion: v1, kind: ConfigMap, metadata: {name: outer}}\n"
    )
    found = fleet(a=nested)
    assert [key.name for key in found.templates] == ["inner", "outer"]
    assert {one.position.line for one in found.templates.values()} == {3}


def test_namespaced_objects_without_namespace_get_the_default() -> None:
    plain = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\n"
    found = fleet(config=f"{CONFIG}defaultNamespace: base\n", a=plain)
    (template,) = found.templates.values()
    assert template.key.namespace == template.manifest.namespace == "base"


def test_defaults_are_filled_in_and_digests_ignore_status() -> None:
    deployment = (
        "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: web}\n"
        "spec: {selector: {}, template: {}}\n"
    )
    (bare,) = fleet(a=deployment).templates.values()
    (with_status,) = fleet(a=f"{deployment}status: {{replicas: 9}}\n").templates.values()
    (scaled,) = fleet(
        a=deployment.replace("{selector", "{replicas: 2, selector")
    ).templates.values()
    labelled = deployment.replace("{name: web}", "{name: web, labels: {a: b}}")
    (marked,) = fleet(a=labelled).templates.values()
    assert bare.manifest.at("spec", "replicas") == 1
    assert bare.digest == with_status.digest
    assert bare.spec_digest != scaled.spec_digest
    assert bare.spec_digest == marked.spec_digest
    assert bare.digest != marked.digest


def test_only_selected_files_are_read() -> None:
    config = f"{CONFIG}paths: {{include: [apps, '**/base/*.yaml'], exclude: ['apps/**/draft*']}}\n"
    one = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: NAME}\n"
    hidden: dict[str, Any] = {"apps__.hidden__d": one.replace("NAME", "d")}
    found = fleet(
        config=config,
        apps__x__a=one.replace("NAME", "a"),
        apps__x__draft=one.replace("NAME", "draft"),
        team__base__b=one.replace("NAME", "b"),
        team__base__deep__c=one.replace("NAME", "c"),
        **hidden,
    )
    assert {key.name for key in found.templates} == {"a", "b"}


@pytest.mark.parametrize(
    ("extra", "is_namespaced"),
    [
        ("kinds: {shop.io/Widget: Namespaced}\n", True),
        ("kinds: {shop.io/Widget: Cluster}\n", False),
    ],
)
def test_the_scope_of_a_kind_may_come_from_the_configuration(
    extra: str, *, is_namespaced: bool
) -> None:
    widget = "apiVersion: shop.io/v1\nkind: Widget\nmetadata: {name: a}\n"
    (template,) = fleet(config=CONFIG + extra, a=widget).templates.values()
    assert bool(template.key.namespace) is is_namespaced


def test_the_scope_of_a_kind_may_come_from_a_crd_or_the_inventory() -> None:
    crd = (
        "apiVersion: apiextensions.k8s.io/v1\nkind: CustomResourceDefinition\n"
        "metadata: {name: widgets.shop.io}\n"
        "spec: {group: shop.io, scope: Cluster, names: {kind: Widget}}\n"
    )
    widget = "apiVersion: shop.io/v1\nkind: Widget\nmetadata: {name: a}\n"
    facts = {"eu-1": ClusterFacts(resources={("shop.io/v1", "Widget"): ("widgets", True)})}
    by_inventory = parse_fleet(files(a=widget), inventory=facts)
    by_crd = parse_fleet(files(a=widget, crd=crd), inventory=facts)
    assert {key.namespace for key in by_inventory.templates} == {"default"}
    assert {key.namespace for key in by_crd.templates} == {""}
    problem = only(fleet(a=widget))
    assert (problem.code, str(problem.position)) == ("RC021", "a.yaml:2:1")
    assert "kinds: {shop.io/Widget: Namespaced}" in problem.hint


def test_facts_come_from_the_inventory_and_never_from_git() -> None:
    reported = ClusterFacts(kubernetes_version="v1.30.0")
    claimed = f"{CLUSTER}status: {{kubernetesVersion: v9.9.9}}\n"
    found = parse_fleet(files(a=claimed), inventory={"eu-1": reported})
    (cluster,) = found.clusters
    assert cluster.facts == reported
    assert codes(found) == ["RC024"]


def test_memory_changes_nothing_and_lets_known_files_come_without_bytes() -> None:
    tree = files(a=CONFIG_MAP, b=POLICY, c=OVERRIDE, d=CLUSTER)
    memory = ParseMemory()
    cold = parse_fleet(tree, memory=memory)
    bare = {
        path: one if path == "reconciler.yaml" else dataclasses.replace(one, data=None)
        for path, one in tree.items()
    }
    warm = parse_fleet(bare, memory=memory)
    assert warm == cold
    assert warm.templates[SETTINGS] is cold.templates[SETTINGS]
    assert memory.knows(tree["a.yaml"].oid)


def test_memory_forgets_what_is_gone() -> None:
    memory = ParseMemory()
    tree = files(a=CONFIG_MAP, b=POLICY)
    parse_fleet(tree, memory=memory)
    gone = tree.pop("b.yaml")
    parse_fleet(tree, memory=memory)
    assert memory.knows(gone.oid)
    for _ in range(READINGS):
        parse_fleet(tree, memory=memory)
    assert not memory.knows(gone.oid)


def test_files_come_back_from_the_disk_as_they_were() -> None:
    memory, other = ParseMemory(), ParseMemory()
    tree = files(a=CONFIG_MAP, b=POLICY, c=OVERRIDE, d=CLUSTER)
    cold = parse_fleet(tree, memory=memory)
    other.disk = {**memory.unstored, tree["b.yaml"].oid: b"[damaged"}
    assert parse_fleet(tree, memory=other) == cold
    assert list(other.unstored) == [tree["b.yaml"].oid]


def test_a_renamed_file_is_reported_at_its_new_place() -> None:
    memory = ParseMemory()
    parse_fleet({**files(), "old.yaml": file("old.yaml", CONFIG_MAP)}, memory=memory)
    found = parse_fleet({**files(), "new.yaml": file("new.yaml", CONFIG_MAP)}, memory=memory)
    assert found.templates[SETTINGS].position.path == "new.yaml"


def test_policies_have_their_defaults_and_the_namespace_of_their_selectors() -> None:
    (policy,) = fleet(a=POLICY).propagation_policies
    assert policy.selectors[0].namespace == "shop"
    assert policy.scheduler_name == "default-scheduler"
    assert not policy.is_frozen


def test_clusters_get_the_default_grades_unless_the_gate_is_off() -> None:
    gates = f"{CONFIG}featureGates: {{CustomizedClusterResourceModeling: false}}\n"
    (with_grades,) = fleet(a=CLUSTER).clusters
    (without,) = fleet(config=gates, a=CLUSTER).clusters
    assert len(with_grades.resource_models) == 9
    assert without.resource_models == ()


def test_without_a_configuration_the_defaults_count_and_a_warning_says_so() -> None:
    tree = files(a=CONFIG_MAP)
    del tree["reconciler.yaml"]
    missing = parse_fleet(tree)
    assert codes(missing) == ["RC013"]
    assert only(missing).severity is Severity.WARNING
    assert missing.config == FleetConfig()
    assert not missing.is_held


def test_an_unreadable_configuration_holds_the_commit() -> None:
    wrong = fleet(config=f"{CONFIG}guardz: {{}}\n", a=CONFIG_MAP)
    gate = fleet(config=f"{CONFIG}featureGates: {{Failver: true}}\n")
    broken = fleet(config="a: [")
    assert [codes(one) for one in (wrong, gate, broken)] == [["RC014"], ["RC014"], ["RC014"]]
    assert all(one.is_held and one.config is None for one in (wrong, gate, broken))
    assert only(wrong).hint == "did you mean guards?"
    assert str(only(wrong).position) == "reconciler.yaml:4:1"
    assert only(gate).hint == "did you mean Failover?"


def test_every_setting_of_the_configuration_arrives() -> None:
    text = f"""{CONFIG}
paths: {{include: [apps], exclude: [drafts]}}
kinds: {{Foo: Cluster, a.b/Bar: Namespaced}}
ignoreDifferences:
- {{group: apps, kind: Deployment, paths: [/spec/replicas]}}
- {{managers: [hpa]}}
guards:
  perCluster: {{count: 1}}
  perFleet: {{percent: 2}}
  approvers: [ops@example.com]
limits: [{{path: teams/a, clusters: [eu-1]}}]
writeBack: {{works: all, secrets: plain, statusKeep: 5}}
policyClaim: sticky
onPolicyRemoved: keep
namespaces: used
adopt: karmada
allowRewrite: true
enableEmptyWorkloadPropagation: true
skippedPropagatingNamespaces: kube-.*,infra
schedulerProfiles: {{default-scheduler: {{disable: [TaintToleration]}}}}
"""
    config = fleet(config=text).config
    assert config is not None
    assert (config.include, config.exclude) == (("apps",), ("drafts",))
    assert config.kinds == {"Foo": False, "a.b/Bar": True}
    assert config.ignore_differences[0].paths == ("/spec/replicas",)
    assert config.ignore_differences[1].kind == "*"
    assert (config.guards.per_cluster.count, config.guards.per_cluster.percent) == (1, 10)
    assert (config.guards.per_fleet.count, config.guards.per_fleet.percent) == (50, 2)
    assert config.guards.approvers == ("ops@example.com",)
    assert config.limits[0].clusters == ("eu-1",)
    assert config.write_back.status_keep == 5
    assert (config.policy_claim, config.on_policy_removed) == ("sticky", "keep")
    assert (config.namespaces, config.adopt) == ("used", "karmada")
    assert config.allow_rewrite
    assert config.enable_empty_workload_propagation
    assert config.skipped_namespaces == "kube-.*|infra"
    assert config.scheduler_profiles == {"default-scheduler": {"disable": ("TaintToleration",)}}
    assert config.fleet_id == "test"


def test_warnings_stop_nothing() -> None:
    exported = (
        "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: settings\n  namespace: shop\n"
        "  uid: x\n  creationTimestamp: null\n  labels: {karmada.io/managed: 'true', a: b}\n"
    )
    found = fleet(a=exported)
    assert codes(found) == ["RC024", "RC026"]
    assert all(one.effect is Effect.NONE for one in found.diagnostics)
    assert found.templates[SETTINGS].manifest.metadata == {
        "name": "settings",
        "namespace": "shop",
        "labels": {"a": "b"},
    }
