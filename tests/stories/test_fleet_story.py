"""The main job, end to end: commits go in, objects stand on members, decisions and status come out.

Every story runs on two simulated members; those of `STORIES` once more on two real API servers.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from reconciler.model.errors import StalePlan
from reconciler.model.identity import ObjectKey
from reconciler.runtime.offline import Planner
from reconciler.runtime.repository import FleetRepository
from tests.realcluster import RealApiServer, assets
from tests.stories.fleetbench import (
    FleetBench,
    codes,
    config_map,
    deployment,
    messages,
    place,
    policy,
    written,
)
from tests.stories.memberbench import CountingFleet, RealServer, Server, SimulatedServer

WEB = ObjectKey("apps", "Deployment", "shop", "web")
SETTINGS = ObjectKey("", "ConfigMap", "shop", "settings")
BOTH = (("apps/v1", "Deployment"), ("v1", "ConfigMap"))


@pytest.fixture(
    params=["simulated", pytest.param("real", marks=pytest.mark.cluster)], scope="module"
)
def servers(request: pytest.FixtureRequest) -> Iterator[dict[str, Server]]:
    """Two members, started once for all stories."""
    names = ("one", "two")
    with ExitStack() as stack:
        if request.param == "simulated":
            fleets = {name: CountingFleet([name], version="1.30") for name in names}
            for fleet in fleets.values():
                stack.callback(fleet.stop)
            yield {
                name: SimulatedServer(fleet, fleet.start()[name]) for name, fleet in fleets.items()
            }
            return
        binaries = assets()
        if binaries is None:
            pytest.skip("KUBEBUILDER_ASSETS names no folder with etcd and kube-apiserver")
        real = {name: stack.enter_context(RealApiServer(binaries)) for name in names}
        yield {name: RealServer(server) for name, server in real.items()}


@pytest.fixture
def bench(tmp_path: Path, servers: dict[str, Server]) -> Iterator[FleetBench]:
    """A fleet of both members with a Deployment and a ConfigMap on each; cleaned up afterwards."""
    bench = FleetBench(tmp_path, servers)
    bench.write_documents("web.yaml", deployment("web"))
    bench.write_documents("settings.yaml", config_map("settings", level="info"))
    bench.write_documents("policy.yaml", policy("all", *BOTH))
    yield bench
    for server in servers.values():
        for kind in ("Deployment", "ConfigMap"):
            for name in ("web", "settings", "other"):
                server.request("DELETE", place(kind, name))


def total_writes(bench: FleetBench) -> int:
    """Writing requests that all members have seen."""
    return sum(server.writes() for server in bench.servers.values())


async def test_a_commit_becomes_objects_and_its_status_a_commit(bench: FleetBench) -> None:
    done = await bench.apply_commit("open the shop")
    assert not done.has_failures
    for name in ("one", "two"):
        assert (name, "create", str(WEB)) in written(done)
        status, body = bench.servers[name].request("GET", place("Deployment", "web"))
        assert status == 200
        assert body["spec"]["replicas"] == 2
    assert bench.summary()["everythingApplied"] is True
    binding = bench.document("reconciler/state", "bindings/shop/apps/Deployment/web.yaml")
    assert [one["name"] for one in binding["spec"]["clusters"]] == ["one", "two"]
    commit = bench.git("rev-parse", "HEAD").strip()
    assert f"Source-Commit: {commit}" in bench.git("log", "-1", "--format=%B", "reconciler/state")


async def test_a_second_apply_makes_no_writing_request(bench: FleetBench) -> None:
    await bench.apply_commit()
    before, decided = total_writes(bench), bench.git("rev-parse", "reconciler/state")
    for _ in range(20):
        # Members make progress of their own, which the status branch follows until they are done.
        branches = bench.git("show-ref")
        assert written(await bench.apply()) == set()
        if bench.git("show-ref") == branches:
            break
    else:
        pytest.fail("the branches never came to rest")
    assert total_writes(bench) == before
    assert bench.git("rev-parse", "reconciler/state") == decided


async def test_a_hub_that_forgot_everything_writes_nothing(bench: FleetBench) -> None:
    await bench.apply_commit()
    before = total_writes(bench)
    bench.restart()
    assert written(await bench.apply()) == set()
    assert total_writes(bench) == before


async def test_a_manual_scale_is_healed(bench: FleetBench) -> None:
    await bench.apply_commit()
    one = bench.servers["one"]
    one.request(
        "PATCH",
        place("Deployment", "web") + "/scale",
        {"spec": {"replicas": 5}},
        content_type="application/merge-patch+json",
    )
    done = await bench.apply()
    assert written(done) == {("one", "update", str(WEB))}
    assert one.request("GET", place("Deployment", "web"))[1]["spec"]["replicas"] == 2


async def test_a_field_of_another_manager_survives(bench: FleetBench) -> None:
    await bench.apply_commit()
    one = bench.servers["one"]
    one.request(
        "PATCH",
        place("Deployment", "web") + "?fieldManager=somebody",
        {"spec": {"minReadySeconds": 7}},
        content_type="application/merge-patch+json",
    )
    bench.write_documents("web.yaml", deployment("web", image="shop/web:2"))
    await bench.apply_commit()
    spec = one.request("GET", place("Deployment", "web"))[1]["spec"]
    assert spec["minReadySeconds"] == 7
    assert spec["template"]["spec"]["containers"][0]["image"] == "shop/web:2"


async def test_retained_replicas_survive_a_label_change(bench: FleetBench) -> None:
    retained = {"resourcetemplate.karmada.io/retain-replicas": "true"}
    bench.write_documents("web.yaml", deployment("web", labels=retained))
    await bench.apply_commit()
    one = bench.servers["one"]
    one.request(
        "PATCH",
        place("Deployment", "web") + "/scale?fieldManager=autoscaler",
        {"spec": {"replicas": 7}},
        content_type="application/merge-patch+json",
    )
    bench.write_documents("web.yaml", deployment("web", labels={**retained, "tier": "front"}))
    await bench.apply_commit()
    body = one.request("GET", place("Deployment", "web"))[1]
    assert body["metadata"]["labels"]["tier"] == "front"
    assert body["spec"]["replicas"] == 7
    assert written(await bench.apply()) == set()


async def test_an_object_removed_in_git_is_pruned(bench: FleetBench) -> None:
    await bench.apply_commit()
    bench.remove("settings.yaml")
    done = await bench.apply_commit("close")
    assert ("one", "delete", str(SETTINGS)) in written(done)
    assert bench.servers["one"].request("GET", place("ConfigMap", "settings"))[0] == 404
    assert bench.servers["one"].request("GET", place("Deployment", "web"))[0] == 200
    await bench.apply()
    assert written(await bench.apply()) == set()


async def test_an_equal_object_is_adopted_and_an_unequal_one_a_conflict(bench: FleetBench) -> None:
    one, two = bench.servers["one"], bench.servers["two"]
    for server, level in ((one, "info"), (two, "debug")):
        server.request(
            "POST",
            "/api/v1/namespaces",
            {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "shop"}},
        )
        body = config_map("settings", level=level)
        server.request("POST", "/api/v1/namespaces/shop/configmaps", body)
    done = await bench.apply_commit()
    assert ("one", "adopt", str(SETTINGS)) in written(done)
    assert any("it was there before and differs" in text for text in messages(done, SETTINGS))
    assert two.request("GET", place("ConfigMap", "settings"))[1]["data"] == {"level": "debug"}
    assert done.has_failures


async def test_an_object_of_another_fleet_is_not_touched(bench: FleetBench) -> None:
    one = bench.servers["one"]
    one.request(
        "POST",
        "/api/v1/namespaces",
        {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "shop"}},
    )
    body = config_map("settings", level="info")
    body["metadata"]["labels"] = {"karmada.io/managed": "true"}
    body["metadata"]["annotations"] = {"fleet-reconciler.io/fleet": "somebody-else"}
    one.request("POST", "/api/v1/namespaces/shop/configmaps", body)
    version = one.request("GET", place("ConfigMap", "settings"))[1]["metadata"]["resourceVersion"]
    done = await bench.apply_commit()
    assert any("another fleet" in text for text in messages(done, SETTINGS))
    after = one.request("GET", place("ConfigMap", "settings"))[1]["metadata"]["resourceVersion"]
    assert after == version


async def test_a_kind_that_members_do_not_serve_stops_nobody(bench: FleetBench) -> None:
    gadget = {
        "apiVersion": "example.io/v1",
        "kind": "Gadget",
        "metadata": {"name": "g", "namespace": "shop"},
    }
    bench.write_documents("gadget.yaml", gadget)
    kinds = "kinds: {example.io/Gadget: Namespaced}\n"
    bench.write("reconciler.yaml", (bench.repo / "reconciler.yaml").read_text() + kinds)
    bench.write_documents("policy.yaml", policy("all", *BOTH, ("example.io/v1", "Gadget")))
    done = await bench.apply_commit()
    assert ("one", "create", str(WEB)) in written(done)
    failing = bench.summary()["failing"]
    assert any("did not have the API resource" in one["message"] for one in failing)


async def test_a_stopped_member_freezes_alone(bench: FleetBench, tmp_path: Path) -> None:
    await bench.apply_commit()

    class Gone:
        """An endpoint where nobody listens any more."""

        url, token = "http://127.0.0.1:9", "x"

        def ca_pem(self) -> str:
            return ""

        def request(self, *_: object, **__: object) -> tuple[int, object]:
            raise AssertionError

        def writes(self) -> int:
            return 0

    bench.add_cluster("two", Gone())
    bench.remove("settings.yaml")
    bench.write_documents("web.yaml", deployment("web", image="shop/web:3"))
    done = await bench.apply_commit()
    assert set(done.outcome.frozen_clusters) == {"two"}
    assert written(done) == {("one", "update", str(WEB)), ("one", "delete", str(SETTINGS))}
    assert codes(done) == {"RC080"}
    two = bench.servers["two"]
    assert two.request("GET", place("ConfigMap", "settings"))[0] == 200
    bench.add_cluster("two", two)
    back = await bench.apply_commit("it is back")
    assert ("two", "delete", str(SETTINGS)) in written(back)
    assert not back.has_failures


async def test_the_offline_plan_is_what_apply_does_or_apply_refuses(bench: FleetBench) -> None:
    bench.commit("open the shop")
    planned = Planner(FleetRepository.local(bench.repo)).plan().head.plan
    done = await bench.hub.reconcile(plan_digest=planned.digest)
    assert ("one", "create", str(WEB)) in written(done)
    bench.write_documents("web.yaml", deployment("web", image="shop/web:4"))
    bench.commit("another")
    with pytest.raises(StalePlan, match="the plan is now"):
        await bench.hub.reconcile(plan_digest=planned.digest)
