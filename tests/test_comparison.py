"""The comparison behind every published number: forgiving at the top level only."""

from __future__ import annotations

from typing import Any

import pytest

from tests.conformance.comparison import agrees
from tests.conformance.runner import Operation, Refused, run_vector


@pytest.mark.parametrize(
    ("expected", "got"),
    [
        ({"a": None}, {}),
        ({}, {"a": []}),
        ({"a": {}}, {"a": []}),
        ({"a": 1}, {"a": 1.0}),
        ({"a": [1, {"b": None}]}, {"a": [1, {"b": None}]}),
        ([], None),
        ([{"a": 1}], ({"a": 1},)),
    ],
)
def test_these_agree(expected: Any, got: Any) -> None:
    assert agrees(expected, got)


@pytest.mark.parametrize(
    ("expected", "got"),
    [
        ({"a": 0}, {}),
        ({"a": ""}, {}),
        ({"a": False}, {}),
        ({"a": 1}, {"a": True}),
        ({"a": {"b": None}}, {"a": {}}),
        ({"a": {"b": {}}}, {"a": {"b": []}}),
        ({"a": [1, 2]}, {"a": [2, 1]}),
        ({"a": [1]}, {"a": [1, 1]}),
        ({"a": "1"}, {"a": 1}),
    ],
)
def test_these_do_not(expected: Any, got: Any) -> None:
    assert not agrees(expected, got)


def refuse(given: dict[str, Any]) -> Any:
    raise Refused(str(given))


def crash(given: dict[str, Any]) -> Any:
    return given["missing"]


@pytest.mark.parametrize(
    ("vector", "is_agreement"),
    [
        ({"op": "echo", "in": {"a": 1}, "out": {"a": 1}}, True),
        ({"op": "echo", "in": {"a": 1}, "out": {"a": 2}}, False),
        ({"op": "echo", "in": {}, "error": "no"}, False),
        ({"op": "refuse", "in": {}, "error": "no"}, True),
        ({"op": "refuse", "in": {}, "out": {}}, False),
        ({"op": "crash", "in": {}, "error": "no"}, False),
        ({"op": "crash", "in": {}, "out": {}}, False),
        ({"op": "unknown", "in": {}, "out": {}}, False),
    ],
)
def test_an_error_line_asks_for_a_refusal_and_a_crash_is_no_answer(
    vector: dict[str, Any], *, is_agreement: bool
) -> None:
    operations: dict[str, Operation] = {"echo": dict, "refuse": refuse, "crash": crash}
    assert (run_vector(7, vector, operations) is None) is is_agreement
