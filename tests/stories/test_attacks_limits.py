"""Ways around the limits of folders: loosening them in the commit that needs it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from reconciler.cli.apply import exit_code
from reconciler.model.change import Action
from reconciler.runtime.offline import Planner
from reconciler.runtime.repository import FleetRepository
from tests.stories.fleetbench import CONFIG, FleetBench, codes, config_map, policy, written
from tests.stories.memberbench import CountingFleet, SimulatedServer

TIGHT = CONFIG + "limits: [{path: team, namespaces: [other]}]\n"
LOOSE = CONFIG + "limits: [{path: team, namespaces: [other, shop]}]\n"


@pytest.fixture
def bench(tmp_path: Path) -> Iterator[FleetBench]:
    """One member; the folder `team` may not write to the namespace shop."""
    fleet = CountingFleet(["one"], controllers=False)
    servers = {name: SimulatedServer(fleet, end) for name, end in fleet.start().items()}
    bench = FleetBench(tmp_path, servers, config=TIGHT)
    bench.write_documents("policy.yaml", policy("all", ("v1", "ConfigMap")))
    bench.commit("first")
    yield bench
    fleet.stop()


async def test_what_a_commit_loosens_counts_from_the_next_one_on(bench: FleetBench) -> None:
    await bench.apply()
    bench.write("reconciler.yaml", LOOSE)
    bench.write_documents("team/settings.yaml", config_map("settings", a="b"))
    both = bench.commit("Loosen the limits and use them")
    planned = Planner(FleetRepository.local(bench.repo)).plan().head
    assert [one.code for one in planned.diagnostics] == ["RC090"]
    for _ in range(2):
        done = await bench.apply()
        assert codes(done) == {"RC090"}
        assert exit_code(done) == 3
        assert not written(done)
        assert done.outcome.state.applied_revision == both
        bench.restart()
    bench.commit("Anything else")
    planned = Planner(FleetRepository.local(bench.repo)).plan().head
    assert not planned.diagnostics
    assert [(one.action, one.key.name) for one in planned.plan.changes] == [
        (Action.CREATE, "settings")
    ]
    done = await bench.apply()
    assert codes(done) == set()
    assert ("one", "create", "ConfigMap shop/settings") in written(done)
    assert not done.outcome.state.held_limits


async def test_limits_that_go_away_count_once_more(bench: FleetBench) -> None:
    await bench.apply()
    bench.write("reconciler.yaml", CONFIG)
    bench.write_documents("team/settings.yaml", config_map("settings", a="b"))
    assert codes(await bench.apply_commit("Drop the limits and use it")) == {"RC090"}
    assert codes(await bench.apply()) == {"RC090"}
    assert codes(await bench.apply_commit("Anything else")) == set()
