"""Contract: custom resources, from definition to cascade."""

from __future__ import annotations

import itertools
import time
from collections.abc import Mapping
from typing import Any

import pytest

from tests.members.contract import STRATEGIC, Server, reason

_GROUPS = itertools.count(1)
_SPEC = {
    "type": "object",
    "required": ["size"],
    "properties": {
        "size": {"type": "integer", "minimum": 0},
        "mode": {"type": "string", "default": "fast", "enum": ["fast", "slow"]},
        "free": {"type": "object", "x-kubernetes-preserve-unknown-fields": True},
        "port": {"x-kubernetes-int-or-string": True},
        "parts": {
            "type": "array",
            "x-kubernetes-list-type": "map",
            "x-kubernetes-list-map-keys": ["name"],
            "items": {
                "type": "object",
                "required": ["name"],
                "properties": {"name": {"type": "string"}, "n": {"type": "integer"}},
            },
        },
    },
}
_SCHEMA = {
    "type": "object",
    "properties": {
        "spec": _SPEC,
        "status": {"type": "object", "properties": {"ready": {"type": "integer"}}},
    },
}


def definition(group: str) -> dict[str, Any]:
    scale = {"specReplicasPath": ".spec.size", "statusReplicasPath": ".status.ready"}
    version = {
        "name": "v1",
        "served": True,
        "storage": True,
        "schema": {"openAPIV3Schema": _SCHEMA},
        "subresources": {"status": {}, "scale": scale},
    }
    return {
        "apiVersion": "apiextensions.k8s.io/v1",
        "kind": "CustomResourceDefinition",
        "metadata": {"name": f"widgets.{group}"},
        "spec": {
            "group": group,
            "scope": "Namespaced",
            "names": {"plural": "widgets", "kind": "Widget", "shortNames": ["wd"]},
            "versions": [version],
        },
    }


_DEFINITIONS = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions"


@pytest.fixture
def group(server: Server) -> str:
    """A group of its own with widgets, served."""
    name = f"g{next(_GROUPS)}.example.io"
    code, _ = server.post(_DEFINITIONS, definition(name))
    assert code == 201
    for _ in range(100):
        code, body = server.get(f"/apis/{name}/v1")
        if code == 200 and isinstance(body, dict):
            return name
        time.sleep(0.1)
    raise AssertionError("the definition was not served in time")


@pytest.fixture
def path(server: Server, group: str) -> str:
    return f"/apis/{group}/v1/namespaces/{server.namespace()}/widgets"


def widget(path: str, name: str = "w", **spec: Any) -> dict[str, Any]:
    return {
        "apiVersion": f"{path.split('/')[2]}/v1",
        "kind": "Widget",
        "metadata": {"name": name},
        "spec": {"size": 1, **spec},
    }


def conditions(manifest: Mapping[str, Any]) -> dict[str, str]:
    return {one["type"]: one["status"] for one in manifest["status"]["conditions"]}


def test_a_definition_is_established(server: Server, group: str) -> None:
    _, body = server.get(f"{_DEFINITIONS}/widgets.{group}")
    assert conditions(body) == {"NamesAccepted": "True", "Established": "True"}
    assert body["spec"]["names"]["singular"] == "widget"
    assert body["status"]["storedVersions"] == ["v1"]


def test_a_definition_with_another_name_is_invalid(server: Server) -> None:
    manifest = definition("x.example.io")
    manifest["metadata"]["name"] = "wrong.example.io"
    code, body = server.post(_DEFINITIONS, manifest)
    assert (code, reason(body)) == (422, "Invalid")


def test_custom_resources_are_discovered(server: Server, group: str) -> None:
    _, body = server.get(f"/apis/{group}/v1")
    rows = {row["name"]: row for row in body["resources"]}
    assert rows["widgets"]["shortNames"] == ["wd"]
    assert {"widgets/status", "widgets/scale"} <= rows.keys()


def test_defaults_are_filled_and_unknown_fields_dropped(server: Server, path: str) -> None:
    code, body = server.post(path, widget(path, unknown=1, free={"x": {"y": 1}}, port="http"))
    assert code == 201
    expected = {"size": 1, "mode": "fast", "free": {"x": {"y": 1}}, "port": "http"}
    assert body["spec"] == expected
    assert body["metadata"]["generation"] == 1


@pytest.mark.parametrize(
    ("spec", "field"),
    [
        ({"size": -1}, "spec.size"),
        ({"mode": "odd"}, "spec.mode"),
        ({"size": "one"}, "spec.size"),
        ({"parts": [{"n": 1}]}, "spec.parts.name"),
    ],
)
def test_the_schema_is_enforced(
    server: Server, path: str, spec: dict[str, Any], field: str
) -> None:
    code, body = server.post(path, widget(path, **spec))
    assert (code, reason(body)) == (422, "Invalid")
    # Old servers leave positions out of the path.
    fields = {cause["field"].replace("[0]", "") for cause in body["details"]["causes"]}
    assert field in fields


def test_a_put_needs_a_version(server: Server, path: str) -> None:
    server.post(path, widget(path))
    code, body = server.put(f"{path}/w", widget(path, size=2))
    assert (code, reason(body)) == (422, "Invalid")


def test_generations_count_everything_but_metadata_and_status(server: Server, path: str) -> None:
    server.post(path, widget(path))
    _, body = server.patch(f"{path}/w", {"spec": {"size": 2}})
    assert body["metadata"]["generation"] == 2
    _, body = server.patch(f"{path}/w/status", {"status": {"ready": 2}, "spec": {"size": 9}})
    assert (body["metadata"]["generation"], body["spec"]["size"]) == (2, 2)
    assert body["status"] == {"ready": 2}


def test_scale_follows_the_declared_paths(server: Server, path: str) -> None:
    server.post(path, widget(path, size=3))
    _, scale = server.get(f"{path}/w/scale")
    assert scale["spec"]["replicas"] == 3
    server.patch(f"{path}/w/scale", {"spec": {"replicas": 5}})
    assert server.get(f"{path}/w")[1]["spec"]["size"] == 5


def test_strategic_patch_is_not_for_custom_resources(server: Server, path: str) -> None:
    server.post(path, widget(path))
    code, body = server.patch(f"{path}/w", {"spec": {"size": 2}}, STRATEGIC)
    assert (code, reason(body)) == (415, "UnsupportedMediaType")


def test_list_maps_of_the_schema_have_owners_by_item(server: Server, path: str) -> None:
    server.apply(f"{path}/w", widget(path, parts=[{"name": "p"}]), "a")
    code, body = server.apply(f"{path}/w", widget(path, parts=[{"name": "q"}]), "b")
    if server.minor < 21:  # lists of custom resources are atoms there
        assert (code, reason(body)) == (409, "Conflict")
    else:
        assert [part["name"] for part in body["spec"]["parts"]] == ["p", "q"]


def test_deleting_a_definition_deletes_its_objects(server: Server, path: str, group: str) -> None:
    server.post(path, widget(path))
    code, _ = server.delete(f"{_DEFINITIONS}/widgets.{group}")
    assert code == 200
    for _ in range(100):
        if server.get(f"{_DEFINITIONS}/widgets.{group}")[0] == 404:
            break
        time.sleep(0.1)
    assert server.get(f"{_DEFINITIONS}/widgets.{group}")[0] == 404
    for _ in range(100):
        code, _ = server.get(f"{path}/w")
        if code == 404:
            break
        time.sleep(0.1)
    assert code == 404
