"""The defaulting tables: fixed points of what servers stored, and agreement with a real one."""

from __future__ import annotations

import copy
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from reconciler.parse.defaults import DEFAULTS, NEWEST, with_defaults
from tests.conformance.runner import vectors
from tests.parse.defaulted import compared, group_and_kind, title, written_manifests
from tests.realcluster import RealApiServer

VECTORS = Path(__file__).parents[1] / "vectors" / "karmada"
WRITTEN = tuple(written_manifests())
MINORS = (20, 24, 28, NEWEST)
#: A server refuses versions it does not know; enough manifests are of versions that all serve.
COMPARED_AT_LEAST = 40


def test_every_kind_of_the_tables_has_a_manifest() -> None:
    betas = {("extensions", "Ingress")}  # the same function, served until 1.21
    assert set(DEFAULTS) - betas <= {group_and_kind(body) for body in WRITTEN}


@pytest.mark.parametrize("body", WRITTEN, ids=title)
def test_defaulting_leaves_its_input_alone_and_is_done_at_once(body: dict[str, Any]) -> None:
    before = copy.deepcopy(body)
    for minor in MINORS:
        once = with_defaults(body, minor)
        assert body == before
        assert with_defaults(once, minor) == once


@pytest.mark.parametrize("body", WRITTEN, ids=title)
def test_every_field_that_was_written_survives(body: dict[str, Any]) -> None:
    done = with_defaults(body)
    assert set(body) - {"stringData"} <= set(done)
    assert set(body.get("spec") or {}) <= set(done.get("spec") or {})


def test_templates_of_live_fleets_are_fixed_points() -> None:
    templates = [
        template
        for _, line in vectors(VECTORS / "pipeline.jsonl.gz")
        for template in line["in"]["templates"]
    ]
    assert templates
    assert [one for one in templates if with_defaults(one) != one] == []


@pytest.mark.parametrize("minor", [20, 36])
def test_what_a_server_of_the_version_stored_is_a_fixed_point(minor: int) -> None:
    stored = [
        body
        for _, line in vectors(VECTORS / f"members-1.{minor}.jsonl.gz")
        for body in _objects(line["response"].get("body"))
    ]
    assert any(group_and_kind(body) in DEFAULTS for body in stored)
    assert [body for body in stored if with_defaults(body, minor) != body] == []


@pytest.mark.parametrize("minor", [20, 36])
def test_what_was_created_is_what_was_sent_with_its_defaults(minor: int) -> None:
    created = [
        (line["request"]["body"], line["response"]["body"])
        for _, line in vectors(VECTORS / f"members-1.{minor}.jsonl.gz")
        if line["request"]["method"] == "POST"
        and line["response"]["status"] == 201
        # The server drops fields it does not know; the tables leave them to its schemas.
        and not line["name"].startswith("unknown field")
        and group_and_kind(line["request"]["body"]) in DEFAULTS
    ]
    assert created
    for sent, stored in created:
        assert compared(with_defaults(sent, minor)) == compared(stored)


def _objects(body: Any) -> Iterator[dict[str, Any]]:
    if not isinstance(body, dict) or "kind" not in body:
        return
    if "items" in body:
        common = {"apiVersion": body["apiVersion"], "kind": body["kind"].removesuffix("List")}
        yield from ({**common, **item} for item in body["items"])
    elif "metadata" in body:
        yield body


NAMES = (
    "spec",
    "template",
    "metadata",
    "labels",
    "containers",
    "volumes",
    "ports",
    "resources",
    "limits",
    "requests",
    "strategy",
    "rollingUpdate",
    "type",
    "jobTemplate",
    "volumeClaimTemplates",
    "metrics",
    "target",
    "webhooks",
    "clientConfig",
    "service",
    "data",
    "stringData",
    "subjects",
    "hostNetwork",
    "image",
    "env",
    "valueFrom",
    "selector",
    "max",
    "min",
    "default",
    "livenessProbe",
    "httpGet",
)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-5, 5) | st.text(max_size=3),
    lambda inner: (
        st.lists(inner, max_size=2) | st.dictionaries(st.sampled_from(NAMES), inner, max_size=4)
    ),
    max_leaves=12,
)


@example(("", "Service"), {"type": []}, NEWEST)
@example(("", "LimitRange"), {"limits": [{"type": "Container", "max": 5}]}, NEWEST)
@given(st.sampled_from(sorted(DEFAULTS)), JSON, st.sampled_from(MINORS))
def test_no_shape_breaks_the_tables(kind: tuple[str, str], spec: Any, minor: int) -> None:
    group, name = kind
    body = {"apiVersion": f"{group}/v1" if group else "v1", "kind": name, "spec": spec}
    once = with_defaults(body, minor)
    assert with_defaults(once, minor) == once
    json.dumps(once)


@pytest.mark.cluster
def test_a_real_server_fills_in_the_same(real_api_server: RealApiServer) -> None:
    minor = int(real_api_server.version.partition(".")[2])
    served = [(body, path) for body in WRITTEN if (path := _path(real_api_server, body))]
    assert len(served) >= COMPARED_AT_LEAST
    for body, path in served:
        code, answer = real_api_server.request("POST", f"{path}?dryRun=All", body)
        assert code == 201, (title(body), answer)
        assert compared(with_defaults(body, minor)) == compared(answer), title(body)


def _path(server: RealApiServer, body: dict[str, Any]) -> str | None:
    """Where objects of the body's kind are created; None where the server does not know it."""
    version = body["apiVersion"]
    base = f"/apis/{version}" if "/" in version else f"/api/{version}"
    code, found = server.request("GET", base)
    resources = found["resources"] if code == 200 else []
    for resource in resources:
        if resource["kind"] == body["kind"] and "/" not in resource["name"]:
            inside = "/namespaces/default" if resource["namespaced"] else ""
            return f"{base}{inside}/{resource['name']}"
    return None
