"""Hostile commits, branches, clusters and members: escapes, loops, damage, other members."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from reconciler.cli.apply import exit_code
from reconciler.cycle.members import checked_members
from reconciler.model.cluster import Cluster, ClusterFacts
from reconciler.model.errors import ReconcilerError
from reconciler.model.fleet import Fleet
from reconciler.model.world import Observed, State, World
from reconciler.plan.formats import FORMATS, Context
from reconciler.runtime.offline import Planner
from reconciler.runtime.repository import FleetRepository
from tests.stories.fleetbench import FleetBench, codes, config_map, place, policy, written
from tests.stories.memberbench import CountingFleet, Server, SimulatedServer
from tests.stories.program import ran

FOR_PROGRAMS = {"json", "sarif", "gitlab", "junit"}
ESCAPE = "\x1b]52;c;ZXZpbA==\x07\x1b[2J\u202e\u200b"


@pytest.fixture
def fleet() -> Iterator[dict[str, Server]]:
    """Two members."""
    fleets = {name: CountingFleet([name], controllers=False) for name in ("one", "two")}
    yield {name: SimulatedServer(one, one.start()[name]) for name, one in fleets.items()}
    for one in fleets.values():
        one.stop()


@pytest.fixture
def bench(tmp_path: Path, fleet: dict[str, Server]) -> FleetBench:
    """The first of them with one ConfigMap."""
    bench = FleetBench(tmp_path, {"one": fleet["one"]})
    bench.write_documents("settings.yaml", config_map("settings", level="info"))
    bench.write_documents("policy.yaml", policy("all", ("v1", "ConfigMap")))
    bench.commit("first")
    return bench


def stands(server: Server) -> bool:
    """Whether the ConfigMap is there."""
    return server.request("GET", place("ConfigMap", "settings"))[0] == 200


def controls(text: str) -> set[str]:
    """Characters that a terminal would obey."""
    return {one for one in text if not one.isprintable() and one != "\n"}


async def test_commit_texts_reach_no_terminal_as_they_are(bench: FleetBench) -> None:
    bench.git("config", "user.name", f"Eve {ESCAPE}")
    await bench.apply()
    bench.write_documents("settings.yaml", config_map("settings", level=f"a{ESCAPE}b"))
    bench.write_documents(f"x{ESCAPE}.yaml", config_map("other", k=ESCAPE))
    bench.commit(f"{ESCAPE} <script>alert(1)</script> [x](javascript:y)\n\n{ESCAPE}")
    context = Context(base=ESCAPE, head="b", clusters=1, objects=1, width=0, has_colour=False)
    planned = Planner(FleetRepository.local(bench.repo)).plan()
    for name, form in FORMATS.items():
        text = form(planned.head.plan, context)
        assert not {one for one in controls(text) if one < "\xa0"}, name
        assert not controls(text) or name in FOR_PROGRAMS, name
        assert "<script>" not in text or name not in {"html", "markdown"}
    await bench.apply()
    repo = ["--repo", str(bench.repo)]
    for arguments in (
        ["history", "shop/ConfigMap/settings", *repo],
        ["blame", "shop/ConfigMap/settings", *repo],
        ["explain", "shop/ConfigMap/settings", *repo],
        ["plan", *repo],
        ["validate", *repo],
        ["status", *repo],
        ["plan", "--head", ESCAPE, *repo],
    ):
        done = ran(bench.folder, *arguments)
        assert not controls(done.output + done.errors), arguments[0]
        assert "Traceback" not in done.errors


async def test_our_own_branches_and_trailers_trigger_nothing(bench: FleetBench) -> None:
    await bench.apply()
    await bench.apply()
    refs = bench.git("show-ref")
    for _ in range(2):
        assert written(await bench.apply()) == set()
    assert bench.git("show-ref") == refs
    forged = "forge\n\nSource-Commit: " + "0" * 40 + "\nCause: x\nCursor: y"
    done = await bench.apply_commit(forged)
    assert (exit_code(done), written(done)) == (0, set())
    assert stands(bench.servers["one"])


@pytest.mark.parametrize("rewrite", ["amend", "orphan", "back"])
async def test_rewritten_history_holds(bench: FleetBench, rewrite: str) -> None:
    bench.write_documents("other.yaml", config_map("other", a="b"))
    await bench.apply_commit("second")
    commands = {
        "amend": ["commit", "-q", "--amend", "--allow-empty", "-m", "another"],
        "orphan": ["checkout", "-q", "--orphan", "fresh"],
        "back": ["reset", "-q", "--hard", "HEAD~1"],
    }
    bench.remove("settings.yaml")
    bench.git(*commands[rewrite])
    if rewrite == "orphan":
        bench.commit("from nothing")
        bench.git("branch", "-M", "fresh", "main")
    done = await bench.apply()
    assert (done.outcome.is_held, exit_code(done)) == (True, 4)
    assert codes(done) == {"RC042"}
    assert stands(bench.servers["one"])
    assert bench.servers["one"].request("GET", place("ConfigMap", "other"))[0] == 200


async def assert_ends_in_words(bench: FleetBench) -> None:
    """A pass that ends by itself, or by an error with words; both leave the object alone."""
    with suppress(ReconcilerError):
        await bench.apply()
    assert stands(bench.servers["one"])


DAMAGE = ["", "[", "a: 1\n", "[]\n", "apiVersion: v1\nkind: X\nmetadata: {name: 1}\nspec: []\n"]


@pytest.mark.parametrize("text", DAMAGE)
@pytest.mark.parametrize("branch", ["state", "status"])
async def test_damaged_branches_delete_nothing(bench: FleetBench, branch: str, text: str) -> None:
    await bench.apply()
    ref = f"reconciler/{branch}"
    bench.git("worktree", "add", "-q", "../branch", ref)
    folder = bench.folder / "branch"
    files = [one for one in folder.rglob("*.yaml") if ".git" not in one.parts]
    for file in files:
        file.write_text(text)
    bench.git("-C", "../branch", "commit", "-qam", "damage")
    bench.git("worktree", "remove", "../branch")
    for _ in range(2):
        bench.restart()
        await assert_ends_in_words(bench)
    if branch == "status":
        done = await bench.apply()
        assert exit_code(done) == 0
        assert bench.summary()["everythingApplied"] is True


async def test_another_member_under_a_recorded_name_is_left_alone(
    bench: FleetBench, fleet: dict[str, Server]
) -> None:
    await bench.apply()
    bench.add_cluster("one", fleet["two"])
    bench.remove("settings.yaml")
    done = await bench.apply_commit("point it elsewhere")
    assert codes(done) == {"RC081"}
    assert exit_code(done) == 1
    assert written(done) == set()
    assert stands(fleet["one"])


def test_a_member_that_hides_its_uid_is_left_alone() -> None:
    cluster = Cluster(name="one", facts=ClusterFacts())
    observed = {"one": Observed()}
    known = World(fleet=Fleet(), state=State(member_uids={"one": "u"}), observed=observed)
    assert set(checked_members((cluster,), known).frozen) == {"one"}
    assert checked_members((cluster,), replace(known, observed={})).frozen == {}
    assert checked_members((cluster,), World(fleet=Fleet(), observed=observed)).frozen == {}


async def test_a_renamed_cluster_keeps_what_it_has(
    bench: FleetBench, fleet: dict[str, Server]
) -> None:
    await bench.apply()
    bench.remove("clusters/one.yaml")
    bench.add_cluster("renamed", fleet["one"])
    for _ in range(2):
        done = await bench.apply_commit("rename")
        assert stands(fleet["one"])
        assert not [one for one in written(done) if one[1] in {"delete", "recreate"}]


@pytest.mark.parametrize(
    "endpoint",
    [
        "file:///etc/passwd",
        "http://169.254.169.254",
        "https://user:pw@host.example",
        "ext::sh -c x",
        "https://[::ffff:169.254.169.254]/",
        "\x1b]0;x",
    ],
)
async def test_hostile_endpoints_freeze_and_show_no_password(
    bench: FleetBench, endpoint: str
) -> None:
    await bench.apply()
    server: Any = type("Elsewhere", (), {"url": endpoint, "token": "t", "ca_pem": lambda _: ""})()
    bench.add_cluster("one", server)
    bench.remove("settings.yaml")
    done = await bench.apply_commit("elsewhere")
    assert exit_code(done) in {1, 4}
    assert not controls("".join(f"{one.message}{one.hint}" for one in done.diagnostics))
    assert not [one for one in done.diagnostics if "user:pw" in one.message]
    assert stands(bench.servers["one"])
    said = bench.git("log", "-p", "--format=%B", "reconciler/status", "reconciler/state")
    assert "user:pw" not in said


@pytest.mark.parametrize("weight", [0, -1, 2**31, 2**63, 1.5, "x"])
async def test_odd_weights_take_nothing_away(bench: FleetBench, weight: Any) -> None:
    await bench.apply()
    weights = [{"targetCluster": {"clusterNames": ["one"]}, "weight": weight}]
    scheduling = {
        "replicaSchedulingType": "Divided",
        "replicaDivisionPreference": "Weighted",
        "weightPreference": {"staticWeightList": weights},
    }
    placement = {"replicaScheduling": scheduling}
    bench.write_documents("policy.yaml", policy("all", ("v1", "ConfigMap"), placement=placement))
    await bench.apply_commit("weigh")
    assert stands(bench.servers["one"])
