"""Renderings that succeeded in an earlier run are made only when somebody asks for them."""

from __future__ import annotations

from pathlib import Path

import pytest

from reconciler.model.works import FleetWorks, ObjectWorks
from reconciler.runtime.bench.fleet import MadeFleet
from reconciler.runtime.bench.repository import BenchRepository
from reconciler.runtime.offline import OfflinePlan, Planner
from reconciler.runtime.repository import FleetRepository

FLEET = MadeFleet(objects=40, clusters=4)


@pytest.fixture
def made(tmp_path: Path) -> BenchRepository:
    """A fleet that is applied."""
    return BenchRepository.made(tmp_path / "fleet", FLEET)


def plan(folder: Path) -> OfflinePlan:
    """A plan by a process that finds the cache."""
    return Planner(FleetRepository.local(folder / "fleet", "main", folder / "cache.db")).plan()


def unmade(planned: OfflinePlan) -> set[str]:
    """Objects whose Works nobody asked for."""
    works = FleetWorks.of(planned.head.works).objects
    return {str(key) for key, one in works.items() if _is_unmade(one)}


def _is_unmade(one: ObjectWorks) -> bool:
    return one._classes is None


def test_a_first_plan_makes_everything(made: BenchRepository, tmp_path: Path) -> None:
    assert made.repository.head().id
    assert unmade(plan(tmp_path)) == set()


def test_a_second_plan_makes_what_changed(made: BenchRepository, tmp_path: Path) -> None:
    plan(tmp_path)
    made.commit(FLEET.change("template", 1))
    second = plan(tmp_path)
    changed = {str(one.key) for one in second.head.plan.changes}
    everything = {str(key) for key in second.head.placed}
    assert len(changed) == 1
    assert unmade(second) == everything - changed


def test_a_changed_override_rule_is_met_again(made: BenchRepository, tmp_path: Path) -> None:
    plan(tmp_path)
    made.commit(FLEET.change("override", 0))
    second = plan(tmp_path)
    changed = {str(one.key) for one in second.head.plan.changes}
    assert changed
    assert not changed & unmade(second)


def test_a_process_that_goes_on_planning_forgets_nothing(
    made: BenchRepository, tmp_path: Path
) -> None:
    repository = FleetRepository.local(tmp_path / "fleet", "main", tmp_path / "cache.db")
    planner = Planner(repository)
    planner.plan()
    for turn in range(3):
        made.commit(FLEET.change("template", turn))
        planner.plan()
    last = plan(tmp_path)
    changed = {str(one.key) for one in last.head.plan.changes}
    assert len(changed) == 3
    assert unmade(last) == {str(key) for key in last.head.placed} - changed
