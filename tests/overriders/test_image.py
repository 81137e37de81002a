"""imageOverrider and the grammar of image references."""

from __future__ import annotations

from typing import Any

import pytest

from reconciler.overriders import OverrideFailed, apply, decode_overriders
from reconciler.overriders.image_reference import BadReference, parse_image

DIGEST = "sha256:" + "a" * 64


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("nginx", ("", "nginx", "", "")),
        ("nginx:1.19", ("", "nginx", "1.19", "")),
        ("library/nginx", ("", "library/nginx", "", "")),
        ("gcr.io/a/b:v1", ("gcr.io", "a/b", "v1", "")),
        ("localhost/x", ("localhost", "x", "", "")),
        ("host:5000/x", ("host:5000", "x", "", "")),
        ("[::1]:5000/x", ("[::1]:5000", "x", "", "")),
        (f"nginx@{DIGEST}", ("", "nginx", "", DIGEST)),
        (f"nginx:1@{DIGEST}", ("", "nginx", "1", "")),
        ("a__b/c--d.e_f", ("", "a__b/c--d.e_f", "", "")),
    ],
)
def test_references_come_apart(text: str, parts: tuple[str, ...]) -> None:
    image = parse_image(text)
    assert (image.hostname, image.repository, image.tag, image.digest) == parts
    if "@" not in text or not image.tag:
        assert str(image) == text


@pytest.mark.parametrize(
    "text",
    [
        "",
        "UPPER",
        ":tag",
        "a//b",
        "-a",
        "a___b",
        "nginx:",
        "nginx:-x",
        "nginx@sha256:abc",
        "nginx@md5:" + "a" * 32,
        "nginx@sha256:" + "A" * 64,
        "nginx:1.19\n",
        "a" * 256,
        "a" * 100_000,
        "nginx:" + "t" * 129,
    ],
)
def test_what_is_no_reference(text: str) -> None:
    with pytest.raises(BadReference):
        parse_image(text)


def changed(image: str, **rule: str) -> str:
    body = {"kind": "Pod", "spec": {"containers": [{"name": "a", "image": image}]}}
    result, _ = apply(body, decode_overriders({"imageOverrider": [rule]}))
    return str(result["spec"]["containers"][0]["image"])


@pytest.mark.parametrize(
    ("component", "operator", "value", "image", "expected"),
    [
        ("Registry", "add", ".cn", "gcr.io/a:1", "gcr.io.cn/a:1"),
        ("Registry", "add", "gcr.io", "a:1", "gcr.io/a:1"),
        ("Registry", "replace", "my.reg", "gcr.io/a", "my.reg/a"),
        ("Registry", "remove", "", "gcr.io/a", "a"),
        ("Repository", "add", "-slim", "gcr.io/a:1", "gcr.io/a-slim:1"),
        ("Repository", "replace", "x/y", "gcr.io/a:1", "gcr.io/x/y:1"),
        ("Repository", "remove", "", "gcr.io/a:1", "gcr.io/:1"),
        ("Tag", "add", "-rc", "a:1", "a:1-rc"),
        ("Tag", "add", "2", "a", "a:2"),
        ("Tag", "replace", "2", "a:1", "a:2"),
        ("Tag", "replace", DIGEST, "a:1", f"a@{DIGEST}"),
        ("Tag", "replace", "2", f"a@{DIGEST}", "a:2"),
        ("Tag", "replace", "not/a/tag", "a:1", "a:1"),
        ("Tag", "remove", "", "a:1", "a"),
        ("Tag", "remove", "", f"a@{DIGEST}", "a"),
    ],
)
def test_what_becomes_of_an_image(
    component: str, operator: str, value: str, image: str, expected: str
) -> None:
    assert changed(image, component=component, operator=operator, value=value) == expected


def workload(kind: str) -> dict[str, Any]:
    pod = {"containers": [{"image": "a"}, {"image": "b"}], "initContainers": [{"image": "c"}]}
    return {"kind": kind, "spec": {"template": {"spec": pod}}}


TAG_1 = {"component": "Tag", "operator": "replace", "value": "1"}


@pytest.mark.parametrize("kind", ["ReplicaSet", "Deployment", "DaemonSet", "StatefulSet", "Job"])
def test_all_containers_but_the_init_containers_of_a_workload_change(kind: str) -> None:
    result, patch = apply(workload(kind), decode_overriders({"imageOverrider": [TAG_1]}))
    pod = result["spec"]["template"]["spec"]
    assert [one["image"] for one in pod["containers"]] == ["a:1", "b:1"]
    assert pod["initContainers"] == [{"image": "c"}]
    assert [one["path"] for one in patch] == [
        "/spec/template/spec/containers/0/image",
        "/spec/template/spec/containers/1/image",
    ]


@pytest.mark.parametrize("kind", ["CronJob", "Rollout", "ConfigMap"])
def test_other_kinds_are_left_alone(kind: str) -> None:
    body = workload(kind)
    assert apply(body, decode_overriders({"imageOverrider": [TAG_1]})) == (body, ())


def at_path(path: str) -> dict[str, Any]:
    return {"imageOverrider": [TAG_1 | {"predicate": {"path": path}}]}


def test_a_predicate_reaches_any_kind() -> None:
    body = {"kind": "Rollout", "spec": {"image": "a", "list": [{"image": "b"}]}}
    result, _ = apply(body, decode_overriders(at_path("/spec/list/0/image")))
    assert result["spec"] == {"image": "a", "list": [{"image": "b:1"}]}


@pytest.mark.parametrize(
    "path",
    ["spec/image", "/spec/missing", "/spec/list/9/image", "/spec/list/-1/image", "/spec/list", ""],
)
def test_a_predicate_that_leads_nowhere_fails(path: str) -> None:
    body = {"kind": "Rollout", "spec": {"image": "a", "list": [{"image": "b"}]}}
    with pytest.raises(OverrideFailed):
        apply(body, decode_overriders(at_path(path)))


@pytest.mark.parametrize("image", [None, "", "NOT VALID", 5])
def test_an_image_that_cannot_be_read_fails(image: Any) -> None:
    body = {"kind": "Pod", "spec": {"containers": [{"image": image}]}}
    with pytest.raises(OverrideFailed):
        apply(body, decode_overriders({"imageOverrider": [TAG_1]}))


@pytest.mark.parametrize("spec", ["text", {"containers": {}}, {"containers": ["text"]}])
def test_a_pod_of_an_odd_shape_fails(spec: Any) -> None:
    with pytest.raises(OverrideFailed):
        apply({"kind": "Pod", "spec": spec}, decode_overriders({"imageOverrider": [TAG_1]}))
