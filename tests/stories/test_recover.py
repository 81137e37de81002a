"""A lost state branch: nothing moves until it is recovered, and then nothing has to move."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from reconciler.adapters.simulation import Faults
from reconciler.model.errors import MemberUnreachable, SettingsInvalid
from reconciler.runtime.recovering import Recovering
from tests.stories.fleetbench import FleetBench, codes, config_map, deployment, policy, written
from tests.stories.memberbench import CountingFleet, SimulatedServer

DIVIDED = {
    "replicaScheduling": {
        "replicaSchedulingType": "Divided",
        "replicaDivisionPreference": "Weighted",
        "weightPreference": {
            "staticWeightList": [
                {"targetCluster": {"clusterNames": [name]}, "weight": weight}
                for name, weight in (("one", 1), ("two", 2))
            ]
        },
    }
}


@pytest.fixture
def fleet() -> Iterator[CountingFleet]:
    """Two members."""
    fleet = CountingFleet(["one", "two"], controllers=False)
    yield fleet
    fleet.stop()


@pytest.fixture
def bench(tmp_path: Path, fleet: CountingFleet) -> FleetBench:
    """A divided Deployment and a ConfigMap."""
    servers = {name: SimulatedServer(fleet, end) for name, end in fleet.start().items()}
    bench = FleetBench(tmp_path, servers)
    bench.write_documents("web.yaml", deployment("web", replicas=7))
    bench.write_documents("settings.yaml", config_map("settings", level="info"))
    kinds = (("apps/v1", "Deployment"), ("v1", "ConfigMap"))
    bench.write_documents("policy.yaml", policy("all", *kinds, placement=DIVIDED))
    return bench


def replicas(fleet: CountingFleet) -> list[int]:
    """Of the Deployment, member by member."""
    found = (one.get("apps/v1", "Deployment", "web", "shop") for one in fleet)
    return [body["spec"]["replicas"] for body in found if body is not None]


def _generation(document: Any) -> str:
    return str(document["metadata"]["annotations"]["fleet-reconciler.io/template-generation"])


async def test_without_its_branch_the_hub_decides_nothing(
    bench: FleetBench, fleet: CountingFleet
) -> None:
    await bench.apply_commit()
    bench.git("branch", "-D", "reconciler/state")
    bench.remove("settings.yaml")
    bench.write_documents("web.yaml", deployment("web", replicas=1))
    before = fleet.writes
    bench.restart()
    done = await bench.apply_commit("change everything")
    assert codes(done) == {"RC043"}
    assert written(done) == set()
    assert fleet.writes == before
    assert "reconciler/state" not in bench.git("branch")


async def test_recovery_finds_everything_as_it_was(bench: FleetBench, fleet: CountingFleet) -> None:
    bench.write_documents("web.yaml", deployment("web", replicas=6))
    await bench.apply_commit()
    bench.write_documents("web.yaml", deployment("web", replicas=7))
    await bench.apply_commit()
    path = "bindings/shop/apps/Deployment/web.yaml"
    lost, before = bench.document("reconciler/state", path), replicas(fleet)
    bench.git("branch", "-D", "reconciler/state")
    bench.restart()
    done = await Recovering(bench.hub).recover()
    assert set(done.state.recorded) == {"one", "two"}
    found = bench.document("reconciler/state", path)
    assert found["spec"]["clusters"] == lost["spec"]["clusters"]
    generations = [_generation(one) for one in (found, lost)]
    assert generations == ["2", "2"]
    count = fleet.writes
    assert written(await bench.apply()) == set()
    assert fleet.writes == count
    assert replicas(fleet) == before


async def test_what_left_git_meanwhile_is_pruned_after_recovery(
    bench: FleetBench, fleet: CountingFleet
) -> None:
    await bench.apply_commit()
    bench.git("branch", "-D", "reconciler/state")
    bench.remove("settings.yaml")
    bench.commit("remove settings")
    bench.restart()
    await Recovering(bench.hub).recover()
    done = await bench.apply()
    assert {action for _, action, _ in written(done)} == {"delete"}
    assert not any(one.get("v1", "ConfigMap", "settings", "shop") for one in fleet)


async def test_a_dry_run_writes_nothing(bench: FleetBench) -> None:
    await bench.apply_commit()
    bench.git("branch", "-D", "reconciler/state")
    bench.restart()
    done = await Recovering(bench.hub).recover(dry_run=True)
    assert done.commit == ""
    assert "reconciler/state" not in bench.git("branch")


async def test_every_member_has_to_answer(bench: FleetBench, fleet: CountingFleet) -> None:
    await bench.apply_commit()
    bench.git("branch", "-D", "reconciler/state")
    fleet["two"].faults = Faults(status=503)
    bench.restart()
    with pytest.raises(MemberUnreachable, match="two"):
        await Recovering(bench.hub).recover()
    assert "reconciler/state" not in bench.git("branch")


async def test_a_branch_that_is_there_is_not_recovered(bench: FleetBench) -> None:
    await bench.apply_commit()
    with pytest.raises(SettingsInvalid):
        await Recovering(bench.hub).recover()
