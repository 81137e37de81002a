"""Every scenario planned once for all tests of this folder."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from reconciler.plan.formats import Context
from reconciler.runtime.offline import OfflinePlan
from tests.review.repos import FleetRepo
from tests.review.scenarios import Story

Planned = Callable[[Callable[[], Story]], OfflinePlan]


def context_of(planned: OfflinePlan) -> Context:
    """How the plan is shown in golden files."""
    return Context(
        base=planned.base_name,
        head=planned.head_name,
        clusters=planned.cluster_count,
        objects=planned.object_count,
        width=100,
        key="pr-42",
    )


def repo_of(scenario: Callable[[], Story], folder: Path) -> tuple[FleetRepo, str, str]:
    """A repository with the two commits of a story, and their ids."""
    before, after = scenario()
    repo = FleetRepo(folder)
    return repo, repo.commit(before, "Before"), repo.commit(after, "After")


@pytest.fixture(scope="session")
def planned(tmp_path_factory: pytest.TempPathFactory) -> Planned:
    """The plan of a scenario's commit."""
    known: dict[str, OfflinePlan] = {}

    def plan(scenario: Callable[[], Story]) -> OfflinePlan:
        name = scenario.__name__
        if name not in known:
            repo, base, head = repo_of(scenario, tmp_path_factory.mktemp(name) / "fleet")
            known[name] = repo.plan(base, head)
        return known[name]

    return plan
