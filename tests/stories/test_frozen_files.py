"""Files that break and are mended by turns: what they held stays, pass after pass."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from reconciler.adapters.simulation import Faults
from reconciler.adapters.simulation.faults import HEALTHY
from tests.stories.fleetbench import FleetBench, config_map, policy, written
from tests.stories.memberbench import CountingFleet, SimulatedServer

BROKEN = "kind: [unclosed\n"


@pytest.fixture
def fleet() -> Iterator[CountingFleet]:
    """Two members."""
    fleet = CountingFleet(["one", "two"], controllers=False)
    yield fleet
    fleet.stop()


@pytest.fixture
def bench(tmp_path: Path, fleet: CountingFleet) -> FleetBench:
    """Two members and two files, each with its policy."""
    servers = {name: SimulatedServer(fleet, end) for name, end in fleet.start().items()}
    return FleetBench(tmp_path, servers)


def write(bench: FleetBench, name: str, *clusters: str) -> None:
    """A file as it should be, placed on these clusters; on all when there are none."""
    selectors = [{"apiVersion": "v1", "kind": "ConfigMap", "name": name}]
    placement = {"clusterAffinity": {"clusterNames": list(clusters)}} if clusters else {}
    claim = policy(name, resourceSelectors=selectors, placement=placement)
    bench.write_documents(f"{name}.yaml", config_map(name, value="1"), claim)


async def test_one_breaks_while_the_other_is_mended(bench: FleetBench) -> None:
    write(bench, "first")
    write(bench, "second")
    await bench.apply_commit("both")
    bench.write("first.yaml", BROKEN)
    await bench.apply_commit("break the first")
    write(bench, "first")
    bench.write("second.yaml", BROKEN)
    assert written(await bench.apply_commit("mend it, break the second")) == set()
    for _ in range(2):
        bench.restart()
        assert written(await bench.apply()) == set()
    write(bench, "second")
    assert written(await bench.apply_commit("mend both")) == set()
    bench.remove("first.yaml")
    done = await bench.apply_commit("remove the first")
    assert {(action, key) for _, action, key in written(done)} == {
        ("delete", "ConfigMap shop/first")
    }


async def test_what_a_broken_file_left_behind_stays_until_it_can_be_read(
    bench: FleetBench, fleet: CountingFleet
) -> None:
    """The delete that an outage held up was decided by a file that says something else by now."""
    write(bench, "first")
    await bench.apply_commit("both")
    fleet["two"].faults = Faults(expired_certificate=True)
    write(bench, "first", "one")
    await bench.apply_commit("leave the second")
    bench.write("first.yaml", BROKEN)
    bench.commit("go back to the second, and break")
    fleet["two"].faults = HEALTHY
    assert written(await bench.apply()) == set()
    write(bench, "first")
    assert written(await bench.apply_commit("mend")) == set()
    write(bench, "first", "one")
    done = await bench.apply_commit("leave the second again")
    assert written(done) == {("two", "delete", "ConfigMap shop/first")}
