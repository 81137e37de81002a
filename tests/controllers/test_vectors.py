"""Vectors of the controllers: a world and a time, and what it settles to."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from reconciler.controllers import settle
from reconciler.model.binding import BindingState
from reconciler.model.world import World
from reconciler.parse.decode.state import _task
from reconciler.parse.yaml import read_documents
from tests.controllers.builders import a_world

FOLDER = Path(__file__).parents[1] / "vectors" / "controllers"
NOW = "2026-01-01T12:00:00Z"
KNOWN = {"name", "source", "given", "now", "expect", "differs"}
EXPECTED = {"taints", "bindings", "clocks", "wake"}


def cases() -> Iterator[Any]:
    """Every case of every file, named after both."""
    for path in sorted(FOLDER.glob("*.yaml")):
        (reading,) = read_documents(path.read_bytes())
        assert reading.problem is None, (path, reading.problem)
        for case in reading.value:
            assert set(case) <= KNOWN, case["name"]
            assert set(case["expect"]) <= EXPECTED, case["name"]
            assert case["source"]
            yield pytest.param(case, id=f"{path.stem}: {case['name']}")


@pytest.mark.parametrize("case", list(cases()))
def test_a_world_settles_as_the_vector_says(case: dict[str, Any]) -> None:
    now = case.get("now", NOW)
    world, wake = settle(a_world(case["given"]), now)
    got = {**said(world), "wake": wake}
    for part, expected in case["expect"].items():
        assert pruned(got[part], expected) == expected, part
    assert settle(world, now)[0] == world, "settling again changes nothing"


def said(world: World) -> dict[str, Any]:
    """The settled world in the words of the vectors."""
    return {
        "taints": {
            one.name: [f"{taint.key}:{taint.effect}" for taint in one.taints]
            for one in world.fleet.clusters
        },
        "bindings": {key.name: binding(state) for key, state in world.state.bindings.items()},
        "clocks": dict(world.state.clocks),
    }


def binding(state: BindingState) -> dict[str, Any]:
    """One binding in the words of the vectors."""
    return {
        "clusters": {one.name: one.replicas for one in state.targets},
        "tasks": [_task(one) for one in state.eviction_tasks],
        "triggered": state.reschedule_triggered,
    }


def pruned(got: Any, expected: Any) -> Any:
    """What was got, without the keys that the vector does not speak of."""
    match got, expected:
        case dict(), dict() if expected:
            return {key: pruned(got.get(key), one) for key, one in expected.items()}
        case list(), list() if len(got) == len(expected):
            return [pruned(one, other) for one, other in zip(got, expected, strict=True)]
        case _:
            return got
