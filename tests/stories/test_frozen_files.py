"""Files that break and are mended by turns: what they held stays, pass after pass."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.stories.fleetbench import FleetBench, config_map, policy, written
from tests.stories.memberbench import CountingFleet, SimulatedServer

BROKEN = "kind: [unclosed\n"


@pytest.fixture
def bench(tmp_path: Path) -> Iterator[FleetBench]:
    """One member and two files, each with its policy."""
    fleet = CountingFleet(["one"], controllers=False)
    servers = {name: SimulatedServer(fleet, end) for name, end in fleet.start().items()}
    yield FleetBench(tmp_path, servers)
    fleet.stop()


def write(bench: FleetBench, name: str) -> None:
    """A file as it should be."""
    selectors = [{"apiVersion": "v1", "kind": "ConfigMap", "name": name}]
    claim = policy(name, resourceSelectors=selectors)
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
