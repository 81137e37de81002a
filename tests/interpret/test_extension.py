"""Beyond Karmada: conditions over all clusters and a true observedGeneration."""

from __future__ import annotations

import pytest

from reconciler.interpret.chain import Interpreter
from reconciler.interpret.extension import (
    extended_aggregation,
    extended_reflection,
    is_extended,
)
from reconciler.interpret.operation import Body
from tests.interpret.bodies import a_workload, items, rendered

INTERPRETER = Interpreter()


def member(generation: int = 4, *, observed: int = 4, template: int = 2, **conditions: str) -> Body:
    """What is collected of a StatefulSet on one member."""
    status = {
        "replicas": 1,
        "observedGeneration": observed,
        "conditions": [
            {"type": kind, "status": each, "lastTransitionTime": f"2026-01-0{number}T00:00:00Z"}
            for number, (kind, each) in enumerate(conditions.items(), 1)
        ],
    }
    body = rendered(a_workload("StatefulSet", status=status), template)
    body["metadata"]["generation"] = generation
    reflected = INTERPRETER.reflect_status(body)
    assert reflected is not None
    return extended_reflection(reflected, body)


def aggregated(*members: Body | None, before: Body | None = None) -> Body:
    """The aggregated status of a StatefulSet of generation 2."""
    template = a_workload("StatefulSet", status=before or {})
    given = items(*members)
    body = INTERPRETER.aggregate_status(template, given)
    assert body is not None
    status: Body = extended_aggregation(body, given)["status"]
    return status


def test_it_adds_to_three_kinds() -> None:
    assert is_extended(a_workload("DaemonSet"))
    assert not is_extended(a_workload("ReplicaSet"))


@pytest.mark.parametrize(
    ("members", "generation"),
    [
        ((member(), member()), 2),
        ((member(), member(observed=3)), 1),
        ((member(), member(template=1)), 1),
        ((member(), None), 1),
        ((), 1),
    ],
)
def test_the_observed_generation_is_that_of_the_last_member(
    members: tuple[Body | None, ...], generation: int
) -> None:
    assert (
        aggregated(*members, before={"observedGeneration": 1})["observedGeneration"] == generation
    )


def test_a_condition_is_as_bad_as_its_worst_member() -> None:
    status = aggregated(member(Available="True"), member(Available="False"), member())
    (condition,) = status["conditions"]
    assert condition == {
        "type": "Available",
        "status": "False",
        "lastTransitionTime": "2026-01-01T00:00:00Z",
        "message": "m2",
    }


def test_bad_news_is_true_where_it_is_true_anywhere() -> None:
    status = aggregated(member(ReplicaFailure="False"), member(ReplicaFailure="True"))
    assert [one["status"] for one in status["conditions"]] == ["True"]


def test_conditions_are_sorted_and_true_when_true_everywhere() -> None:
    status = aggregated(*[member(Progressing="True", Available="True")] * 2)
    assert [(one["type"], one["status"]) for one in status["conditions"]] == [
        ("Available", "True"),
        ("Progressing", "True"),
    ]


def test_an_odd_condition_is_unknown() -> None:
    assert aggregated(member(Available="perhaps"))["conditions"][0]["status"] == "Unknown"
