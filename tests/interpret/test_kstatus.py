"""Health by convention: generations first, then the conditions everybody uses."""

from __future__ import annotations

from typing import Any

import pytest

from reconciler.interpret.kstatus import health_by_conventions
from reconciler.model.report import Health


def judged(metadata: dict[str, Any] | None = None, **status: Any) -> tuple[Health, str]:
    return health_by_conventions({"metadata": metadata or {}, "status": status})


def conditions(**statuses: str) -> list[dict[str, str]]:
    return [{"type": kind, "status": status} for kind, status in statuses.items()]


@pytest.mark.parametrize(
    ("statuses", "health"),
    [
        ({}, Health.HEALTHY),
        ({"Ready": "True"}, Health.HEALTHY),
        ({"Ready": "False"}, Health.UNHEALTHY),
        ({"Ready": "Unknown"}, Health.UNKNOWN),
        ({"Available": "True"}, Health.HEALTHY),
        ({"Available": "False"}, Health.UNHEALTHY),
        ({"Ready": "True", "Reconciling": "True"}, Health.UNHEALTHY),
        ({"Ready": "True", "Stalled": "True"}, Health.UNHEALTHY),
        ({"Ready": "True", "Stalled": "False", "Reconciling": "False"}, Health.HEALTHY),
        ({"Failed": "True"}, Health.UNHEALTHY),
        ({"Odd": "False"}, Health.HEALTHY),
    ],
)
def test_conditions_decide(statuses: dict[str, str], health: Health) -> None:
    assert judged(conditions=conditions(**statuses))[0] is health


def test_a_status_of_an_older_generation_says_nothing() -> None:
    health, message = judged({"generation": 3}, observedGeneration=2, conditions=[])
    assert (health, message) == (Health.UNKNOWN, "its status is of generation 2, it is at 3")
    assert judged({"generation": 3}, observedGeneration=3) == (Health.HEALTHY, "")


def test_an_object_being_deleted_is_not_healthy() -> None:
    assert judged({"deletionTimestamp": "2026-01-01T00:00:00Z"})[0] is Health.UNHEALTHY


def test_the_condition_explains_itself() -> None:
    condition = {"type": "Ready", "status": "False", "message": "no such image"}
    assert judged(conditions=[condition])[1] == "Ready: no such image"
    assert judged(conditions=conditions(Ready="False"))[1] == "Ready: it is not ready"


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"status": None},
        {"status": []},
        {"metadata": 1},
        {"status": {"conditions": "x"}},
        {"status": {"conditions": [1, None]}},
    ],
)
def test_an_odd_object_is_no_reason_to_fail(body: dict[str, Any]) -> None:
    assert health_by_conventions(body) == (Health.HEALTHY, "")
