"""Labels, annotations, commands and arguments."""

from __future__ import annotations

from typing import Any

import pytest

from reconciler.overriders import OverrideFailed, apply, decode_overriders


def after(body: dict[str, Any], **overriders: Any) -> dict[str, Any]:
    return apply(body, decode_overriders(overriders))[0]


FIELDS = {"labelsOverrider": "labels", "annotationsOverrider": "annotations"}


@pytest.mark.parametrize("field", FIELDS)
@pytest.mark.parametrize(
    ("operator", "value", "before", "expected"),
    [
        ("add", {"tier": "edge"}, {"app": "web"}, {"app": "web", "tier": "edge"}),
        ("add", {"app": "x"}, {"app": "web"}, {"app": "x"}),
        ("add", {"a/b": "1", "new~x": "2"}, None, {"a/b": "1", "new~x": "2"}),
        ("add", {"a": "1"}, {"odd": 5}, {"a": "1"}),
        ("add", {}, None, None),
        ("replace", {"app": "x", "other": "y"}, {"app": "web"}, {"app": "x"}),
        ("replace", {"app": "x"}, None, None),
        ("remove", {"app": "whatever", "other": ""}, {"app": "web", "b": "c"}, {"b": "c"}),
        ("remove", {"a/b": ""}, {"a/b": "1"}, {}),
    ],
)
def test_entries(field: str, operator: str, value: Any, before: Any, expected: Any) -> None:
    name = FIELDS[field]
    metadata = {} if before is None else {name: before}
    result = after({"metadata": metadata}, **{field: [{"operator": operator, "value": value}]})
    assert result["metadata"].get(name) == expected


def pod(**container: Any) -> dict[str, Any]:
    return {"kind": "Pod", "spec": {"containers": [{"name": "other"}, {"name": "c", **container}]}}


TARGETS = {"commandOverrider": "command", "argsOverrider": "args"}


@pytest.mark.parametrize("field", TARGETS)
@pytest.mark.parametrize(
    ("operator", "value", "before", "expected"),
    [
        ("add", ["-v"], ["run"], ["run", "-v"]),
        ("add", ["run"], None, ["run"]),
        ("remove", ["-v", "-q"], ["-v", "run", "-v"], ["run"]),
        ("remove", ["-v"], None, []),
        ("remove", ["run"], ["run"], []),
    ],
)
def test_words(field: str, operator: str, value: Any, before: Any, expected: Any) -> None:
    name = TARGETS[field]
    body = pod() if before is None else pod(**{name: before})
    rule = {"containerName": "c", "operator": operator, "value": value}
    containers = after(body, **{field: [rule]})["spec"]["containers"]
    assert containers == [{"name": "other"}, {"name": "c", name: expected}]


def test_words_of_a_container_that_is_not_there_change_nothing() -> None:
    rule = {"containerName": "missing", "operator": "add", "value": ["x"]}
    assert after(pod(), commandOverrider=[rule]) == pod()


def test_a_command_that_is_no_list_of_words_fails() -> None:
    rule = {"containerName": "c", "operator": "add", "value": ["x"]}
    for command in ("text", [1]):
        with pytest.raises(OverrideFailed):
            after(pod(command=command), commandOverrider=[rule])
