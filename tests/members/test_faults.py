"""What goes wrong on demand, through Python and through the control endpoint."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator

import pytest
import requests

from reconciler.adapters.simulation import Endpoint, Faults, SimulatedFleet
from reconciler.adapters.simulation.faults import HEALTHY

PODS = "/api/v1/pods"


@pytest.fixture(scope="module")
def fleet() -> Iterator[SimulatedFleet]:
    made = SimulatedFleet(["a", "b"], nodes=1)
    yield made
    made.close()


@pytest.fixture(scope="module")
def endpoints(fleet: SimulatedFleet) -> dict[str, Endpoint]:
    return dict(fleet.start())


@pytest.fixture(autouse=True)
def healthy(fleet: SimulatedFleet) -> Iterator[None]:
    yield
    for cluster in fleet:
        cluster.faults = HEALTHY


def ask(endpoint: Endpoint, path: str = PODS, seconds: float = 5.0) -> requests.Response:
    headers = {"Authorization": f"Bearer {endpoint.token}"}
    return requests.get(endpoint.url + path, headers=headers, timeout=seconds)


@pytest.mark.parametrize("status", [429, 500, 503])
def test_a_status_instead_of_the_truth(
    fleet: SimulatedFleet, endpoints: dict[str, Endpoint], status: int
) -> None:
    fleet["a"].faults = Faults(status=status, retry_after=7)
    response = ask(endpoints["a"])
    assert response.status_code == response.json()["code"] == status
    assert response.headers.get("Retry-After") == (None if status == 500 else "7")
    assert ask(endpoints["b"]).status_code == 200


def test_a_dropped_connection(fleet: SimulatedFleet, endpoints: dict[str, Endpoint]) -> None:
    for faults in (Faults(drop_probability=1.0), Faults(expired_certificate=True)):
        fleet["a"].faults = faults
        with pytest.raises(requests.ConnectionError):
            ask(endpoints["a"])


def test_part_of_a_body(fleet: SimulatedFleet, endpoints: dict[str, Endpoint]) -> None:
    fleet["a"].faults = Faults(partial_probability=1.0)
    with pytest.raises(requests.RequestException):
        ask(endpoints["a"])


def test_garbage(fleet: SimulatedFleet, endpoints: dict[str, Endpoint]) -> None:
    fleet["a"].faults = Faults(garbage_probability=1.0)
    response = ask(endpoints["a"])
    with pytest.raises(ValueError, match=r".+"):
        json.loads(response.content)


def test_latency(fleet: SimulatedFleet, endpoints: dict[str, Endpoint]) -> None:
    fleet["a"].faults = Faults(latency_seconds=0.3)
    started = time.monotonic()
    assert ask(endpoints["a"]).status_code == 200
    assert time.monotonic() - started >= 0.3


@pytest.mark.parametrize("faults", [Faults(partition=True), Faults(slow_loris=True)])
def test_no_answer_in_time(
    fleet: SimulatedFleet, endpoints: dict[str, Endpoint], faults: Faults
) -> None:
    fleet["a"].faults = faults
    with pytest.raises(requests.RequestException):
        _ = ask(endpoints["a"], seconds=0.4).content


def test_a_full_disk_refuses_writes_only(
    fleet: SimulatedFleet, endpoints: dict[str, Endpoint]
) -> None:
    fleet["a"].faults = Faults(storage_full=True)
    assert ask(endpoints["a"]).status_code == 200
    response = requests.post(
        endpoints["a"].url + "/api/v1/namespaces",
        json={"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "x"}},
        headers={"Authorization": f"Bearer {endpoints['a'].token}"},
        timeout=5,
    )
    assert response.status_code == 500
    assert "space exceeded" in response.json()["message"]


def test_a_stale_watch_is_gone(fleet: SimulatedFleet, endpoints: dict[str, Endpoint]) -> None:
    fleet["a"].faults = Faults(stale_watch=True)
    event = ask(endpoints["a"], PODS + "?watch=1&resourceVersion=150").json()
    assert (event["type"], event["object"]["code"]) == ("ERROR", 410)


def test_a_silent_watch_says_nothing(fleet: SimulatedFleet, endpoints: dict[str, Endpoint]) -> None:
    fleet["a"].faults = Faults(silent_watch=True)
    version = ask(endpoints["a"]).json()["metadata"]["resourceVersion"]
    fleet["a"].create({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "quiet"}})
    path = f"/api/v1/namespaces?watch=1&resourceVersion={version}&timeoutSeconds=1"
    fleet["a"].create({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "quieter"}})
    events = [json.loads(line) for line in ask(endpoints["a"], path).text.splitlines()]
    # What was due when the watch began is told; what follows is not.
    assert len(events) <= 2


def test_a_skewed_clock(fleet: SimulatedFleet) -> None:
    fleet["a"].faults = Faults(clock_skew_seconds=-3600.0)
    manifest = {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "early"}}
    early = fleet["a"].create(manifest)["metadata"]["creationTimestamp"]
    fleet["a"].faults = HEALTHY
    assert early < fleet["a"].timestamp(after_seconds=-3000)


def test_the_control_endpoint_sets_faults(
    fleet: SimulatedFleet, endpoints: dict[str, Endpoint]
) -> None:
    base = endpoints["a"].url.split("/clusters/")[0] + "/simulation"
    listed = requests.get(base, timeout=5).json()
    assert [one["name"] for one in listed["clusters"]] == ["a", "b"]
    faults = f"{base}/a/faults"
    assert requests.patch(faults, json={"status": 503}, timeout=5).json()["status"] == 503
    assert ask(endpoints["a"]).status_code == 503
    assert requests.put(faults, json={}, timeout=5).json()["status"] == 0
    assert ask(endpoints["a"]).status_code == 200
    assert requests.patch(faults, json={"nonsense": 1}, timeout=5).status_code == 400
    assert requests.patch(faults, json={"status": "x"}, timeout=5).status_code == 400


def test_a_restart_with_and_without_data(
    fleet: SimulatedFleet, endpoints: dict[str, Endpoint]
) -> None:
    cluster = fleet["b"]
    cluster.create({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "kept"}})
    uid = (cluster.get("v1", "Namespace", "kube-system") or {})["metadata"]["uid"]
    base = endpoints["b"].url.split("/clusters/")[0] + "/simulation/b/restart"
    requests.post(base, json={"keepData": True}, timeout=5)
    assert cluster.get("v1", "Namespace", "kept") is not None
    events = ask(endpoints["b"], PODS + "?watch=1&resourceVersion=1&timeoutSeconds=1").json()
    assert events["object"]["code"] == 410
    requests.post(base, json={"keepData": False}, timeout=5)
    assert cluster.get("v1", "Namespace", "kept") is None
    assert (cluster.get("v1", "Namespace", "kube-system") or {})["metadata"]["uid"] == uid


def test_what_was_compacted_is_gone(fleet: SimulatedFleet, endpoints: dict[str, Endpoint]) -> None:
    namespaces = "/api/v1/namespaces"
    page = ask(endpoints["a"], f"{namespaces}?limit=1").json()["metadata"]
    fleet["a"].create({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "later"}})
    base = endpoints["a"].url.split("/clusters/")[0] + "/simulation/a/compact"
    assert requests.post(base, timeout=5).status_code == 200
    gone = ask(endpoints["a"], f"{namespaces}?limit=1&continue={page['continue']}")
    assert (gone.status_code, gone.json()["reason"]) == (410, "Expired")
    version = page["resourceVersion"]
    event = ask(endpoints["a"], f"{namespaces}?watch=1&resourceVersion={version}").json()
    assert (event["type"], event["object"]["reason"]) == ("ERROR", "Expired")
