"""Two renderings compared offline, namespaces, order."""

from __future__ import annotations

from typing import Any

from reconciler.diff.namespaces import bare_namespaces
from reconciler.diff.order import reordered
from reconciler.diff.works import compare_works
from reconciler.model.change import Action
from tests.diff.builders import config_map
from tests.works import a_work


def deployment(**spec: Any) -> dict[str, Any]:
    return {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {"name": "web", "namespace": "shop", "annotations": spec.pop("marks", {})},
        "spec": {"selector": {"matchLabels": {"app": "web"}}, **spec},
    }


def test_actions_of_an_offline_plan() -> None:
    one, two = a_work(config_map(a="1")), a_work(config_map(a="2"))
    assert compare_works(None, one).action is Action.CREATE
    assert compare_works(one, None).action is Action.DELETE
    assert compare_works(one, one).action is Action.UNCHANGED
    change = compare_works(one, two)
    assert (change.action, [edit.path for edit in change.edits]) == (Action.UPDATE, ["data.a"])


def test_works_that_a_server_takes_for_equal_are_unchanged() -> None:
    old, new = config_map(), config_map()
    new["metadata"]["labels"] = None
    assert compare_works(a_work(old), a_work(new)).action is Action.UNCHANGED


def test_an_immutable_edit_is_marked_and_recreates_only_when_told() -> None:
    old = deployment()
    new = deployment(selector={"matchLabels": {"app": "other"}})
    change = compare_works(a_work(old), a_work(new))
    assert (change.action, [edit.is_immutable for edit in change.edits]) == (Action.UPDATE, [True])
    told = deployment(
        selector={"matchLabels": {"app": "other"}}, marks={"fleet-reconciler.io/recreate": "true"}
    )
    assert compare_works(a_work(old), a_work(told)).action is Action.RECREATE


def test_a_sealed_config_map_is_immutable() -> None:
    old, new = {**config_map(), "immutable": True}, {**config_map(a="2"), "immutable": True}
    assert [edit.is_immutable for edit in compare_works(a_work(old), a_work(new)).edits] == [True]


def test_namespaces_nobody_declares_are_created_bare() -> None:
    declared = {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "shop"}}
    lone = config_map()
    lone["metadata"] = {"name": "settings", "namespace": "lone"}
    works = [a_work(config_map()), a_work(declared), a_work(lone)]
    changes = bare_namespaces("one", works, frozenset())
    assert [change.key.name for change in changes] == ["lone"]
    assert b"labels" not in changes[0].payload
    assert bare_namespaces("one", works, frozenset({"lone"})) == []


def test_lists_are_put_in_order_and_extras_stay_behind() -> None:
    def pod(names: str, variables: str) -> dict[str, Any]:
        env = [{"name": one, "value": "1"} for one in variables]
        return {"spec": {"containers": [{"name": one, "env": env} for one in names]}}

    observed = pod("sab", "xyz")
    put = reordered(pod("ba", "zy"), observed)
    assert [one["name"] for one in put["spec"]["containers"]] == ["b", "a", "s"]
    assert [one["name"] for one in put["spec"]["containers"][0]["env"]] == ["z", "y", "x"]
    assert reordered(pod("ab", "xz"), observed) is observed
