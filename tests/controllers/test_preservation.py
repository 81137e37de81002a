"""State handed over to the next cluster: JSONPaths into a status."""

from __future__ import annotations

from typing import Any

import pytest

from reconciler.controllers.preservation import path_steps, preserved, value_at

STATUS: dict[str, Any] = {
    "jobStatus": {"jobID": "abc"},
    "list": [{"id": 1}, {"id": 2}],
    "flag": False,
    "a.b": {"it's": "odd"},
    "none": None,
}


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("{.jobStatus.jobID}", "abc"),
        (".jobStatus.jobID", "abc"),
        ("{ $.list[1].id }", 2),
        ("{.list[0]}", {"id": 1}),
        ("{.flag}", False),
        (r"{.['a.b']['it\'s']}", "odd"),
        ("{['jobStatus'].jobID}", "abc"),
    ],
)
def test_a_path_leads_to_a_value(path: str, value: Any) -> None:
    assert value_at(STATUS, path) == value


@pytest.mark.parametrize(
    "path",
    [
        "{.nowhere}",
        "{.list[2]}",
        "{.list.id}",
        "{.jobStatus[0]}",
        "{.none}",
        "",
        "{}",
        "{.list[*].id}",
    ],
)
def test_a_path_leads_nowhere(path: str) -> None:
    assert value_at(STATUS, path) is None


def test_filters_and_slices_are_not_understood() -> None:
    assert path_steps("{.list[?(@.id==1)]}") is None
    assert path_steps("{.list[0:1]}") is None
    assert path_steps("{.a b}") is None


def test_values_become_label_values() -> None:
    rules = [
        {"aliasLabelName": "job", "jsonPath": "{.jobStatus.jobID}"},
        {"aliasLabelName": "flag", "jsonPath": "{.flag}"},
        {"aliasLabelName": "second", "jsonPath": "{.list[1].id}"},
    ]
    assert preserved(rules, STATUS) == {"job": "abc", "flag": "false", "second": "2"}


def test_nothing_is_handed_over_unless_everything_is_known() -> None:
    rules = [{"aliasLabelName": "job", "jsonPath": "{.gone}"}]
    assert preserved(rules, STATUS) is None
    assert preserved(rules, None) is None
