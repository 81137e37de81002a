"""The order of changes, what is said once, renames, and the plan's digest."""

from __future__ import annotations

from typing import Any

import pytest

from reconciler.model.change import Action, Change
from reconciler.plan import waves
from reconciler.plan.grouping import groups, sections
from reconciler.plan.order import WAVES, wave_name, wave_of
from tests.plan.builders import a_change, a_delete, a_key, a_plan, an_edit

KINDS = ["ValidatingWebhookConfiguration", "Widget", "Deployment", "Service", "Secret", "Namespace"]


def test_namespaces_open_and_webhooks_close() -> None:
    plan = a_plan(*(a_change(Action.CREATE, key=a_key(kind)) for kind in KINDS))
    assert [one.key.kind for one in plan.changes] == [
        "Namespace",
        "Secret",
        "Service",
        "Deployment",
        "Widget",
        "ValidatingWebhookConfiguration",
    ]


def test_deletes_run_last_and_backwards() -> None:
    plan = a_plan(*(a_delete(key=a_key(kind, "old")) for kind in KINDS), a_change(Action.UPDATE))
    kinds = [one.key.kind for one in plan.changes]
    assert kinds[:2] == ["Deployment", "ValidatingWebhookConfiguration"]
    assert kinds[-1] == "Namespace"


def test_a_held_delete_stands_where_it_would_run() -> None:
    held = a_delete(key=a_key("Namespace", "shop", ""), is_protected=True)
    plan = a_plan(held, a_delete(key=a_key("Deployment", "old")))
    assert [one.action for one in plan.changes] == [Action.DELETE, Action.HOLD]


def test_a_wave_holds_what_may_run_together() -> None:
    changes = [a_change(Action.CREATE, name, a_key(kind)) for name in "ab" for kind in KINDS]
    found = waves(changes)
    assert sum(map(len, found)) == len(changes)
    assert [len({wave_of(one) for one in wave}) for wave in found] == [1] * len(found)
    assert {one.cluster for one in found[0]} == {"a", "b"}


def test_every_wave_has_a_name_of_its_own() -> None:
    names = [wave_name(number) for number in range(2 * len(WAVES))]
    assert len(set(names)) == len(names)
    assert sum(not wave.kinds for wave in WAVES) == 1


def bump(cluster: str, after: str = "2") -> Change:
    return a_change(Action.UPDATE, cluster, edits=(an_edit("spec.image", "1", after),))


def test_the_same_change_on_many_clusters_is_one_group() -> None:
    (group,) = groups([bump("b"), bump("a"), bump("c")])
    assert group.clusters == ("a", "b", "c")


def test_another_value_is_another_group() -> None:
    assert [one.clusters for one in groups([bump("a"), bump("b", "3"), bump("c")])] == [
        ("a", "c"),
        ("b",),
    ]


@pytest.mark.parametrize("field", ["reason", "api_version", "is_protected"])
def test_a_group_shares_everything_that_is_shown(field: str) -> None:
    fields: dict[str, Any] = {field: True if field == "is_protected" else "another"}
    assert len(groups([a_delete("a"), a_delete("b", **fields)])) == 2


def test_objects_that_change_on_the_same_clusters_are_one_section() -> None:
    other = a_key("ConfigMap", "settings")
    changes = [bump("a"), bump("b"), bump("c", "3")]
    changes += [a_change(Action.CREATE, name, other) for name in ("a", "b")]
    found = sections(changes)
    assert [one.clusters for one in found] == [("a", "b"), ("c",)]
    assert [len(one.groups) for one in found] == [2, 1]


def test_what_all_clusters_share_is_said_once_beside_what_differs() -> None:
    bumped = an_edit("spec.image", "1", "2")
    changes = [
        a_change(Action.UPDATE, name, edits=(bumped, an_edit("spec.replicas", 1, count)))
        for name, count in (("a", 2), ("b", 3), ("c", 3))
    ]
    found = sections([*changes, a_change(Action.UPDATE, "d", edits=(bumped,))])
    assert [(one.clusters, [edit.after for edit in one.groups[0].edits]) for one in found] == [
        (("a", "b", "c", "d"), ["2"]),
        (("b", "c"), [3]),
        (("a",), [2]),
    ]


OLD, NEW = a_key("ConfigMap", "old"), a_key("ConfigMap", "new")


def body(**data: str) -> dict[str, object]:
    metadata = {"name": "old", "uid": "1", "labels": {"karmada.io/managed": "true"}}
    return {"apiVersion": "v1", "kind": "ConfigMap", "metadata": metadata, "data": data}


def test_the_same_content_under_another_name_is_a_rename() -> None:
    plan = a_plan(
        *(a_delete(cluster, OLD) for cluster in "ba"),
        *(a_change(Action.CREATE, cluster, NEW, content={"data": {"k": "v"}}) for cluster in "ba"),
        removed={("a", OLD): body(k="v"), ("b", OLD): body(k="v")},
    )
    (rename,) = plan.renames
    assert (rename.before, rename.after, rename.clusters) == (OLD, NEW, ("a", "b"))
    assert plan.count(Action.DELETE) == 2


def test_other_content_is_no_rename() -> None:
    created = a_change(Action.CREATE, "a", NEW, content={"data": {"k": "other"}})
    assert not a_plan(a_delete("a", OLD), created, removed={("a", OLD): body(k="v")}).renames


def test_two_of_the_same_content_are_not_guessed_at() -> None:
    second = a_key("ConfigMap", "new-2")
    creates = [
        a_change(Action.CREATE, "a", key, content={"data": {"k": "v"}}) for key in (NEW, second)
    ]
    assert not a_plan(a_delete("a", OLD), *creates, removed={("a", OLD): body(k="v")}).renames


def test_the_digest_says_what_will_be_done_and_nothing_else() -> None:
    changes = [bump("a"), bump("b"), a_delete("c")]
    shuffled = changes[::-1]
    digest = a_plan(*changes).digest
    assert a_plan(*shuffled).digest == digest
    assert a_plan(*changes, a_change(Action.UNCHANGED, "z")).digest == digest
    assert a_plan(*changes[:2]).digest != digest
    assert a_plan(bump("a"), bump("b"), a_delete("d")).digest != digest
    content = a_change(Action.UPDATE, "a", content={"data": {}})
    assert a_plan(content, bump("b"), a_delete("c")).digest != digest


def test_unchanged_objects_are_counted_only() -> None:
    plan = a_plan(a_change(Action.UNCHANGED), a_change(Action.CREATE, "b"), unchanged=5)
    assert plan.unchanged == 6
    assert [one.action for one in plan.changes] == [Action.CREATE]
