"""RFC 6902 as Karmada's patch library carries it out."""

from __future__ import annotations

import copy
from typing import Any

import pytest

from reconciler.overriders import OverrideFailed
from reconciler.overriders.patch import patched

DOCUMENT: dict[str, Any] = {"a": {"b": [1, 2, 3], "n": None}, "x/y": {"~": 1}, "s": "text"}


def op(kind: str, path: str, value: Any = None) -> dict[str, Any]:
    return {"op": kind, "path": path} | ({} if kind == "remove" else {"value": value})


@pytest.mark.parametrize(
    ("operation", "at", "expected"),
    [
        (op("add", "/a/c", 1), ("a", "c"), 1),
        (op("add", "/a/b/-", 4), ("a", "b"), [1, 2, 3, 4]),
        (op("add", "/a/b/0", 0), ("a", "b"), [0, 1, 2, 3]),
        (op("add", "/a/b/3", 4), ("a", "b"), [1, 2, 3, 4]),
        (op("add", "/a/b/-1", 4), ("a", "b"), [1, 2, 3, 4]),
        (op("add", "/a/b/01", 9), ("a", "b"), [1, 9, 2, 3]),
        (op("add", "/a/b/+1", 9), ("a", "b"), [1, 9, 2, 3]),
        (op("replace", "/a/b/-1", 9), ("a", "b"), [1, 2, 9]),
        (op("remove", "/a/b/-3"), ("a", "b"), [2, 3]),
        (op("replace", "/a/n", 1), ("a", "n"), 1),
        (op("add", "/x~1y/~0", 2), ("x/y", "~"), 2),
        (op("add", "/x~1y/~2", 2), ("x/y", "~2"), 2),
        (op("add", "/a/z", None), ("a", "z"), None),
        (op("add", "ignored/s", "new"), ("s",), "new"),
    ],
)
def test_what_applies(operation: dict[str, Any], at: tuple[str, ...], expected: Any) -> None:
    result = patched(DOCUMENT, [operation])
    for step in at:
        assert step in result
        result = result[step]
    assert result == expected


@pytest.mark.parametrize(
    "operation",
    [
        op("add", "/missing/deep", 1),
        op("add", "/a/n/x", 1),
        op("add", "/s/x", 1),
        op("add", "/a/b/4", 1),
        op("add", "/a/b/-5", 1),
        op("add", "/a/b/x", 1),
        op("add", "/a/b/1_0", 1),
        op("add", "/a/b/ 1", 1),
        op("add", "/a/b/\u0661", 1),
        op("add", "nowhere", 1),
        op("add", "", "text"),
        op("replace", "/a/missing", 1),
        op("replace", "/a/b/3", 1),
        op("replace", "/a/b/-", 1),
        op("replace", "/missing/x", 1),
        op("remove", "/a/missing"),
        op("remove", "/a/b/3"),
        op("remove", "/a/b/-"),
        op("remove", "/a/b/-4"),
        op("remove", ""),
        op("remove", "/s/0"),
    ],
)
def test_what_does_not_apply(operation: dict[str, Any]) -> None:
    with pytest.raises(OverrideFailed):
        patched(DOCUMENT, [operation])


def test_the_document_and_the_patch_stay_as_they_are() -> None:
    before = copy.deepcopy(DOCUMENT)
    operations = [op("add", "/a/new", {"list": []}), op("add", "/a/new/list/-", 1)]
    result = patched(DOCUMENT, operations)
    assert result["a"]["new"] == {"list": [1]}
    assert before == DOCUMENT
    assert operations[0]["value"] == {"list": []}


def test_what_no_path_touches_is_shared() -> None:
    result = patched(DOCUMENT, [op("add", "/a/c", 1)])
    assert result["x/y"] is DOCUMENT["x/y"]
    assert result["a"]["b"] is DOCUMENT["a"]["b"]


def test_the_failure_names_the_path_and_no_value() -> None:
    with pytest.raises(OverrideFailed, match="/a/secret") as failed:
        patched({"a": {}}, [op("replace", "/a/secret", "hunter2")])
    assert "hunter2" not in str(failed.value)
