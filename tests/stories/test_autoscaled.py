"""A Deployment that an autoscaler of the fleet scales keeps the replicas that its members have."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from reconciler.adapters.simulation import SimulatedCluster
from reconciler.interpret.kinds.deployment import RETAIN_LABEL
from tests.stories.fleetbench import FleetBench, deployment, policy, written
from tests.stories.memberbench import CountingFleet, SimulatedServer
from tests.stories.servicebench import RunningHub, SourceRepo, eventually, running

KINDS = (("apps/v1", "Deployment"), ("autoscaling/v2", "HorizontalPodAutoscaler"))
DIVIDED = {
    "replicaScheduling": {
        "replicaSchedulingType": "Divided",
        "replicaDivisionPreference": "Weighted",
    }
}


def autoscaler(target: str = "web", **more: Any) -> Any:
    """An autoscaler of a Deployment."""
    return {
        "apiVersion": "autoscaling/v2",
        "kind": "HorizontalPodAutoscaler",
        "metadata": {"name": "web", "namespace": "shop"},
        "spec": {
            "scaleTargetRef": {"apiVersion": "apps/v1", "kind": "Deployment", "name": target},
            "minReplicas": 1,
            "maxReplicas": 9,
            **more,
        },
    }


@pytest.fixture
def fleet() -> Iterator[CountingFleet]:
    """Two members; nobody but the test scales anything there."""
    fleet = CountingFleet(["one", "two"], controllers=False)
    yield fleet
    fleet.stop()


@pytest.fixture
def bench(tmp_path: Path, fleet: CountingFleet) -> FleetBench:
    """Four replicas, divided, and an autoscaler that goes to both members too."""
    servers = {name: SimulatedServer(fleet, end) for name, end in fleet.start().items()}
    bench = FleetBench(tmp_path, servers)
    bench.write_documents("web.yaml", deployment("web", replicas=4))
    bench.write_documents("other.yaml", deployment("other", replicas=4))
    bench.write_documents("hpa.yaml", autoscaler())
    bench.write_documents("policy.yaml", policy("all", *KINDS, placement=DIVIDED))
    bench.commit("begin")
    return bench


def replicas(cluster: SimulatedCluster, name: str = "web") -> int:
    """How many it is to have there."""
    body = cluster.get("apps/v1", "Deployment", name, "shop")
    assert body is not None
    return int(body["spec"]["replicas"])


def scale(cluster: SimulatedCluster, count: int, name: str = "web") -> None:
    """What the autoscaler of a member does."""
    change = {"spec": {"replicas": count}}
    cluster.patch("apps/v1", "Deployment", name, change, namespace="shop")


async def test_what_an_autoscaler_did_stays(bench: FleetBench, fleet: CountingFleet) -> None:
    await bench.apply()
    assert [replicas(one) for one in fleet] == [2, 2], "the first division is ours"
    scale(fleet["one"], 7)
    scale(fleet["two"], 1)
    scale(fleet["one"], 7, "other")
    assert written(await bench.apply()) == {("one", "update", "apps/Deployment shop/other")}
    assert [replicas(one) for one in fleet] == [7, 1]

    bench.write_documents("web.yaml", deployment("web", replicas=4, image="shop/web:2"))
    await bench.apply_commit("another image")
    assert [replicas(one) for one in fleet] == [7, 1], "a new image does not reset them"
    for one in fleet:
        body = one.get("apps/v1", "Deployment", "web", "shop")
        assert body is not None
        assert body["spec"]["template"]["spec"]["containers"][0]["image"] == "shop/web:2"
    bench.restart()
    assert written(await bench.apply()) == set()


async def test_replicas_are_ours_again_without_the_autoscaler(
    bench: FleetBench, fleet: CountingFleet
) -> None:
    await bench.apply()
    scale(fleet["one"], 7)
    bench.write("hpa.yaml", "apiVersion: autoscaling/v2\nkind: [")
    await bench.apply_commit("an autoscaler that cannot be read")
    assert replicas(fleet["one"]) == 7, "what cannot be read is not gone"
    bench.remove("hpa.yaml")
    await bench.apply_commit("no autoscaler")
    assert [replicas(one) for one in fleet] == [2, 2]


async def test_only_propagated_autoscalers_count_and_the_template_has_the_last_word(
    bench: FleetBench, fleet: CountingFleet
) -> None:
    bench.write_documents("policy.yaml", policy("all", KINDS[0], placement=DIVIDED))
    await bench.apply_commit("the autoscaler goes nowhere")
    scale(fleet["one"], 7)
    await bench.apply()
    assert replicas(fleet["one"]) == 2
    bench.write_documents("policy.yaml", policy("all", *KINDS, placement=DIVIDED))
    marked = deployment("web", replicas=4, labels={RETAIN_LABEL: "false"})
    bench.write_documents("web.yaml", marked)
    await bench.apply_commit("the template says no")
    scale(fleet["one"], 7)
    await bench.apply()
    assert replicas(fleet["one"]) == 2


def test_a_running_service_does_not_fight_an_autoscaler(
    tmp_path: Path, fleet: CountingFleet
) -> None:
    source = SourceRepo(tmp_path, fleet.start())
    source.documents("web.yaml", deployment("web", replicas=4), autoscaler())
    source.documents("policy.yaml", policy("all", *KINDS, placement=DIVIDED))
    source.commit("begin")
    with running(RunningHub(source)) as hub:
        eventually(lambda: hub.get("/readyz")[0] == 200)
        for count in (5, 6, 7):
            scale(fleet["one"], count)
            time.sleep(0.3)
        fleet["two"].delete("apps/v1", "Deployment", "web", namespace="shop")
        eventually(lambda: fleet["two"].get("apps/v1", "Deployment", "web", "shop"))
        assert [replicas(one) for one in fleet] == [7, 2]
        assert [one["cluster"] for one in hub.lines("healed")] == ["two"]
