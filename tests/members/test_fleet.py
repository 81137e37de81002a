"""Fleets: serving, state files, kubeconfigs, and clusters with thousands of generated nodes."""

from __future__ import annotations

import shutil
import stat
from pathlib import Path

import aiohttp
import pytest
import requests
import yaml

from reconciler.adapters.simulation import SimulatedCluster, SimulatedFleet
from reconciler.adapters.simulation.certificates import self_signed
from reconciler.adapters.simulation.kubeconfig import write
from reconciler.adapters.simulation.running import Simulation, running
from tests.members.contract import deployment

NAMESPACE = {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "kept"}}


async def test_a_fleet_is_served_in_an_event_loop() -> None:
    fleet = SimulatedFleet(clusters=2)
    async with fleet.serve() as endpoints, aiohttp.ClientSession() as session:
        assert list(endpoints) == ["member1", "member2"]
        for endpoint in endpoints.values():
            headers = {"Authorization": f"Bearer {endpoint.token}"}
            async with session.get(endpoint.url + "/api/v1/nodes", headers=headers) as answer:
                assert len((await answer.json())["items"]) == 3


def test_an_unknown_cluster_is_not_found() -> None:
    fleet = SimulatedFleet(["a"])
    try:
        url = fleet.start()["a"].url
        assert requests.get(f"{url}x/api", timeout=5).status_code == 404
    finally:
        fleet.close()


def test_clusters_have_lasting_identities() -> None:
    uids = {
        name: (SimulatedCluster(name).get("v1", "Namespace", "kube-system") or {})["metadata"][
            "uid"
        ]
        for name in ("a", "b", "a")
    }
    assert len(set(uids.values())) == 2


def test_versions_outside_the_range_are_refused() -> None:
    for version in ("1.19", "2.0", "latest"):
        with pytest.raises(ValueError, match="version"):
            SimulatedCluster("a", version=version)


def test_a_state_file_survives_a_restart(tmp_path: Path) -> None:
    path = tmp_path / "state.sqlite"
    fleet = SimulatedFleet(["a"], path=path)
    fleet.start()
    fleet["a"].create(NAMESPACE)
    fleet["a"].create({**deployment("web"), "metadata": {"name": "web", "namespace": "kept"}})
    fleet["a"].delete("v1", "Node", "node-3")
    revision = fleet["a"].store.revision
    fleet.close()
    again = SimulatedFleet(["a"], path=path)
    try:
        assert again["a"].get("apps/v1", "Deployment", "web", "kept") is not None
        assert again["a"].get("v1", "Node", "node-3") is None
        assert again["a"].store.revision >= revision
    finally:
        again.close()


def test_kubeconfigs_name_url_and_token(tmp_path: Path) -> None:
    fleet = SimulatedFleet(["a", "b"])
    try:
        endpoints = fleet.start()
        paths = write(tmp_path / "configs", endpoints)
    finally:
        fleet.close()
    assert [path.name for path in paths] == ["a.kubeconfig", "b.kubeconfig"]
    assert stat.S_IMODE(paths[0].stat().st_mode) == 0o600
    config = yaml.safe_load(paths[0].read_text())
    assert config["clusters"][0]["cluster"]["server"] == endpoints["a"].url
    assert config["users"][0]["user"]["token"] == endpoints["a"].token


@pytest.mark.skipif(shutil.which("openssl") is None, reason="openssl makes the certificate")
def test_a_fleet_can_be_served_over_tls(tmp_path: Path) -> None:
    fleet = SimulatedFleet(["a"], certificate=self_signed(tmp_path))
    try:
        endpoint = fleet.start()["a"]
        assert endpoint.url.startswith("https://")
        response = requests.get(endpoint.url + "/readyz", verify=str(endpoint.ca_file), timeout=5)
        assert response.text == "ok"
    finally:
        fleet.close()


def test_thousands_of_nodes_and_pods_are_listed_in_pages() -> None:
    fleet = SimulatedFleet(["a"], nodes=5000, pods=20000)
    cluster = fleet["a"]
    try:
        endpoint = fleet.start()["a"]
        headers = {"Authorization": f"Bearer {endpoint.token}"}
        url = endpoint.url + "/api/v1/nodes?limit=500"
        page = requests.get(url, headers=headers, timeout=20).json()
        assert len(page["items"]) == 500
        assert page["metadata"]["remainingItemCount"] == 4500
        token = page["metadata"]["continue"]
        page = requests.get(f"{url}&continue={token}", headers=headers, timeout=20).json()
        assert page["items"][0]["metadata"]["name"] == "node-00500"
        cordon = {"spec": {"unschedulable": True}}
        changed = cluster.patch("v1", "Node", "node-00007", cordon)
        assert changed["spec"]["unschedulable"] is True
        assert (cluster.get("v1", "Node", "node-00007") or {})["spec"]["unschedulable"] is True
        cluster.delete("v1", "Node", "node-00008")
        assert len(cluster.list("v1", "Node")) == 4999
    finally:
        fleet.close()


async def test_a_simulation_runs_with_kubeconfigs_and_state(tmp_path: Path) -> None:
    simulation = Simulation(
        clusters=2, kubeconfig_folder=tmp_path / "configs", state=tmp_path / "state.sqlite"
    )
    async with running(simulation) as first:
        assert [path.name for path in first.kubeconfigs] == [
            "member1.kubeconfig",
            "member2.kubeconfig",
        ]
        first.fleet["member1"].create(NAMESPACE)
    async with running(simulation) as second:
        assert second.fleet["member1"].get("v1", "Namespace", "kept") is not None
        assert second.fleet["member2"].get("v1", "Namespace", "kept") is None
