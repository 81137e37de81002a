"""A member leaves the fleet: its objects stay and are listed, or go first, within the budget."""

from __future__ import annotations

import asyncio
import os
import pty
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from reconciler.cli.program import program
from reconciler.runtime.approving import Approving
from reconciler.runtime.hub import PassResult
from reconciler.runtime.repository import FleetRepository
from tests.stories.fleetbench import CONFIG, FleetBench, config_map, deployment, policy
from tests.stories.memberbench import CountingFleet, SimulatedServer

GUARDED = (
    CONFIG + "guards: {perCluster: {count: 1, percent: 0}, perFleet: {count: 9, percent: 0}}\n"
)
DIVIDED = {
    "replicaScheduling": {
        "replicaSchedulingType": "Divided",
        "replicaDivisionPreference": "Weighted",
    }
}


@pytest.fixture
def fleet() -> Iterator[CountingFleet]:
    """Two members whose workloads run."""
    fleet = CountingFleet(["one", "two"], nodes=1)
    yield fleet
    fleet.stop()


@pytest.fixture
def bench(tmp_path: Path, fleet: CountingFleet) -> FleetBench:
    """A divided Deployment and two ConfigMaps on both members; one deletion an hour is free."""
    servers = {name: SimulatedServer(fleet, end) for name, end in fleet.start().items()}
    bench = FleetBench(tmp_path, servers, config=GUARDED)
    bench.write_documents("web.yaml", deployment("web", replicas=4))
    bench.write_documents("settings.yaml", *(config_map(f"s{one}", a="b") for one in range(2)))
    bench.write_documents(
        "policy.yaml",
        policy("web", ("apps/v1", "Deployment"), placement=DIVIDED),
        policy("rest", ("v1", "ConfigMap")),
    )
    bench.commit("begin")
    return bench


def run(bench: FleetBench, *arguments: str) -> Result:
    """`reconciler cluster …` in the fleet repo."""
    return CliRunner().invoke(
        program, ["cluster", *arguments, "--repo", str(bench.repo)], catch_exceptions=False
    )


def here(fleet: CountingFleet, member: str) -> set[str]:
    """Which of the objects stand on a member."""
    cluster = fleet[member]
    found = {name for name in ("s0", "s1") if cluster.get("v1", "ConfigMap", name, "shop")}
    return found | ({"web"} if cluster.get("apps/v1", "Deployment", "web", "shop") else set())


def replicas(fleet: CountingFleet, member: str) -> int:
    """How many replicas the Deployment is to have there."""
    body = fleet[member].get("apps/v1", "Deployment", "web", "shop")
    return int(body["spec"]["replicas"]) if body else 0


async def until(bench: FleetBench, is_so: Callable[[PassResult], bool]) -> PassResult:
    """Passes until it is so."""
    for _ in range(40):
        done = await bench.apply()
        if is_so(done):
            return done
        await asyncio.sleep(0.25)
    raise AssertionError("it does not come to that")


async def test_what_is_deleted_goes_first_moves_first_and_keeps_to_the_budget(
    bench: FleetBench, fleet: CountingFleet
) -> None:
    await bench.apply()
    assert here(fleet, "one") == {"web", "s0", "s1"}
    assert (replicas(fleet, "one"), replicas(fleet, "two")) == (2, 2)

    asked = run(bench, "unjoin", "one", "--delete")
    assert asked.exit_code == 0
    assert "unjoin one again" in asked.stderr
    await bench.apply_commit("drain")
    assert replicas(fleet, "two") == 4
    assert here(fleet, "one") == {"web", "s0", "s1"}, "they stay until their replacement is up"
    early = run(bench, "unjoin", "one")
    assert early.exit_code == 3
    assert "3 objects are still there" in early.stderr

    held = await until(bench, lambda done: done.outcome.plan.hold is not None)
    hold = held.outcome.plan.hold
    assert hold is not None
    assert [(one.cluster, one.key.name) for one in hold.deletes] == [("one", "s0"), ("one", "s1")]
    assert here(fleet, "one") >= {"s0", "s1"}, "a workload that has moved is not counted"
    Approving(FleetRepository.open_or_mirror(str(bench.repo), "")).approve(hold.digest)
    await until(bench, lambda _: here(fleet, "one") == set())
    assert here(fleet, "two") == {"web", "s0", "s1"}
    await bench.apply()

    left = run(bench, "unjoin", "one")
    assert left.exit_code == 0
    assert not (bench.repo / "clusters" / "one.yaml").exists()
    done = await bench.apply_commit("unjoin")
    assert [one.code for one in done.diagnostics] == []


async def test_what_is_kept_is_listed_until_somebody_says_that_it_may_stay(
    bench: FleetBench, fleet: CountingFleet
) -> None:
    await bench.apply()
    assert run(bench, "unjoin", "one").exit_code == 0
    done = await bench.apply_commit("unjoin")
    assert [one.code for one in done.diagnostics] == ["RC083"]
    assert replicas(fleet, "two") == 4
    assert [one.code for one in (await bench.apply()).diagnostics] == ["RC083"]

    refused = run(bench, "forget", "two")
    assert refused.exit_code != 0
    assert "two is in the fleet" in refused.stderr
    assert run(bench, "forget", "one").exit_code == 0
    assert "Forget-Cluster: one" in bench.git("log", "-1", "--format=%B")
    for _ in range(2):
        assert [one.code for one in (await bench.apply()).diagnostics] == []
        bench.restart()
    assert here(fleet, "one") == {"web", "s0", "s1"}
    assert "recorded/one.yaml" not in bench.git("ls-tree", "-r", "--name-only", "reconciler/state")
    assert "nothing is known" in run(bench, "forget", "one").stderr


async def test_a_plan_shows_what_draining_moves(bench: FleetBench) -> None:
    await bench.apply()
    patch = run(bench, "unjoin", "one", "--delete", "--write", "patch").stdout
    assert "+    fleet-reconciler.io/unjoin: delete" in patch
    run(bench, "unjoin", "one", "--delete")
    bench.commit("drain")
    where = ["--repo", str(bench.repo), "--base", "HEAD~1"]
    planned = CliRunner().invoke(program, ["plan", *where], catch_exceptions=False)
    assert "apps/Deployment shop/web  -one (2)  two 2->4" in planned.stdout


def test_at_a_terminal_it_asks(bench: FleetBench) -> None:
    ours, theirs = pty.openpty()
    with subprocess.Popen(
        [
            sys.executable,
            "-m",
            "reconciler",
            "cluster",
            "unjoin",
            "one",
            "--repo",
            str(bench.repo),
        ],
        stdin=theirs,
        stdout=theirs,
        stderr=theirs,
    ) as process:
        os.write(ours, b"delete\n")
        assert process.wait(30) == 0
    os.close(theirs)
    said = os.read(ours, 65536).decode()
    os.close(ours)
    assert "What becomes of the 0 objects on one?" in said
    assert "unjoin: delete" in (bench.repo / "clusters" / "one.yaml").read_text()
