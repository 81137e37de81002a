"""Clusters with `syncMode: Pull`: a works branch stands for them, and changes as a member does."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from reconciler.model.report import Health
from reconciler.runtime.offline import Planner
from reconciler.runtime.recovering import Recovering
from reconciler.runtime.repository import FleetRepository
from tests.stories.fleetbench import (
    FleetBench,
    codes,
    config_map,
    deployment,
    policy,
    written,
)
from tests.stories.memberbench import CountingFleet, SimulatedServer

BRANCH = "reconciler/works/away"
ALL = (("apps/v1", "Deployment"), ("v1", "ConfigMap"), ("v1", "Secret"))


@pytest.fixture
def bench(tmp_path: Path) -> Iterator[FleetBench]:
    """One member that is written to, and `away`, of which nobody has an address."""
    fleet = CountingFleet(["one"], version="1.30")
    endpoints = fleet.start()
    bench = FleetBench(tmp_path, {"one": SimulatedServer(fleet, endpoints["one"])})
    document: dict[str, Any] = {
        "apiVersion": "cluster.karmada.io/v1alpha1",
        "kind": "Cluster",
        "metadata": {"name": "away"},
        "spec": {"syncMode": "Pull"},
    }
    bench.write_documents("clusters/away.yaml", document)
    bench.write_documents("web.yaml", deployment("web"))
    bench.write_documents("settings.yaml", config_map("settings", level="info"))
    bench.write_documents("policy.yaml", policy("all", *ALL))
    yield bench
    fleet.stop()


def files(bench: FleetBench, branch: str = BRANCH) -> dict[str, Any]:
    """What stands on a branch."""
    paths = bench.git("ls-tree", "-r", "--name-only", branch).split()
    return {path: yaml.safe_load(bench.git("show", f"{branch}:{path}")) for path in paths}


async def test_a_member_that_follows_is_placed_on_without_being_asked(bench: FleetBench) -> None:
    done = await bench.apply_commit()
    assert not done.has_failures
    assert set(files(bench)) == {
        "_cluster/core/Namespace/shop.yaml",
        "shop/apps/Deployment/web.yaml",
        "shop/core/ConfigMap/settings.yaml",
    }
    assert done.report is not None
    assert done.report.source_commit
    assert bench.summary()["everythingApplied"] is True
    members = [one for status in done.report.templates.values() for one in status.members]
    away = [one for one in members if one.cluster == "away"]
    assert {(one.applied, one.health) for one in away} == {(True, Health.UNKNOWN)}
    assert "clusters/away.yaml" not in bench.git(
        "ls-tree", "-r", "--name-only", "reconciler/status"
    )


async def test_a_second_pass_moves_no_branch(bench: FleetBench) -> None:
    await bench.apply_commit()
    tip = bench.git("rev-parse", BRANCH)
    bench.restart()
    assert written(await bench.apply()) == set()
    assert bench.git("rev-parse", BRANCH) == tip


async def test_a_field_that_is_taken_out_leaves_the_branch(bench: FleetBench) -> None:
    bench.write_documents("settings.yaml", config_map("settings", level="info", extra="yes"))
    await bench.apply_commit()
    bench.write_documents("settings.yaml", config_map("settings", level="info"))
    await bench.apply_commit()
    assert files(bench)["shop/core/ConfigMap/settings.yaml"]["data"] == {"level": "info"}


async def test_what_git_does_not_want_any_more_leaves_the_branch(bench: FleetBench) -> None:
    await bench.apply_commit()
    bench.remove("settings.yaml")
    done = await bench.apply_commit()
    assert ("away", "delete", "ConfigMap shop/settings") in written(done)
    assert "shop/core/ConfigMap/settings.yaml" not in files(bench)
    assert "_cluster/core/Namespace/shop.yaml" in files(bench), "a bare namespace is never pruned"
    assert written(await bench.apply()) == set()


async def test_a_deletion_that_waits_stays_on_the_branch(bench: FleetBench) -> None:
    many = [config_map(f"c{number}", level="x") for number in range(30)]
    bench.write_documents("many.yaml", *many)
    await bench.apply_commit()
    bench.remove("many.yaml")
    done = await bench.apply_commit()
    assert done.outcome.plan.hold is not None
    assert "shop/core/ConfigMap/c7.yaml" in files(bench)
    again = await bench.apply()
    hold = again.outcome.plan.hold
    assert hold is not None
    await bench.apply_commit(f"Close\n\nApprove-Deletes: {hold.digest}\n")
    assert "shop/core/ConfigMap/c7.yaml" not in files(bench)


async def test_what_cannot_be_read_any_more_stays_on_the_branch(bench: FleetBench) -> None:
    await bench.apply_commit()
    before = files(bench)
    bench.write("settings.yaml", "kind: [broken\n")
    bench.write("web.yaml", "- nothing\n")
    done = await bench.apply_commit()
    assert codes(done)
    assert files(bench) == before


async def test_a_branch_that_cannot_be_read_freezes_its_member(bench: FleetBench) -> None:
    await bench.apply_commit()
    bench.git("switch", "-q", BRANCH)
    bench.write("shop/core/ConfigMap/settings.yaml", "kind: [broken\n")
    bench.commit("vandalism")
    bench.git("switch", "-q", "main")
    tip = bench.git("rev-parse", BRANCH)
    bench.remove("settings.yaml")
    done = await bench.apply_commit()
    assert codes(done) == {"RC080"}
    assert bench.git("rev-parse", BRANCH) == tip


async def test_secrets_go_there_only_where_the_fleet_says_so(bench: FleetBench) -> None:
    secret = {
        "apiVersion": "v1",
        "kind": "Secret",
        "metadata": {"name": "key", "namespace": "shop"},
        "stringData": {"password": "canary-5b0c"},
    }
    bench.write_documents("secret.yaml", secret)
    done = await bench.apply_commit()
    assert "canary-5b0c" not in bench.git("log", "-p", BRANCH)
    assert bench.summary()["everythingApplied"] is False
    assert {one.code for one in done.diagnostics} == {"RC070"}
    config = (bench.repo / "reconciler.yaml").read_text()
    bench.write("reconciler.yaml", config + "writeBack: {secrets: plain}\n")
    await bench.apply_commit()
    assert "shop/core/Secret/key.yaml" in files(bench)


async def test_a_lost_state_branch_is_noticed_and_rebuilt(bench: FleetBench) -> None:
    await bench.apply_commit()
    before = files(bench)
    bench.git("update-ref", "-d", "refs/heads/reconciler/state")
    bench.restart()
    assert codes(await bench.apply()) == {"RC043"}
    recovered = await Recovering(bench.hub).recover()
    assert set(recovered.state.recorded) == {"one", "away"}
    assert written(await bench.apply()) == set()
    assert files(bench) == before


async def test_a_branch_beside_a_member_keeps_what_the_member_keeps(bench: FleetBench) -> None:
    config = (bench.repo / "reconciler.yaml").read_text()
    bench.write("reconciler.yaml", config + "writeBack: {works: all}\n")
    many = [config_map(f"c{number}", level="x") for number in range(30)]
    bench.write_documents("many.yaml", *many)
    await bench.apply_commit()
    bench.remove("many.yaml")
    done = await bench.apply_commit()
    assert done.outcome.plan.hold is not None
    assert "shop/core/ConfigMap/c7.yaml" in files(bench, "reconciler/works/one")
    bench.restart()
    again = await bench.apply()
    assert "shop/core/ConfigMap/c7.yaml" in files(bench, "reconciler/works/one")
    assert again.outcome.plan.hold is not None
    await bench.apply_commit(f"Close\n\nApprove-Deletes: {again.outcome.plan.hold.digest}\n")
    assert "shop/core/ConfigMap/c7.yaml" not in files(bench, "reconciler/works/one")


async def test_a_plan_offline_is_the_plan_that_is_carried_out(bench: FleetBench) -> None:
    secret = {
        "apiVersion": "v1",
        "kind": "Secret",
        "metadata": {"name": "key", "namespace": "shop"},
        "stringData": {"password": "canary-5b0c"},
    }
    await bench.apply_commit()
    bench.write_documents("secret.yaml", secret)
    bench.write_documents("settings.yaml", config_map("settings", level="debug"))
    bench.commit()
    planned = Planner(FleetRepository.local(bench.repo)).plan().head.plan
    assert {(one.cluster, one.key.kind) for one in planned.changes} == {
        ("one", "Secret"),
        ("one", "ConfigMap"),
        ("away", "ConfigMap"),
    }
    done = await bench.hub.reconcile(plan_digest=planned.digest)
    assert not done.has_failures


async def test_a_secret_that_is_withheld_again_is_not_called_applied(bench: FleetBench) -> None:
    config = (bench.repo / "reconciler.yaml").read_text()
    bench.write("reconciler.yaml", config + "writeBack: {secrets: plain}\n")
    secret = {
        "apiVersion": "v1",
        "kind": "Secret",
        "metadata": {"name": "key", "namespace": "shop"},
        "stringData": {"password": "canary-5b0c"},
    }
    bench.write_documents("secret.yaml", secret)
    await bench.apply_commit()
    assert bench.summary()["everythingApplied"] is True
    bench.write("reconciler.yaml", config)
    await bench.apply_commit()
    assert "shop/core/Secret/key.yaml" in files(bench), "what follows may prune: it stays"
    assert bench.summary()["everythingApplied"] is False
