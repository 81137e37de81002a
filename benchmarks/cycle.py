"""Speed of cycles: `pytest benchmarks/cycle.py`; the whole story is `reconciler bench`."""

from __future__ import annotations

from typing import Any

import pytest

from reconciler.cycle import Engine
from reconciler.model.world import Outcome, World
from reconciler.parse import ParseMemory, parse_fleet
from reconciler.runtime.bench.fleet import CHANGES, MadeFleet, source_files

NOW = "2026-01-01T00:00:00Z"
MADE = MadeFleet(objects=500, clusters=50)


class Resident:
    """An engine that has decided about a fleet, and the next one-file change to it."""

    def __init__(self) -> None:
        self.files, self.parsed, self.engine = MADE.files(), ParseMemory(), Engine()
        self.base = self.cycle({})
        self.turn = 0

    def cycle(self, change: dict[str, bytes], base: Outcome | None = None) -> Outcome:
        """What a commit would do, or, without a base, what there is."""
        fleet = parse_fleet(source_files({**self.files, **change}), memory=self.parsed)
        return self.engine.reconcile(World(fleet=fleet, base=base, is_offline=True), NOW)

    def change(self, kind: str) -> Outcome:
        """The plan of one change."""
        self.turn += 1
        return self.cycle(MADE.change(kind, self.turn), self.base)


@pytest.fixture(scope="module")
def resident() -> Resident:
    """Made once: it is the changes that are measured."""
    return Resident()


@pytest.mark.parametrize("kind", [kind for kind in CHANGES if "many" not in kind])
def test_one_file(benchmark: Any, resident: Resident, kind: str) -> None:
    outcome = benchmark(resident.change, kind)
    assert outcome.plan.unchanged


def test_a_cold_cycle(benchmark: Any) -> None:
    fleet = parse_fleet(source_files(MADE.files()))
    outcome = benchmark(lambda: Engine().reconcile(World(fleet=fleet, is_offline=True), NOW))
    assert outcome.works
