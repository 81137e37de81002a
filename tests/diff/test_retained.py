"""Retention inside lists, and the fields that are left to their owner."""

from __future__ import annotations

from typing import Any

import pytest

from reconciler.diff.immutable import is_immutable
from reconciler.diff.retained import at, replaced, retained, without
from reconciler.diff.steps import Item, Member, Path
from reconciler.diff.walk import ABSENT
from tests.diff.builders import entry

ONE: Path = ("items", Item(("name",), ("a",)), "v")
VALUE: dict[str, Any] = {"items": [{"name": "a", "v": 1}, {"name": "b", "v": 2}], "set": ["x", "y"]}


def test_paths_lead_into_keyed_lists_sets_and_positions() -> None:
    assert at(VALUE, ONE) == 1
    assert at(VALUE, ("items", 1, "v")) == at(VALUE, ("items", "1", "v")) == 2
    assert at(VALUE, ("set", Member("y"))) == "y"
    for path in (
        ("items", Item(("name",), ("z",))),
        ("items", 7),
        ("set", Member("z")),
        ("a", "b"),
    ):
        assert at(VALUE, path) is ABSENT
    assert at(VALUE, ("items", "x")) is ABSENT


def test_a_path_is_replaced_or_taken_out_of_a_copy() -> None:
    assert replaced(VALUE, ONE, 9)["items"][0] == {"name": "a", "v": 9}
    assert without(VALUE, ONE)["items"][0] == {"name": "a"}
    assert without(VALUE, ("items", Item(("name",), ("b",))))["items"] == [{"name": "a", "v": 1}]
    assert without(VALUE, ("set", Member("x")))["set"] == ["y"]
    assert without(VALUE, ("nowhere", "x")) == VALUE
    assert replaced(VALUE, ("items", 9, "v"), 1) == VALUE
    assert replaced(3, ("x",), 1) == 3
    assert VALUE["items"][0] == {"name": "a", "v": 1}


def test_items_that_another_manager_added_are_wanted_and_not_sent() -> None:
    before = {"secrets": [{"name": "ours"}]}
    after = {"secrets": [{"name": "ours"}, {"name": "token-1"}, {"name": "nobody"}]}
    theirs = entry("controller", {"f:secrets": {'k:{"name":"token-1"}': {".": {}, "f:name": {}}}})
    observed = {"metadata": {"managedFields": [theirs]}}
    found = retained(before, after, observed, is_built_in=True)
    assert found.wanted == after
    assert found.payload == {"secrets": [{"name": "ours"}, {"name": "nobody"}]}


@pytest.mark.parametrize(
    ("kind", "path", "expected"),
    [
        (("", "Pod"), ("spec", "containers", Item(("name",), ("a",)), "image"), False),
        (("", "Pod"), ("spec", "containers", Item(("name",), ("a",)), "args"), True),
        (("", "Pod"), ("metadata", "labels", "a"), False),
        (("apps", "Deployment"), ("spec", "selector", "matchLabels", "a"), True),
        (("apps", "Deployment"), ("spec", "replicas"), False),
        (("batch", "Job"), ("spec", "template", "spec", "containers"), True),
        (("", "Service"), ("spec", "clusterIP"), True),
        (("", "PersistentVolumeClaim"), ("spec", "resources", "requests", "storage"), False),
        (("example.io", "Thing"), ("spec", "selector"), False),
    ],
)
def test_what_a_server_would_refuse_to_change(
    kind: tuple[str, str], path: Path, expected: bool
) -> None:
    assert is_immutable(*kind, path, {}) is expected
