"""Rendering: what a template becomes on each cluster, and what one body is shared by."""

from __future__ import annotations

import json
from typing import Any

import pytest

from reconciler.model.binding import Binding, EvictionTask, ResourceRef, Target
from reconciler.model.cluster import Cluster
from reconciler.model.fleet import Template
from reconciler.model.identity import ObjectKey
from reconciler.model.manifest import Manifest
from reconciler.model.policy import (
    OverridePolicy,
    OverrideRule,
    Placement,
    PolicyKind,
    PolicyRef,
    ReplicaScheduling,
    Suspension,
)
from reconciler.model.selector import ClusterAffinity, LabelSelector, ResourceSelector
from reconciler.overriders import decode_overriders
from reconciler.render import (
    OverrideIndex,
    Rendered,
    is_auto_propagated,
    render,
    render_namespace,
)

CLUSTERS = {
    name: Cluster(name=name, labels={"tier": tier})
    for name, tier in (("eu-1", "gold"), ("eu-2", "gold"), ("us-1", "silver"))
}
EVERYWHERE = tuple(Target(name=cluster) for cluster in CLUSTERS)
CLAIM = PolicyRef(PolicyKind.PROPAGATION, "shop", "web")


class PlainReviser:
    """Replicas of a Deployment, parallelism of a Job."""

    def revise_replica(self, body: dict[str, Any], replicas: int) -> dict[str, Any] | None:
        field = {"Deployment": "replicas", "Job": "parallelism"}.get(body["kind"])
        return body | {"spec": body["spec"] | {field: replicas}} if field else None


def a_template(kind: str = "Deployment", group: str = "apps", **body: Any) -> Template:
    metadata = {"name": "web", "namespace": "shop"} | body.pop("metadata", {})
    version = f"{group}/v1" if group else "v1"
    namespace = metadata.get("namespace") or ""
    if not namespace:
        del metadata["namespace"]
    manifest = Manifest({"apiVersion": version, "kind": kind, "metadata": metadata, **body})
    key = ObjectKey(group, kind, namespace, metadata["name"])
    return Template(key=key, manifest=manifest, digest="", spec_digest="")


def a_binding(template: Template, **fields: Any) -> Binding:
    key = template.key
    resource = ResourceRef(
        api_version=template.manifest.api_version,
        kind=key.kind,
        namespace=key.namespace,
        name=key.name,
    )
    fields = {"claim": CLAIM, "placement": None} | fields
    return Binding(key=key, resource=resource, **fields)


def a_policy(
    name: str,
    overriders: dict[str, Any],
    *,
    kind: PolicyKind = PolicyKind.OVERRIDE,
    target: ClusterAffinity | None = None,
    selectors: tuple[ResourceSelector, ...] = (),
) -> OverridePolicy:
    namespace = "shop" if kind is PolicyKind.OVERRIDE else ""
    rule = OverrideRule(target=target, uses=decode_overriders(overriders), document=overriders)
    return OverridePolicy(ref=PolicyRef(kind, namespace, name), selectors=selectors, rules=(rule,))


def rendered(
    template: Template,
    *policies: OverridePolicy,
    targets: tuple[Target, ...] = EVERYWHERE,
    generation: int = 1,
    eviction_tasks: tuple[EvictionTask, ...] = (),
    **fields: Any,
) -> Rendered:
    return render(
        template,
        a_binding(template, **fields),
        targets,
        overrides=OverrideIndex(policies, CLUSTERS),
        reviser=PlainReviser(),
        generation=generation,
        eviction_tasks=eviction_tasks,
    )


def manifests(result: Rendered) -> dict[str, dict[str, Any]]:
    return {name: json.loads(work.manifest_bytes()) for name, work in result.works.items()}


def test_clusters_with_the_same_replicas_share_one_body() -> None:
    targets = (
        Target(name="eu-1", replicas=2),
        Target(name="eu-2", replicas=2),
        Target(name="us-1", replicas=1),
    )
    result = rendered(a_template(spec={"replicas": 5}), targets=targets, replicas=5)
    works = result.works
    assert works["eu-1"].body is works["eu-2"].body
    assert works["us-1"].body is not works["eu-1"].body
    assert [one["spec"]["replicas"] for one in manifests(result).values()] == [2, 2, 1]


def test_the_stamp_is_each_clusters_own() -> None:
    result = rendered(a_template())
    for cluster, manifest in manifests(result).items():
        metadata = manifest["metadata"]
        assert metadata["annotations"]["work.karmada.io/namespace"] == f"karmada-es-{cluster}"
        work = result.works[cluster]
        assert metadata["labels"]["work.karmada.io/permanent-id"] == work.work_id
    assert len({work.work_id for work in result.works.values()}) == 3


def test_a_manifest_that_contains_the_markers_is_still_cut_in_the_right_place() -> None:
    data = {"a": "@namespace@ @id@", "b": "@namespace_@", "@id@": "@id__@"}
    result = rendered(a_template("ConfigMap", "", data=data))
    for cluster, manifest in manifests(result).items():
        assert manifest["data"] == data
        annotations = manifest["metadata"]["annotations"]
        assert annotations["work.karmada.io/namespace"] == f"karmada-es-{cluster}"


def test_ids_follow_from_identities_alone() -> None:
    first, again = rendered(a_template()), rendered(a_template())
    assert [one.manifest_bytes() for one in first.works.values()] == [
        one.manifest_bytes() for one in again.works.values()
    ]


def test_a_cluster_scoped_object_names_its_cluster_binding() -> None:
    template = a_template("ClusterRole", "rbac.authorization.k8s.io", metadata={"namespace": ""})
    claim = PolicyRef(PolicyKind.CLUSTER_PROPAGATION, "", "roles")
    metadata = manifests(rendered(template, claim=claim))["eu-1"]["metadata"]
    assert metadata["annotations"]["clusterresourcebinding.karmada.io/name"] == "web-clusterrole"
    assert metadata["annotations"]["clusterpropagationpolicy.karmada.io/name"] == "roles"
    assert "clusterresourcebinding.karmada.io/permanent-id" in metadata["labels"]
    assert "clusterpropagationpolicy.karmada.io/permanent-id" in metadata["labels"]
    assert not [key for key in metadata["annotations"] if key.startswith("resourcebinding")]


def test_a_kind_without_generations_gets_no_generation() -> None:
    annotations = manifests(rendered(a_template(), generation=0))["eu-1"]["metadata"]["annotations"]
    assert "resourcetemplate.karmada.io/generation" not in annotations


def test_the_templates_own_conflict_resolution_beats_the_policy() -> None:
    own = {"annotations": {"work.karmada.io/conflict-resolution": "abort"}}
    result = rendered(a_template(metadata=own), conflict_resolution="Overwrite")
    assert result.works["eu-1"].conflict_resolution == "abort"


@pytest.mark.parametrize("value", ["Abort", "sometimes", ""])
def test_an_unknown_conflict_resolution_on_the_template_counts_for_nothing(value: str) -> None:
    own = {"annotations": {"work.karmada.io/conflict-resolution": value}}
    result = rendered(a_template(metadata=own), conflict_resolution="Overwrite")
    assert result.works["eu-1"].conflict_resolution == "overwrite"


def test_an_override_applies_where_it_targets_and_is_told() -> None:
    gold = ClusterAffinity(label_selector=LabelSelector((("tier", "gold"),)))
    overriders = {"labelsOverrider": [{"operator": "add", "value": {"class": "gold"}}]}
    result = rendered(a_template(), a_policy("gold", overriders, target=gold))
    labels = {
        name: one["metadata"]["labels"].get("class") for name, one in manifests(result).items()
    }
    assert labels == {"eu-1": "gold", "eu-2": "gold", "us-1": None}
    assert sorted(result.applied) == ["eu-1", "eu-2"]
    (applied,) = result.applied["eu-1"]
    assert (applied.policy.name, applied.rule, applied.overriders) == ("gold", 0, overriders)
    assert applied.patch[-1] == {"op": "add", "path": "/metadata/labels/class", "value": "gold"}


def test_cluster_policies_come_first_and_more_specific_ones_last() -> None:
    def setting(value: str) -> dict[str, Any]:
        return {"annotationsOverrider": [{"operator": "add", "value": {"by": value}}]}

    by_name = ResourceSelector(api_version="apps/v1", kind="Deployment", name="web")
    result = rendered(
        a_template(),
        a_policy("z", setting("namespaced-z")),
        a_policy("a", setting("by-name"), selectors=(by_name,)),
        a_policy("zz", setting("cluster"), kind=PolicyKind.CLUSTER_OVERRIDE),
    )
    assert [one.policy.name for one in result.applied["eu-1"]] == ["zz", "z", "a"]
    assert manifests(result)["eu-1"]["metadata"]["annotations"]["by"] == "by-name"


def test_namespaced_policies_see_the_labels_that_cluster_policies_left() -> None:
    labelled = ResourceSelector(
        api_version="apps/v1",
        kind="Deployment",
        label_selector=LabelSelector((("class", "gold"),)),
    )
    result = rendered(
        a_template(),
        a_policy(
            "label",
            {"labelsOverrider": [{"operator": "add", "value": {"class": "gold"}}]},
            kind=PolicyKind.CLUSTER_OVERRIDE,
            target=ClusterAffinity(cluster_names=("us-1",)),
        ),
        a_policy(
            "note",
            {"annotationsOverrider": [{"operator": "add", "value": {"note": "x"}}]},
            selectors=(labelled,),
        ),
    )
    noted = [n for n, one in manifests(result).items() if "note" in one["metadata"]["annotations"]]
    assert noted == ["us-1"]


def test_a_failing_override_costs_its_clusters_only_and_says_so_once() -> None:
    gold = ClusterAffinity(label_selector=LabelSelector((("tier", "gold"),)))
    overriders = {"plaintext": [{"operator": "replace", "path": "/spec/nothing", "value": 1}]}
    result = rendered(a_template(spec={}), a_policy("bad", overriders, target=gold))
    assert sorted(result.works) == ["us-1"]
    assert sorted(result.failed) == ["eu-1", "eu-2"]
    (diagnostic,) = result.diagnostics
    assert diagnostic.code == "RC301"
    assert "OverridePolicy shop/bad rule 1" in diagnostic.message
    assert diagnostic.message.endswith("on eu-1, eu-2")


def test_an_override_may_not_turn_the_object_into_another_one() -> None:
    overriders = {"plaintext": [{"operator": "replace", "path": "/metadata/name", "value": "b"}]}
    result = rendered(a_template(), a_policy("rename", overriders))
    assert not result.works
    assert "identity" in result.failed["eu-1"]


def test_marks_of_ours_survive_an_override_that_forges_them() -> None:
    forged = {"karmada.io/managed": "false", "work.karmada.io/permanent-id": "mine"}
    overriders = {"labelsOverrider": [{"operator": "add", "value": forged}]}
    result = rendered(a_template(), a_policy("forge", overriders))
    labels = manifests(result)["eu-1"]["metadata"]["labels"]
    assert labels["karmada.io/managed"] == "true"
    assert labels["work.karmada.io/permanent-id"] == result.works["eu-1"].work_id


def test_completions_of_a_divided_job_follow_its_parallelism() -> None:
    template = a_template("Job", "batch", spec={"parallelism": 6, "completions": 9})
    result = rendered(
        template,
        targets=(Target(name="eu-1", replicas=4), Target(name="eu-2", replicas=2)),
        replicas=6,
        placement=Placement(replica_scheduling=ReplicaScheduling()),
    )
    assert {name: one["spec"] for name, one in manifests(result).items()} == {
        "eu-1": {"parallelism": 4, "completions": 6},
        "eu-2": {"parallelism": 2, "completions": 3},
    }


def test_completions_of_a_duplicated_job_stay() -> None:
    template = a_template("Job", "batch", spec={"parallelism": 6, "completions": 9})
    result = rendered(template, targets=(Target(name="eu-1", replicas=6),), replicas=6)
    assert manifests(result)["eu-1"]["spec"]["completions"] == 9


def test_suspension_is_a_matter_of_each_cluster() -> None:
    result = rendered(a_template(), suspension=Suspension(on_clusters=frozenset({"eu-2"})))
    assert [name for name, work in result.works.items() if work.is_suspended] == ["eu-2"]


def test_preserved_state_is_handed_to_a_single_new_cluster() -> None:
    task = EvictionTask(
        from_cluster="us-1",
        purge_mode="Directly",
        preserved_labels={"failover/epoch": "7"},
        clusters_before_failover=("us-1",),
    )
    moved = rendered(a_template(), targets=(Target(name="eu-1"),), eviction_tasks=(task,))
    assert manifests(moved)["eu-1"]["metadata"]["labels"]["failover/epoch"] == "7"
    back = rendered(a_template(), targets=(Target(name="us-1"),), eviction_tasks=(task,))
    assert "failover/epoch" not in manifests(back)["us-1"]["metadata"]["labels"]


def test_rendering_leaves_the_template_as_it_is() -> None:
    template = a_template(spec={"replicas": 2}, metadata={"labels": {"a": "b"}}, status={"x": 1})
    before = json.dumps(template.manifest.body)
    overriders = {"plaintext": [{"operator": "add", "path": "/spec/paused", "value": True}]}
    rendered(template, a_policy("pause", overriders), replicas=2)
    assert json.dumps(template.manifest.body) == before


def test_a_namespace_goes_out_by_itself_with_cluster_overrides_only() -> None:
    template = a_template("Namespace", "", metadata={"name": "shop", "namespace": ""})
    overriders = {"labelsOverrider": [{"operator": "add", "value": {"team": "a"}}]}
    index = OverrideIndex(
        [a_policy("team", overriders, kind=PolicyKind.CLUSTER_OVERRIDE)], CLUSTERS
    )
    result = render_namespace(template, ["eu-1"], overrides=index, reviser=PlainReviser())
    metadata = manifests(result)["eu-1"]["metadata"]
    assert metadata["labels"]["team"] == "a"
    assert metadata["labels"]["karmada.io/managed"] == "true"
    assert not [key for key in metadata["labels"] if "binding" in key]
    assert result.works["eu-1"].binding == ""


@pytest.mark.parametrize(
    ("name", "labels", "goes"),
    [
        ("shop", {}, True),
        ("default", {}, False),
        ("kube-public", {}, False),
        ("my-kube-thing", {}, True),
        ("karmada-system", {}, False),
        ("karmada-es-eu-1", {}, False),
        ("shop", {"namespace.karmada.io/skip-auto-propagation": "true"}, False),
        ("shop", {"namespace.karmada.io/skip-auto-propagation": "false"}, True),
    ],
)
def test_which_namespaces_go_out(name: str, labels: dict[str, str], goes: bool) -> None:
    template = a_template(
        "Namespace", "", metadata={"name": name, "namespace": "", "labels": labels}
    )
    assert is_auto_propagated(template, "kube-.*") is goes
