"""Unreadable never means empty: what bad input freezes, and when it holds the commit."""

from __future__ import annotations

from typing import Any

import pytest

from reconciler.model.diagnostic import Effect
from reconciler.model.fleet import Fleet
from reconciler.model.source import EntryKind, SourceFile
from reconciler.parse import MAX_BYTES
from tests.parse.fleets import (
    CLUSTER,
    CONFIG,
    CONFIG_MAP,
    OVERRIDE,
    POLICY,
    codes,
    file,
    fleet,
    link,
    only,
)

GOOD = CONFIG_MAP.replace("settings", "good")
BOMB = "a: &a [x,x,x,x,x,x,x,x,x]\n" + "".join(
    f"{after}: &{after} [{','.join(['*' + before] * 9)}]\n"
    for before, after in zip("abcdefgh", "bcdefghi", strict=True)
)


def frozen(found: Fleet) -> list[tuple[str, str]]:
    return [(str(one.position), str(one.key or "")) for one in found.frozen]


def expect_frozen(found: Fleet, code: str) -> None:
    """The document is frozen, the good one is there, the commit goes on."""
    assert codes(found) == [code]
    assert only(found).effect is Effect.FREEZE_DOCUMENT
    assert not found.is_held
    assert [key.name for key in found.templates] == ["good"]


def test_a_duplicate_key_freezes_its_document() -> None:
    found = fleet(good=GOOD, bad=f"{CONFIG_MAP}data: {{a: 1, a: 2}}\n")
    expect_frozen(found, "RC002")
    assert str(only(found).position) == "bad.yaml:4:14"
    assert frozen(found) == [("bad.yaml:1", "ConfigMap shop/settings")]


def test_a_duplicate_identity_freezes_both_and_names_both_places() -> None:
    found = fleet(good=GOOD, a=CONFIG_MAP, b=f"# copy\n{CONFIG_MAP}")
    assert [(one.code, str(one.position)) for one in found.diagnostics] == [
        ("RC016", "a.yaml:1"),
        ("RC016", "b.yaml:2"),
    ]
    assert "b.yaml:2" in found.diagnostics[0].message
    assert [key.name for key in found.templates] == ["good"]
    assert [place for place, _ in frozen(found)] == ["a.yaml:1", "b.yaml:2"]
    assert not found.is_held


def test_an_unknown_field_freezes_a_policy_and_what_a_new_one_selects() -> None:
    found = fleet(good=GOOD, bad=POLICY.replace("placement", "placment"))
    expect_frozen(found, "RC017")
    assert str(only(found).position) == "bad.yaml:7:3"
    assert only(found).hint == "did you mean placement?"
    (policy,) = found.propagation_policies
    assert policy.is_frozen
    assert policy.selectors[0].kind == "ConfigMap"


def test_a_json_patch_without_a_path_freezes_its_policy() -> None:
    found = fleet(good=GOOD, bad=OVERRIDE.replace("path: /data/a, ", ""))
    expect_frozen(found, "RC018")
    assert str(only(found).position) == "bad.yaml:10:9"
    (policy,) = found.override_policies
    assert policy.is_frozen


@pytest.mark.parametrize("path", ["data/a", "/a~2b", "", "/a~"])
def test_a_json_patch_with_a_bad_pointer_freezes_its_policy(path: str) -> None:
    found = fleet(good=GOOD, bad=OVERRIDE.replace("/data/a", f'"{path}"'))
    expect_frozen(found, "RC018")


def test_what_webhooks_refuse_freezes_its_policy() -> None:
    spread = "  placement: {spreadConstraints: [{spreadByField: region, minGroups: 1}]}\n"
    found = fleet(good=GOOD, bad=POLICY.split("  placement")[0] + spread)
    expect_frozen(found, "RC019")


def test_zones_beside_regions_freeze_the_policy_unless_zones_only_filter() -> None:
    fields = ("zone", "region", "cluster")
    each = ", ".join(f"{{spreadByField: {one}, minGroups: 1, maxGroups: 2}}" for one in fields)
    both = POLICY.split("  placement")[0] + f"  placement: {{spreadConstraints: [{each}]}}\n"
    expect_frozen(fleet(good=GOOD, bad=both), "RC019")
    off = f"{CONFIG}featureGates: {{SpreadByZoneAndProvider: false}}\n"
    assert fleet(good=GOOD, bad=both, config=off).frozen == ()


def test_a_new_policy_whose_selectors_cannot_be_read_holds_and_an_old_one_freezes() -> None:
    broken = POLICY.replace("resourceSelectors", "resourceSelectorz")
    before = fleet(bad=POLICY)
    new = fleet(good=GOOD, bad=broken)
    old = fleet(good=GOOD, bad=broken, before=before, were=("bad.yaml",))
    assert new.is_held
    assert not old.is_held
    assert frozen(old) == [("bad.yaml:1", "policy.karmada.io/PropagationPolicy shop/web")]


def test_a_symbolic_link_freezes_what_stood_there() -> None:
    found = fleet(good=GOOD, bad=link("bad.yaml", "/etc/passwd"), were=("bad.yaml", "good.yaml"))
    expect_frozen(found, "RC008")
    assert frozen(found) == [("bad.yaml", "")]


def test_a_link_in_the_place_of_a_folder_freezes_everything_below() -> None:
    found = fleet(
        good=GOOD, x=link("apps", "../other"), were=("apps/a.yaml", "apps/b/c.yaml", "apps2/d.yaml")
    )
    assert frozen(found) == [("apps/a.yaml", ""), ("apps/b/c.yaml", "")]
    assert only(found).effect is Effect.FREEZE_DOCUMENT


def test_a_link_that_is_no_manifest_is_a_warning() -> None:
    problem = only(fleet(good=GOOD, x=link("docs/latest", "v1")))
    assert (problem.code, problem.effect) == ("RC008", Effect.NONE)


def test_a_submodule_is_not_fetched() -> None:
    module = SourceFile(path="apps", oid="1" * 40, kind=EntryKind.SUBMODULE)
    found = fleet(good=GOOD, x=module, were=("apps/a.yaml",))
    expect_frozen(found, "RC009")


def test_a_path_with_an_anomaly_freezes_what_stood_there() -> None:
    odd = SourceFile(path="a\\nb.yaml", oid="1" * 40, anomaly="has a line break in its name")
    found = fleet(good=GOOD, x=odd)
    expect_frozen(found, "RC010")
    assert "has a line break" in only(found).message


def test_a_huge_file_freezes_with_or_without_its_bytes() -> None:
    loaded = fleet(good=GOOD, bad="a: " + "x" * MAX_BYTES)
    left = fleet(good=GOOD, bad=SourceFile(path="bad.yaml", oid="1" * 40, size=100 << 20))
    expect_frozen(loaded, "RC004")
    expect_frozen(left, "RC004")


def test_an_alias_bomb_freezes_its_document() -> None:
    expect_frozen(fleet(good=GOOD, bad=BOMB), "RC003")


def test_deep_nesting_freezes_its_document() -> None:
    expect_frozen(fleet(good=GOOD, bad="[" * 20_000), "RC004")


def test_an_lfs_pointer_is_not_a_manifest() -> None:
    pointer = "version https://git-lfs.github.com/spec/v1\noid sha256:00\nsize 12\n"
    expect_frozen(fleet(good=GOOD, bad=pointer), "RC011")


def test_a_sops_file_is_not_applied_as_ciphertext() -> None:
    secret = CONFIG_MAP.replace("ConfigMap", "Secret")
    found = fleet(good=GOOD, bad=f"{secret}data: {{a: 'ENC[AES,x]'}}\nsops: {{mac: 'ENC[y]'}}\n")
    expect_frozen(found, "RC012")
    assert "AES" not in str(only(found))


@pytest.mark.parametrize(
    "text", ["a: [1, 2\n", "\x00\x01\x02", "key: 'open\n", "apiVersion: v1\nkind: C\n\tx\n"]
)
def test_a_new_file_of_which_nothing_can_be_read_holds_the_commit(text: str) -> None:
    found = fleet(good=GOOD, bad=text)
    assert found.is_held
    assert only(found).code == "RC001"
    assert only(found).position.path == "bad.yaml"
    assert only(found).position.line >= 1


def test_an_old_file_of_which_nothing_can_be_read_freezes_what_it_held() -> None:
    found = fleet(good=GOOD, bad="a: [1, 2\n", were=("bad.yaml",))
    expect_frozen(found, "RC001")
    assert frozen(found) == [("bad.yaml:1", "")]


def test_an_unreadable_document_whose_identity_is_certain_does_not_hold_its_neighbours() -> None:
    broken = f"{GOOD}---\n{CONFIG_MAP}data:\n  a: 'open\n"
    found = fleet(both=broken)
    expect_frozen(found, "RC001")
    assert frozen(found) == [("both.yaml:5", "ConfigMap shop/settings")]


def test_an_identity_is_not_certain_while_metadata_may_go_on() -> None:
    broken = f"{GOOD}---\napiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: a\n  labels: 'open\n"
    assert fleet(both=broken).is_held


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("just text\n", "RC006"),
        ("replicas: 3\n", "RC007"),
        ("apiVersion: v1\nkind: ConfigMap\nmetadata: {name: ../x}\n", "RC007"),
        ("apiVersion: v1\nkind: ConfigMap\nmetadata: {name: x, namespace: A_B}\n", "RC007"),
        ("apiVersion: v1\nkind: ConfigMap\nmetadata: {generateName: x-}\n", "RC023"),
        ("apiVersion: v1\nkind: ConfigMap\nmetadata: {name: x, labels: {a: yes}}\n", "RC027"),
        ("apiVersion: v1\nkind: ConfigMap\nmetadata: {name: x, labels: {'a b': c}}\n", "RC027"),
        ("apiVersion: v1\nkind: ConfigMap\nmetadata: {name: x}\ndata: {a: .inf}\n", "RC005"),
        ("apiVersion: policy.karmada.io/v1alpha1\nkind: Policy\nmetadata: {name: x}\n", "RC020"),
        ("apiVersion: work.karmada.io/v9\nkind: Work\nmetadata: {name: x}\n", "RC020"),
        ("apiVersion: new.karmada.io/v1\nkind: Work\nmetadata: {name: x}\n", "RC020"),
        (
            "apiVersion: fleet-reconciler.io/v1alpha1\nkind: FleetConfig\nmetadata: {name: x}\n",
            "RC015",
        ),
    ],
)
def test_readable_documents_that_mean_nothing_freeze(text: str, code: str) -> None:
    expect_frozen(fleet(good=GOOD, bad=text), code)


def test_a_cluster_scoped_object_loses_its_namespace_with_a_warning() -> None:
    found = fleet(a="apiVersion: v1\nkind: Namespace\nmetadata: {name: x, namespace: other}\n")
    (template,) = found.templates.values()
    assert codes(found) == ["RC022"]
    assert template.key.namespace == template.manifest.namespace == ""


def test_reserved_namespaces_are_pointed_out() -> None:
    found = fleet(a=CONFIG_MAP.replace("shop", "karmada-es-eu-1"))
    assert codes(found) == ["RC025"]


def test_secret_values_never_stand_in_a_message() -> None:
    secret = "apiVersion: v1\nkind: Secret\nmetadata: {name: s}\n"
    texts = [
        f"{secret}data: !!int hunter2\n",
        f"{secret}data: {{hunter1: a, password: hunter2, password: hunter2}}\n",
        f"{secret}data: {{password: 'hunter2\n",
        CLUSTER.replace("https://", "https://me:hunter2@"),
        CLUSTER.replace("region: eu", "proxyURL: 'ftp://hunter2@x'"),
        POLICY.replace("[eu-1]", "hunter2"),
    ]
    for text in texts:
        said = " ".join(str(one) for one in fleet(a=text).diagnostics)
        assert said
        assert "hunter2" not in said


def test_many_problems_of_one_document_are_cut_off() -> None:
    terms = "".join(f"  bad{number}: 1\n" for number in range(500))
    assert len(fleet(a=POLICY + terms).diagnostics) == 50


def test_many_copies_of_one_document_are_reported_briefly() -> None:
    copies: dict[str, Any] = {f"copy{number}": CONFIG_MAP for number in range(200)}
    found = fleet(**copies)
    assert len(found.diagnostics) == 200
    assert max(len(one.message) for one in found.diagnostics) < 200


def test_the_deprecated_form_of_an_override_is_a_warning() -> None:
    flat = OVERRIDE.replace("  overrideRules:\n  - overriders:\n", "  overriders:\n").replace(
        "      ", "    "
    )
    found = fleet(a=flat, b=file("b.yaml", CONFIG_MAP))
    assert codes(found) == ["RC028"]
    (policy,) = found.override_policies
    assert len(policy.rules) == 1


@pytest.mark.parametrize(
    ("api_version", "kind", "spec"),
    [
        ("search.karmada.io/v1alpha1", "ResourceRegistry", "{}"),
        ("remedy.karmada.io/v1alpha1", "Remedy", "{actions: [TrafficControl]}"),
        ("work.karmada.io/v1alpha2", "ResourceBinding", "{}"),
    ],
)
def test_what_nothing_acts_on_is_said(api_version: str, kind: str, spec: str) -> None:
    idle = f"apiVersion: {api_version}\nkind: {kind}\nmetadata: {{name: idle}}\nspec: {spec}\n"
    found = fleet(a=idle, b=file("b.yaml", CONFIG_MAP))
    assert codes(found) == ["RC030"]
    assert f"{kind} has no effect" in only(found).message


def test_what_a_controller_acts_on_is_no_news() -> None:
    acting = (
        "apiVersion: policy.karmada.io/v1alpha1\nkind: ClusterTaintPolicy\nmetadata: {name: a}\n"
        "spec: {taints: [{key: a, effect: NoSchedule}]}\n"
    )
    assert fleet(a=acting, b=file("b.yaml", CONFIG_MAP)).diagnostics == ()


def test_two_customizations_of_one_operation_freeze_each_other() -> None:
    script = (
        "apiVersion: config.karmada.io/v1alpha1\nkind: ResourceInterpreterCustomization\n"
        "metadata: {name: NAME}\nspec:\n  target: {apiVersion: foo/v1, kind: Foo}\n"
        "  customizations: {OPERATION: {luaScript: x}}\n"
    )
    one = script.replace("OPERATION", "retention")
    many = script.replace("OPERATION", "dependencyInterpretation")
    found = fleet(
        **{name: one.replace("NAME", name) for name in ("a", "b")},  # type: ignore[arg-type]
        **{name: many.replace("NAME", name) for name in ("c", "d")},  # type: ignore[arg-type]
    )
    assert codes(found) == ["RC029", "RC029"]
    assert [one.name for one in found.customizations] == ["c", "d"]


def test_an_unreadable_document_added_to_a_file_holds_until_it_is_part_of_history() -> None:
    grown = f"{GOOD}---\nkind: [\n"
    before = fleet(a=GOOD)
    added = fleet(a=grown, before=before, were=("a.yaml",))
    applied = fleet(a=grown, before=added, were=("a.yaml",))
    assert added.is_held
    assert not applied.is_held


def test_an_unreadable_document_in_the_place_of_one_that_was_there_freezes() -> None:
    before = fleet(a=f"{GOOD}---\n{CONFIG_MAP}")
    found = fleet(a=f"{GOOD}---\nkind: [\n", before=before, were=("a.yaml",))
    assert not found.is_held
    assert frozen(found) == [("a.yaml:5", "")]
