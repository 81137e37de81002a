"""Workloads progress in a simulated cluster, on a clock that the test turns."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from reconciler.adapters.simulation import ManualClock, SimulatedCluster
from tests.members.contract import config_map, deployment

Manifest = dict[str, Any]


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock(datetime(2024, 5, 1, 12, 0, 30, tzinfo=UTC))


@pytest.fixture
def cluster(clock: ManualClock) -> SimulatedCluster:
    made = SimulatedCluster("c", clock=clock, controllers=True, nodes=2)
    made.settle()
    return made


def let_pass(cluster: SimulatedCluster, clock: ManualClock, seconds: int) -> None:
    for _ in range(seconds):
        clock.advance(1)
        cluster.settle()


def get(cluster: SimulatedCluster, api_version: str, kind: str, name: str) -> Manifest:
    found = cluster.get(api_version, kind, name, "default")
    assert found is not None
    return found


def test_nodes_become_ready(cluster: SimulatedCluster) -> None:
    nodes = cluster.list("v1", "Node")
    assert [one["status"]["conditions"][0]["status"] for one in nodes] == ["True", "True"]
    assert all("taints" not in one["spec"] for one in nodes)


def test_a_deployment_rolls_out(cluster: SimulatedCluster, clock: ManualClock) -> None:
    cluster.create(deployment("web", replicas=3))
    cluster.settle()
    status = get(cluster, "apps/v1", "Deployment", "web")["status"]
    assert (status["replicas"], status.get("readyReplicas", 0)) == (3, 0)
    let_pass(cluster, clock, 3)
    status = get(cluster, "apps/v1", "Deployment", "web")["status"]
    assert status["readyReplicas"] == status["updatedReplicas"] == 3
    assert {one["type"]: one["status"] for one in status["conditions"]} == {
        "Available": "True",
        "Progressing": "True",
    }


def test_a_new_image_replaces_the_pods(cluster: SimulatedCluster, clock: ManualClock) -> None:
    cluster.create(deployment("web"))
    let_pass(cluster, clock, 3)
    cluster.apply(deployment("web", image="img:2"), manager="other")
    let_pass(cluster, clock, 6)
    status = get(cluster, "apps/v1", "Deployment", "web")["status"]
    assert status["updatedReplicas"] == status["replicas"] == 2
    pods = cluster.list("v1", "Pod", "default")
    assert {pod["spec"]["containers"][0]["image"] for pod in pods} == {"img:2"}
    assert status["observedGeneration"] == 2


def test_deleting_a_deployment_deletes_its_pods(
    cluster: SimulatedCluster, clock: ManualClock
) -> None:
    cluster.create(deployment("web"))
    let_pass(cluster, clock, 3)
    cluster.delete("apps/v1", "Deployment", "web", "default")
    let_pass(cluster, clock, 2)
    assert cluster.list("v1", "Pod", "default") == []
    assert cluster.list("apps/v1", "ReplicaSet", "default") == []


def test_orphans_stay(cluster: SimulatedCluster, clock: ManualClock) -> None:
    cluster.create(deployment("web"))
    let_pass(cluster, clock, 3)
    cluster.delete("apps/v1", "Deployment", "web", "default", policy="Orphan")
    let_pass(cluster, clock, 2)
    (left,) = cluster.list("apps/v1", "ReplicaSet", "default")
    assert "ownerReferences" not in left["metadata"]
    assert cluster.get("apps/v1", "Deployment", "web", "default") is None


def test_pods_wait_where_nodes_are_full(cluster: SimulatedCluster, clock: ManualClock) -> None:
    manifest = deployment("big", replicas=5)
    resources = {"requests": {"cpu": "3"}}
    manifest["spec"]["template"]["spec"]["containers"][0]["resources"] = resources
    cluster.create(manifest)
    let_pass(cluster, clock, 3)
    pods = cluster.list("v1", "Pod", "default")
    waiting = [pod for pod in pods if pod["status"]["phase"] == "Pending"]
    assert len(waiting) == 1
    (condition,) = waiting[0]["status"]["conditions"]
    assert (condition["reason"], "Insufficient cpu" in condition["message"]) == (
        "Unschedulable",
        True,
    )
    reasons = [event["reason"] for event in cluster.list("v1", "Event", "default")]
    assert "FailedScheduling" in reasons
    cluster.add_node("node-3")
    let_pass(cluster, clock, 4)
    assert get(cluster, "apps/v1", "Deployment", "big")["status"]["readyReplicas"] == 5


def test_a_failing_image_keeps_pods_from_starting(
    cluster: SimulatedCluster, clock: ManualClock
) -> None:
    manifest = deployment("bad", replicas=1)
    annotation = {"simulation.fleet-reconciler.io/fails": "ImagePullBackOff"}
    manifest["spec"]["template"]["metadata"]["annotations"] = annotation
    cluster.create(manifest)
    let_pass(cluster, clock, 4)
    (pod,) = cluster.list("v1", "Pod", "default")
    state = pod["status"]["containerStatuses"][0]["state"]
    assert state["waiting"]["reason"] == "ImagePullBackOff"
    status = get(cluster, "apps/v1", "Deployment", "bad")["status"]
    assert status["unavailableReplicas"] == 1


def test_a_stateful_set_grows_in_order_with_claims(
    cluster: SimulatedCluster, clock: ManualClock
) -> None:
    manifest = deployment("db", replicas=2)
    manifest["kind"] = "StatefulSet"
    manifest["spec"]["serviceName"] = "db"
    claim = {"accessModes": ["ReadWriteOnce"], "resources": {"requests": {"storage": "1Gi"}}}
    manifest["spec"]["volumeClaimTemplates"] = [{"metadata": {"name": "data"}, "spec": claim}]
    cluster.create(manifest)
    cluster.settle()
    assert [pod["metadata"]["name"] for pod in cluster.list("v1", "Pod", "default")] == ["db-0"]
    let_pass(cluster, clock, 6)
    status = get(cluster, "apps/v1", "StatefulSet", "db")["status"]
    assert status["readyReplicas"] == 2
    assert status["currentRevision"] == status["updateRevision"]
    claims = cluster.list("v1", "PersistentVolumeClaim", "default")
    assert [one["metadata"]["name"] for one in claims] == ["data-db-0", "data-db-1"]
    assert {one["status"]["phase"] for one in claims} == {"Bound"}


def test_a_daemon_set_runs_on_every_node(cluster: SimulatedCluster, clock: ManualClock) -> None:
    manifest = deployment("agent", replicas=None)
    manifest["kind"] = "DaemonSet"
    cluster.create(manifest)
    let_pass(cluster, clock, 3)
    status = get(cluster, "apps/v1", "DaemonSet", "agent")["status"]
    assert status["desiredNumberScheduled"] == status["numberReady"] == 2


def job_spec() -> Manifest:
    container = {"name": "c", "image": "img:1"}
    return {"template": {"spec": {"restartPolicy": "Never", "containers": [container]}}}


def test_a_job_completes(cluster: SimulatedCluster, clock: ManualClock) -> None:
    metadata = {"name": "once", "namespace": "default"}
    spec = {**job_spec(), "completions": 2, "parallelism": 1}
    cluster.create({"apiVersion": "batch/v1", "kind": "Job", "metadata": metadata, "spec": spec})
    let_pass(cluster, clock, 20)
    status = get(cluster, "batch/v1", "Job", "once")["status"]
    assert status["succeeded"] == 2
    assert status["conditions"][0]["type"] == "Complete"


def test_a_cron_job_starts_jobs_on_time(cluster: SimulatedCluster, clock: ManualClock) -> None:
    metadata = {"name": "tick", "namespace": "default"}
    spec = {"schedule": "*/5 * * * *", "jobTemplate": {"spec": job_spec()}}
    manifest = {"apiVersion": "batch/v1", "kind": "CronJob", "metadata": metadata, "spec": spec}
    cluster.create(manifest)
    cluster.settle()
    assert cluster.list("batch/v1", "Job", "default") == []
    clock.advance(5 * 60)
    cluster.settle()
    assert len(cluster.list("batch/v1", "Job", "default")) == 1
    status = get(cluster, "batch/v1", "CronJob", "tick")["status"]
    assert status["lastScheduleTime"] == "2024-05-01T12:05:00Z"


def test_a_load_balancer_gets_an_address_and_endpoints(
    cluster: SimulatedCluster, clock: ManualClock
) -> None:
    cluster.create(deployment("web"))
    spec = {"type": "LoadBalancer", "selector": {"app": "web"}, "ports": [{"port": 80}]}
    metadata = {"name": "web", "namespace": "default"}
    cluster.create({"apiVersion": "v1", "kind": "Service", "metadata": metadata, "spec": spec})
    let_pass(cluster, clock, 3)
    status = get(cluster, "v1", "Service", "web")["status"]
    assert status["loadBalancer"]["ingress"][0]["ip"]
    subsets = get(cluster, "v1", "Endpoints", "web")["subsets"]
    assert len(subsets[0]["addresses"]) == 2


def test_a_namespace_takes_its_content_along(cluster: SimulatedCluster, clock: ManualClock) -> None:
    cluster.create({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "shop"}})
    cluster.create({**deployment("web"), "metadata": {"name": "web", "namespace": "shop"}})
    cluster.create(config_map("held", namespace="shop", finalizers=["example.io/hold"]))
    let_pass(cluster, clock, 3)
    cluster.delete("v1", "Namespace", "shop")
    let_pass(cluster, clock, 3)
    assert cluster.list("v1", "Pod", "shop") == []
    assert cluster.get("v1", "Namespace", "shop") is not None
    finalizers = {"metadata": {"finalizers": None}}
    cluster.patch("v1", "ConfigMap", "held", finalizers, namespace="shop")
    cluster.settle()
    assert cluster.get("v1", "Namespace", "shop") is None


def test_nothing_changes_once_settled(cluster: SimulatedCluster, clock: ManualClock) -> None:
    cluster.create(deployment("web"))
    let_pass(cluster, clock, 5)
    revision = cluster.store.revision
    let_pass(cluster, clock, 60)
    assert cluster.store.revision == revision
