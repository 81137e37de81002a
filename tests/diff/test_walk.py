"""Differences: what counts as one, and at which path."""

from __future__ import annotations

from typing import Any

import pytest

from reconciler.diff.steps import shown
from reconciler.diff.walk import EVERYTHING, differences


def paths(
    desired: dict[str, Any], observed: dict[str, Any], owned: Any = None, *, built_in: bool = True
) -> list[str]:
    found = differences(desired, observed, owned or {}, is_built_in=built_in)
    return [shown(one.path) for one in found]


@pytest.mark.parametrize(
    ("desired", "observed"),
    [
        ({"spec": {"a": {}}}, {"spec": {}}),
        ({"spec": {"a": []}}, {"spec": {}}),
        ({"spec": {"a": None}}, {"spec": {"a": 3}}),
        ({"spec": {"hostNetwork": False}}, {"spec": {}}),
        ({"spec": {"x": 0, "y": ""}}, {"spec": {}}),
        ({"spec": {"a": 1}}, {"spec": {"a": 1, "filled": {"in": True}}}),
        ({"limits": {"cpu": "1000m"}}, {"limits": {"cpu": "1"}}),
        ({"limits": {"cpu": 1}}, {"limits": {"cpu": "1"}}),
        ({"limits": {"memory": "0.5Gi"}}, {"limits": {"memory": "512Mi"}}),
        ({"spec": {"a": 1}}, {"spec": {"a": 1.0}}),
        (
            {"ports": [{"containerPort": 80}]},
            {"ports": [{"containerPort": 80, "protocol": "TCP", "name": ""}]},
        ),
        ({"volumes": [{"name": "a"}]}, {"volumes": [{"name": "b"}, {"name": "a"}]}),
        ({"rules": [{"verbs": ["get"]}]}, {"rules": [{"verbs": ["get"], "scope": "*"}]}),
    ],
)
def test_these_are_equal_to_a_server(desired: dict[str, Any], observed: dict[str, Any]) -> None:
    assert paths(desired, observed) == []


@pytest.mark.parametrize(
    ("desired", "observed", "expected"),
    [
        ({"a": True}, {"a": 1}, ["a"]),
        ({"a": "1"}, {"a": 1}, ["a"]),
        ({"metadata": {"labels": {"v": "1000m"}}}, {"metadata": {"labels": {"v": "1"}}},
         ["metadata.labels.v"]),
        ({"data": {"limits": "1"}}, {"data": {"limits": "1000m"}}, ["data.limits"]),
        ({"volumes": [{"name": "t", "emptyDir": {}}]}, {"volumes": [{"name": "t"}]},
         ["volumes[name=t].emptyDir"]),
        ({"args": ["a", "b"]}, {"args": ["b", "a"]}, ["args[0]", "args[1]"]),
        ({"args": ["a"]}, {"args": ["a", "b"]}, ["args"]),
        ({"rules": [{"a": 1}]}, {"rules": [{"a": 1, "b": 2}]}, ["rules[0].b"]),
        ({"env": [{"name": "A"}, {"name": "B"}]}, {"env": [{"name": "B"}, {"name": "A"}]}, ["env"]),
        ({"ports": [{"containerPort": 1}]},
         {"ports": [{"containerPort": 1, "protocol": "UDP"}]},
         ["ports[containerPort=1,protocol=TCP]"]),
        ({"a": {"b": 1}}, {"a": [1]}, ["a"]),
        ({"metadata": {"labels": {"a/b": "1"}}}, {"metadata": {}}, ["metadata.labels"]),
        ({"metadata": {"labels": {"a/b": "1"}}}, {"metadata": {"labels": {}}},
         ['metadata.labels["a/b"]']),
    ],
)  # fmt: skip
def test_these_differ(
    desired: dict[str, Any], observed: dict[str, Any], expected: list[str]
) -> None:
    assert paths(desired, observed) == expected


def test_an_item_of_a_keyed_list_that_we_own_and_do_not_send_is_dropped() -> None:
    owned: dict[str, Any] = {"f:volumes": {'k:{"name":"a"}': {".": {}, "f:name": {}}}}
    desired: dict[str, Any] = {"volumes": []}
    observed = {"volumes": [{"name": "a"}, {"name": "theirs"}]}
    assert paths(desired, observed, owned) == ["volumes[name=a]"]


def test_a_member_of_a_set_that_we_own_and_do_not_send_is_dropped() -> None:
    owned: dict[str, Any] = {"f:items": {'v:"a"': {}, 'v:"b"': {}}}
    observed = {"items": ["a", "b", "theirs"]}
    assert paths({"items": ["b", "c"]}, observed, owned, built_in=False) == [
        "items[=c]",
        "items[=a]",
    ]


def test_inside_an_atomic_map_extras_count() -> None:
    owned: dict[str, Any] = {"f:selector": {}}
    desired, observed = {"selector": {"a": "1"}}, {"selector": {"a": "1", "b": "2"}}
    assert paths(desired, observed, owned) == ["selector.b"]
    assert paths(desired, observed) == []


def test_a_zero_value_of_a_custom_kind_is_a_value() -> None:
    assert paths({"on": False}, {}, built_in=False) == ["on"]
    assert paths({"on": False}, {}, {"f:on": {}}, built_in=False) == []


def test_shuffled_metrics_are_equal() -> None:
    cpu, memory = {"type": "Resource", "name": "cpu"}, {"type": "Resource", "name": "memory"}
    assert paths({"metrics": [cpu, memory]}, {"metrics": [memory, cpu]}) == []
    other = {"type": "Resource", "name": "disk"}
    assert paths({"metrics": [cpu, memory]}, {"metrics": [memory, other]}) == ["metrics[0].name"]


def test_everything_counts_between_two_works() -> None:
    before = {"spec": {"a": 1, "gone": 2, "parts": [{"name": "x", "v": 1}, {"name": "y"}]}}
    after = {"spec": {"a": 1, "parts": [{"name": "x", "v": 2}]}}
    assert sorted(paths(after, before, EVERYTHING, built_in=False)) == [
        "spec.gone",
        "spec.parts[name=x].v",
        "spec.parts[name=y]",
    ]


def test_deep_nesting_is_told_apart_at_the_bottom() -> None:
    def nested(leaf: int) -> dict[str, Any]:
        value: dict[str, Any] = {"leaf": leaf}
        for _ in range(100):
            value = {"x": value}
        return value

    assert len(paths(nested(1), nested(2))) == 1
