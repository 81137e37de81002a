"""The table of overriders: order, budgets, identity."""

from __future__ import annotations

from typing import Any

import pytest

from reconciler.overriders import OVERRIDERS, OverrideFailed, apply, decode_overriders
from reconciler.overriders.patch import MAX_OPERATIONS
from reconciler.overriders.table import MAX_RESULT_BYTES

ONE_OF_EACH: dict[str, Any] = {
    "plaintext": [{"operator": "add", "path": "/x", "value": 1}],
    "fieldOverrider": [{"fieldPath": "/x", "json": []}],
    "annotationsOverrider": [{"operator": "add", "value": {}}],
    "labelsOverrider": [{"operator": "add", "value": {}}],
    "argsOverrider": [{"containerName": "c", "operator": "add", "value": []}],
    "commandOverrider": [{"containerName": "c", "operator": "add", "value": []}],
    "imageOverrider": [{"component": "Tag", "operator": "remove"}],
}


def test_overriders_apply_in_karmadas_order_however_they_are_written() -> None:
    assert [use.field for use in decode_overriders(ONE_OF_EACH)] == [
        "imageOverrider",
        "commandOverrider",
        "argsOverrider",
        "labelsOverrider",
        "annotationsOverrider",
        "fieldOverrider",
        "plaintext",
    ]
    assert {one.field for one in OVERRIDERS} == set(ONE_OF_EACH)


def test_nothing_to_do_gives_the_same_body() -> None:
    body: dict[str, Any] = {"kind": "Pod"}
    assert apply(body, decode_overriders({}))[0] is body


def plain(*operations: tuple[str, str, Any]) -> Any:
    elements = [{"operator": op, "path": path, "value": value} for op, path, value in operations]
    return decode_overriders({"plaintext": elements})


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("/kind", "Pod"),
        ("/apiVersion", "batch/v1"),
        ("/metadata/name", "other"),
        ("/metadata/namespace", "other"),
        ("/metadata", {"name": "other"}),
        ("", {}),
        ("", []),
    ],
)
def test_the_object_stays_itself(path: str, value: Any) -> None:
    body = {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {"name": "web", "namespace": "shop"},
    }
    with pytest.raises(OverrideFailed, match="identity"):
        apply(body, plain(("replace", path, value)))


def test_the_version_of_an_api_may_differ_by_cluster() -> None:
    body = {"apiVersion": "networking.k8s.io/v1beta1", "kind": "Ingress", "metadata": {"name": "a"}}
    result, _ = apply(body, plain(("replace", "/apiVersion", "networking.k8s.io/v1")))
    assert result["apiVersion"] == "networking.k8s.io/v1"


def test_a_flood_of_operations_is_refused() -> None:
    flood = plain(*[("add", "/list/0", 1)] * (MAX_OPERATIONS + 1))
    with pytest.raises(OverrideFailed, match="operations"):
        apply({"list": []}, flood)


def test_an_object_too_large_for_any_server_is_refused() -> None:
    half = "x" * (MAX_RESULT_BYTES // 2)
    with pytest.raises(OverrideFailed, match="larger"):
        apply({}, plain(("add", "/a", half), ("add", "/b", half)))


def test_a_value_that_json_cannot_express_is_refused() -> None:
    with pytest.raises(OverrideFailed, match="JSON"):
        apply({}, plain(("add", "/a", 2**70)))


@pytest.mark.parametrize("field", ["imageOverrider", "labelsOverrider", "plaintext"])
def test_an_operator_that_does_not_exist_is_refused(field: str) -> None:
    with pytest.raises(ValueError, match="copy"):
        decode_overriders({field: [ONE_OF_EACH[field][0] | {"operator": "copy"}]})
