"""A Deployment divided over two real API servers with real controllers: sums, health, wait.

No kubelet runs; the test sets the pods' status.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest

from tests.realcluster import RealApiServer, assets
from tests.stories.fleetbench import FleetBench, deployment, policy
from tests.stories.memberbench import RealServer, Server
from tests.stories.podbench import make_ready, pods, until
from tests.stories.program import started

pytestmark = [pytest.mark.cluster, pytest.mark.timeout(240)]

WEB = "status/shop/apps/Deployment/web.yaml"
TWO_TO_ONE = {
    "replicaScheduling": {
        "replicaSchedulingType": "Divided",
        "replicaDivisionPreference": "Weighted",
        "weightPreference": {
            "staticWeightList": [
                {"targetCluster": {"clusterNames": ["one"]}, "weight": 2},
                {"targetCluster": {"clusterNames": ["two"]}, "weight": 1},
            ]
        },
    }
}


@pytest.fixture
def servers() -> Iterator[dict[str, Server]]:
    """Two API servers with the controllers that make ReplicaSets and pods."""
    binaries = assets()
    if binaries is None or not (binaries / "kube-controller-manager").exists():
        pytest.skip("KUBEBUILDER_ASSETS names no folder with kube-controller-manager")
    with ExitStack() as stack:
        yield {
            name: RealServer(stack.enter_context(RealApiServer(binaries, controller_manager=True)))
            for name in ("one", "two")
        }


async def applied_until(bench: FleetBench, condition: Any, seconds: float = 60.0) -> Any:
    """Passes until the report is as wanted; the report."""
    for _ in range(int(seconds / 0.5)):
        done = await bench.apply()
        assert not done.error
        document = bench.document("reconciler/status", WEB)
        if condition(document):
            return document
        await asyncio.sleep(0.5)
    raise AssertionError(document)


async def test_a_divided_deployment_reports_sums_and_wait_returns(
    tmp_path: Path, servers: dict[str, Server]
) -> None:
    bench = FleetBench(tmp_path, servers)
    bench.write_documents("web.yaml", deployment("web", replicas=3))
    bench.write_documents(
        "policy.yaml", policy("all", ("apps/v1", "Deployment"), placement=TWO_TO_ONE)
    )
    await bench.apply_commit("open the shop")
    until(lambda: len(pods(servers["one"])) == 2 and len(pods(servers["two"])) == 1)

    document = await applied_until(
        bench,
        lambda one: (
            (one["status"] or {}).get("unavailableReplicas") == 3
            and all(member.get("status", {}).get("conditions") for member in one["clusters"])
        ),
    )
    assert document["status"]["replicas"] == 3
    assert document["health"] == "Unhealthy"
    messages = {one["name"]: one["message"] for one in document["clusters"]}
    assert messages["one"].startswith("0 of 2 replicas available")
    assert messages["two"].startswith("0 of 1 replicas available")
    assert {one["replicas"] for one in document["clusters"]} == {1, 2}
    summary = bench.summary()
    assert summary["everythingApplied"] is True
    assert summary["templates"]["unhealthy"] == 1
    conditions = {one["type"]: one for one in document["status"]["conditions"]}
    assert conditions["Available"]["status"] == "False"

    with started(bench.repo, "wait", "Deployment/web", "--for=applied") as applied:
        assert applied.ended(10).code == 0
    with started(bench.repo, "wait", "Deployment/web", "--timeout", "1s") as early:
        assert early.ended(20).code == 1
    waiting = started(bench.repo, "wait", "Deployment/web", "--timeout", "90s", "--interval", "1s")
    with waiting as healthy:
        healthy.reads("0 of 2 replicas available")
        assert make_ready(servers["one"]) == 2
        await applied_until(bench, lambda one: one["clusters"][0]["health"] == "Healthy")
        healthy.reads("healthy on 1 of 2 clusters: two 0 of 1 replicas available")
        assert healthy.is_running
        assert make_ready(servers["two"]) == 1
        document = await applied_until(bench, lambda one: one["health"] == "Healthy")
        ended = healthy.ended(20)
    assert ended.code == 0
    assert ended.output == "apps/Deployment shop/web: healthy on 2 clusters\n"
    status = document["status"]
    sums = {name: status[name] for name in ("replicas", "readyReplicas", "availableReplicas")}
    assert sums == {"replicas": 3, "readyReplicas": 3, "availableReplicas": 3}
    assert status["observedGeneration"] == 1
    conditions = {one["type"]: one["status"] for one in status["conditions"]}
    assert conditions["Available"] == "True"
