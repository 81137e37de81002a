"""Decisions: what becomes of one object on one member."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import orjson
import pytest

from reconciler.diff.compare import compare
from reconciler.diff.context import Context
from reconciler.interpret.errors import InterpretError
from reconciler.model.change import Action
from reconciler.model.config import IgnoreRule
from reconciler.model.identity import ObjectKey
from tests.diff.builders import FLEET, applied, config_map, entry
from tests.works import a_work

KEY = ObjectKey("", "ConfigMap", "shop", "settings")
CONTEXT = Context(cluster="one", fleet_id=FLEET, recorded=frozenset({KEY}))


def role(**rule: Any) -> dict[str, Any]:
    return {
        "apiVersion": "rbac.authorization.k8s.io/v1",
        "kind": "Role",
        "metadata": {"name": "reader", "namespace": "shop"},
        "rules": [{"apiGroups": [""], "resources": ["pods"], "verbs": ["get"], **rule}],
    }


def test_an_absent_object_is_created_with_our_marks() -> None:
    change = compare(a_work(config_map()), None, CONTEXT)
    sent = orjson.loads(change.payload)
    assert change.action is Action.CREATE
    assert sent["metadata"]["labels"] == {"karmada.io/managed": "true"}
    assert sent["metadata"]["annotations"] == {"fleet-reconciler.io/fleet": FLEET}


def test_what_was_applied_is_unchanged() -> None:
    assert compare(a_work(config_map()), applied(config_map()), CONTEXT).action is Action.UNCHANGED


def test_an_update_carries_the_observed_version() -> None:
    change = compare(a_work(config_map(a="2")), applied(config_map(a="1")), CONTEXT)
    assert change.action is Action.UPDATE
    assert [(edit.path, edit.before, edit.after) for edit in change.edits] == [("data.a", "1", "2")]
    assert orjson.loads(change.payload)["metadata"]["resourceVersion"] == "7"
    assert (change.uid, change.resource_version) == ("u1", "7")


def test_a_key_taken_out_is_dropped_though_others_stay() -> None:
    observed = applied(config_map(a="1", b="2"))
    observed["data"]["theirs"] = "3"
    change = compare(a_work(config_map(a="1")), observed, CONTEXT)
    assert [(edit.path, edit.is_removed) for edit in change.edits] == [("data.b", True)]


def test_what_another_manager_added_is_no_difference() -> None:
    observed = applied(config_map())
    observed["data"]["theirs"] = "3"
    observed["metadata"]["managedFields"].append(entry("them", {"f:data": {"f:theirs": {}}}))
    assert compare(a_work(config_map()), observed, CONTEXT).action is Action.UNCHANGED


def test_stripped_managed_fields_are_applied_once_more() -> None:
    observed = applied(config_map())
    observed["metadata"]["managedFields"] = []
    change = compare(a_work(config_map()), observed, CONTEXT)
    assert change.action is Action.UPDATE
    assert [edit.path for edit in change.edits] == ["metadata.managedFields.reconciler"]


@pytest.mark.parametrize("damage", [None, {}, "text", [None, 3, {"fieldsV1": "x"}]])
def test_malformed_managed_fields_are_as_good_as_none(damage: Any) -> None:
    observed = applied(config_map())
    observed["metadata"]["managedFields"] = damage
    assert compare(a_work(config_map()), observed, CONTEXT).action is Action.UPDATE


def test_a_resource_name_added_to_a_rule_by_hand_is_taken_out() -> None:
    observed = applied(role())
    observed["rules"][0]["resourceNames"] = ["one"]
    change = compare(a_work(role()), observed, CONTEXT)
    assert [edit.path for edit in change.edits] == ["rules[0].resourceNames"]


def test_what_was_taken_out_of_an_atomic_list_of_a_custom_kind_is_seen_with_a_base() -> None:
    def thing(**more: Any) -> dict[str, Any]:
        return {
            "apiVersion": "example.io/v1",
            "kind": "Thing",
            "metadata": {"name": "settings", "namespace": "shop"},
            "spec": {"parts": [{"id": 1, **more}]},
        }

    observed = applied(thing(weight=5))
    observed["spec"]["parts"][0]["filledIn"] = True
    change = compare(a_work(thing()), observed, CONTEXT, base=a_work(thing(weight=5)))
    assert [edit.path for edit in change.edits] == ["spec.parts[0].weight"]
    assert compare(a_work(thing()), observed, CONTEXT).action is Action.UNCHANGED


def test_an_object_under_deletion_is_waited_for() -> None:
    observed = applied(config_map(a="2"))
    observed["metadata"]["deletionTimestamp"] = "2026-01-01T00:00:00Z"
    change = compare(a_work(config_map()), observed, CONTEXT)
    assert change.action is Action.UNCHANGED
    assert "being deleted" in change.reason


@pytest.mark.parametrize(
    ("labels", "annotations", "adopt", "action"),
    [
        ({}, {}, "", Action.ADOPT),
        ({"karmada.io/managed": "true"}, {}, "", Action.CONFLICT),
        ({"karmada.io/managed": "true"}, {}, "karmada", Action.ADOPT),
        ({"karmada.io/managed": "true"}, {"fleet-reconciler.io/fleet": "x"}, "", Action.CONFLICT),
        (
            {"karmada.io/managed": "true"},
            {"fleet-reconciler.io/fleet": "x"},
            "karmada",
            Action.CONFLICT,
        ),
        ({"karmada.io/managed": "false"}, {"fleet-reconciler.io/fleet": FLEET}, "", Action.ADOPT),
    ],
)
def test_ownership_decides(
    labels: dict[str, str], annotations: dict[str, str], adopt: str, action: Action
) -> None:
    observed = config_map()
    observed["metadata"] |= {"labels": labels, "annotations": annotations, "uid": "u"}
    context = replace(CONTEXT, adopt=adopt)
    assert compare(a_work(config_map()), observed, context).action is action


def test_overwrite_takes_over_what_nobody_manages_and_nothing_else() -> None:
    work = a_work(config_map(a="ours"), conflict="overwrite")
    observed = config_map(a="theirs")
    assert compare(work, observed, CONTEXT).action is Action.UPDATE
    observed["metadata"]["labels"] = {"karmada.io/managed": "true"}
    assert compare(work, observed, CONTEXT).action is Action.CONFLICT


def test_nothing_is_deleted_that_is_not_ours_and_recorded() -> None:
    ours, theirs = applied(config_map()), config_map()
    assert compare(None, ours, CONTEXT).action is Action.DELETE
    assert compare(None, theirs, CONTEXT).action is Action.UNCHANGED
    forgotten = replace(CONTEXT, recorded=frozenset())
    assert compare(None, ours, forgotten).action is Action.UNCHANGED
    ours["metadata"]["deletionTimestamp"] = "2026-01-01T00:00:00Z"
    assert compare(None, ours, CONTEXT).action is Action.UNCHANGED


def test_protection_is_said_of_deletes() -> None:
    protected = applied(config_map())
    protected["metadata"]["labels"]["resourcetemplate.karmada.io/deletion-protected"] = "Always"
    assert compare(None, protected, CONTEXT).is_protected
    assert not compare(None, applied(config_map()), CONTEXT).is_protected
    space = {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "shop"}}
    recorded = frozenset({ObjectKey("", "Namespace", "", "shop")})
    assert compare(None, applied(space), replace(CONTEXT, recorded=recorded)).is_protected


def retain_a(desired: dict[str, Any], observed: dict[str, Any]) -> dict[str, Any]:
    return {**desired, "data": {**desired["data"], "a": observed["data"]["a"]}}


def test_a_retained_field_is_sent_as_observed() -> None:
    context = replace(CONTEXT, retain=retain_a)
    observed = applied(config_map(a="1", b="1"))
    observed["data"]["a"] = "7"
    assert compare(a_work(config_map(a="1", b="1")), observed, context).action is Action.UNCHANGED
    change = compare(a_work(config_map(a="1", b="2")), observed, context)
    assert [edit.path for edit in change.edits] == ["data.b"]
    assert orjson.loads(change.payload)["data"] == {"a": "7", "b": "2"}


def test_a_retained_field_of_another_manager_is_not_sent() -> None:
    context = replace(CONTEXT, retain=retain_a)
    observed = applied(config_map(a="1", b="1"))
    observed["data"]["a"] = "7"
    managed = observed["metadata"]["managedFields"]
    del managed[0]["fieldsV1"]["f:data"]["f:a"]
    managed.append(entry("them", {"f:data": {"f:a": {}}}))
    change = compare(a_work(config_map(a="1", b="2")), observed, context)
    assert orjson.loads(change.payload)["data"] == {"b": "2"}


def test_retention_that_fails_is_a_conflict_without_secrets() -> None:
    def broken(_desired: dict[str, Any], _observed: dict[str, Any]) -> dict[str, Any]:
        raise InterpretError("script failed")

    change = compare(a_work(config_map()), applied(config_map()), replace(CONTEXT, retain=broken))
    assert (change.action, "script failed" in change.reason) == (Action.CONFLICT, True)


@pytest.mark.parametrize("where", ["kind", "name", "label"])
def test_retention_may_not_change_what_the_object_is(where: str) -> None:
    def renamed(desired: dict[str, Any], _observed: dict[str, Any]) -> dict[str, Any]:
        if where == "kind":
            return {**desired, "kind": "Secret"}
        metadata = {**desired["metadata"]}
        if where == "name":
            metadata["name"] = "other"
        else:
            metadata["labels"] = {}
        return {**desired, "metadata": metadata}

    change = compare(a_work(config_map()), applied(config_map()), replace(CONTEXT, retain=renamed))
    assert change.action is Action.CONFLICT


@pytest.mark.parametrize(
    ("rule", "action"),
    [
        (IgnoreRule(kind="ConfigMap", paths=("/data/a",)), Action.UNCHANGED),
        (IgnoreRule(kind="*", name="settings", paths=("/data",)), Action.UNCHANGED),
        (IgnoreRule(kind="Secret", paths=("/data/a",)), Action.UPDATE),
        (IgnoreRule(kind="*", namespace="other", paths=("/data/a",)), Action.UPDATE),
        (IgnoreRule(kind="*", managers=("them",)), Action.UNCHANGED),
        (IgnoreRule(kind="*", managers=("others",)), Action.UPDATE),
        (IgnoreRule(kind="*", paths=("data/a", "", "/nowhere/0/x")), Action.UPDATE),
    ],
)
def test_ignored_differences_are_left_alone(rule: IgnoreRule, action: Action) -> None:
    observed = applied(config_map(a="1"))
    observed["data"]["a"] = "theirs"
    observed["metadata"]["managedFields"].append(entry("them", {"f:data": {"f:a": {}}}))
    context = replace(CONTEXT, ignore_differences=(rule,))
    assert compare(a_work(config_map(a="1")), observed, context).action is action


def test_the_identity_cannot_be_ignored() -> None:
    rule = IgnoreRule(paths=("/metadata/name", "/kind", "/apiVersion"))
    observed = applied(config_map(a="2"))
    context = replace(CONTEXT, ignore_differences=(rule,))
    change = compare(a_work(config_map()), observed, context)
    assert orjson.loads(change.payload)["metadata"]["name"] == "settings"


def test_a_preserved_object_loses_our_marks_only() -> None:
    observed = applied(config_map())
    observed["metadata"]["labels"]["team"] = "blue"
    observed["metadata"]["annotations"]["work.karmada.io/name"] = "w"
    context = replace(CONTEXT, preserved=frozenset({KEY}))
    change = compare(None, observed, context)
    assert change.action is Action.UPDATE
    assert orjson.loads(change.payload) == {
        "metadata": {
            "labels": {"karmada.io/managed": None},
            "annotations": {"fleet-reconciler.io/fleet": None, "work.karmada.io/name": None},
            "resourceVersion": "7",
        }
    }


def test_server_fields_and_nulls_are_never_sent() -> None:
    manifest = config_map()
    manifest["metadata"] |= {
        "uid": "x",
        "resourceVersion": "1",
        "managedFields": [],
        "creationTimestamp": None,
    }
    manifest |= {"status": {"a": 1}, "binaryData": None}
    sent = orjson.loads(compare(a_work(manifest), None, CONTEXT).payload)
    assert set(sent) == {"apiVersion", "kind", "metadata", "data"}
    assert set(sent["metadata"]) == {"name", "namespace", "labels", "annotations"}


def test_the_inputs_are_left_as_they_are() -> None:
    observed = applied(config_map(a="1"))
    before = orjson.dumps(observed)
    compare(a_work(config_map(a="2")), observed, replace(CONTEXT, retain=retain_a))
    assert orjson.dumps(observed) == before


@pytest.mark.parametrize("owner", ["karmada", "nobody", "ours"])
def test_only_an_object_of_ours_is_deleted_to_be_made_anew(owner: str) -> None:
    wanted = role()
    wanted["metadata"]["annotations"] = {"fleet-reconciler.io/recreate": "true"}
    wanted |= {"kind": "RoleBinding", "roleRef": {"name": "new"}}
    observed = applied({**wanted, "roleRef": {"name": "old"}})
    if owner != "ours":
        observed["metadata"]["annotations"] = {}
    if owner == "nobody":
        observed["metadata"]["labels"] = {}
    change = compare(
        a_work(wanted, conflict="overwrite"), observed, replace(CONTEXT, adopt="karmada")
    )
    expected = {"karmada": Action.ADOPT, "nobody": Action.UPDATE, "ours": Action.RECREATE}
    assert change.action is expected[owner]
