"""Contract: what clients get wrong, and the code and reason they are told."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from tests.members.contract import (
    JSON_PATCH,
    MERGE,
    Server,
    config_map,
    deployment,
    reason,
)

MAPS = "/api/v1/namespaces/{}/configmaps"
Call = Callable[[Server, str], tuple[int, Any]]
OPERATION = {"op": "replace", "path": "/metadata/name", "value": "other"}
TYPE = {"op": "replace", "path": "/data/k", "value": 1}

CASES: dict[str, tuple[Call, int, str | None]] = {
    "a list at a version to come": (
        lambda server, path: server.get(path, resourceVersion="99999999"),
        504,
        "Timeout",
    ),
    "a create below a name": (
        lambda server, path: server.post(f"{path}/x", config_map("x")),
        405,
        "MethodNotAllowed",
    ),
    "a put to a collection": (
        lambda server, path: server.put(path, config_map("x")),
        405,
        "MethodNotAllowed",
    ),
    "a patch of a collection": (
        lambda server, path: server.patch(path, {}),
        405,
        "MethodNotAllowed",
    ),
    "deleting all namespaces": (
        lambda server, _: server.delete("/api/v1/namespaces"),
        405,
        "MethodNotAllowed",
    ),
    "deleting in all namespaces": (
        lambda server, _: server.delete("/api/v1/configmaps"),
        405,
        "MethodNotAllowed",
    ),
    "a cluster's kind in a namespace": (
        lambda server, _: server.get("/api/v1/namespaces/default/nodes"),
        404,
        "NotFound",
    ),
    "an empty body": (lambda server, path: server.post(path, ""), 400, "BadRequest"),
    "a list as body": (lambda server, path: server.post(path, []), 400, "BadRequest"),
    "a body of plain text": (
        lambda server, path: server.call("POST", path, "{}", media="text/plain"),
        415,
        "UnsupportedMediaType",
    ),
    "another dry run": (
        lambda server, path: server.post(path, config_map("q"), dryRun="Some"),
        422,
        "Invalid",
    ),
    "force without apply": (
        lambda server, path: server.patch(f"{path}/a", {"data": {}}, MERGE, force="true"),
        422,
        "Invalid",
    ),
    "applying another kind": (
        lambda server, path: server.apply(f"{path}/a", deployment("a"), "m"),
        400,
        "BadRequest",
    ),
    "applying another namespace": (
        lambda server, path: server.apply(f"{path}/z", config_map("z", namespace="other"), "m"),
        400,
        "BadRequest",
    ),
    "applying a field the type lacks": (
        lambda server, path: server.apply(f"{path}/z", {**config_map("z"), "dat": {}}, "m"),
        500,
        None,
    ),
    "a merge patch that is a list": (
        lambda server, path: server.patch(f"{path}/a", [1], MERGE),
        422,
        "Invalid",
    ),
    "an unknown operation": (
        lambda server, path: server.patch(f"{path}/a", [{"op": "x", "path": "/a"}], JSON_PATCH),
        422,
        "Invalid",
    ),
    "a patch of the name": (
        lambda server, path: server.patch(f"{path}/a", [OPERATION], JSON_PATCH),
        400,
        "BadRequest",
    ),
    "a patch to a wrong type": (
        lambda server, path: server.patch(f"{path}/a", [TYPE], JSON_PATCH),
        422,
        "Invalid",
    ),
    "a patch of the kind": (
        lambda server, path: server.patch(f"{path}/a", {"kind": "Secret"}),
        422,
        "Invalid",
    ),
    "a patch of the namespace": (
        lambda server, path: server.patch(f"{path}/a", {"metadata": {"namespace": "other"}}),
        400,
        "BadRequest",
    ),
    "a patch of the uid": (
        lambda server, path: server.patch(f"{path}/a", {"metadata": {"uid": "other"}}),
        422,
        "Invalid",
    ),
    "another propagation": (
        lambda server, path: server.delete(f"{path}/a", propagationPolicy="Other"),
        422,
        "Invalid",
    ),
    "the scale of what has none": (
        lambda server, path: server.get(f"{path}/a/scale"),
        404,
        "NotFound",
    ),
    "a version a group lacks": (
        lambda server, _: server.get("/apis/apps/v9/things"),
        404,
        "NotFound",
    ),
    "deleting kube-system": (
        lambda server, _: server.delete("/api/v1/namespaces/kube-system"),
        403,
        "Forbidden",
    ),
}


@pytest.mark.parametrize("name", CASES)
def test_a_mistake_is_told_as_it_is(server: Server, name: str) -> None:
    call, code, expected = CASES[name]
    path = MAPS.format(server.namespace())
    assert server.post(path, config_map("a"))[0] == 201
    answered, body = call(server, path)
    assert (answered, reason(body)) == (code, expected)
