"""Samples of a report and of facts: every figure of it, under the names of the table."""

from __future__ import annotations

from reconciler.model.cluster import ClusterFacts, Condition, ResourceSummary
from reconciler.model.identity import ObjectKey
from reconciler.model.metric import METRICS, Sample
from reconciler.model.quantity import Quantity
from reconciler.model.report import FleetReport, Health, MemberStatus, TemplateStatus
from reconciler.status.samples import cluster_samples, report_samples


def value(samples: list[Sample], name: str, /, **labels: str) -> float:
    found = [one.value for one in samples if one.name == name and one.labels == labels]
    assert len(found) == 1, (name, labels, found)
    return found[0]


def test_a_member_is_said_in_karmadas_metrics() -> None:
    facts = ClusterFacts(
        conditions=(Condition(type="Ready", status="True"),),
        nodes_total=3,
        nodes_ready=2,
        resource_summary=ResourceSummary(
            allocatable={"cpu": Quantity.parse("3500m"), "memory": Quantity.parse("1Gi")},
            allocated={"cpu": Quantity.parse("500m"), "pods": Quantity.parse("7")},
        ),
    )
    samples = list(cluster_samples({"us-1": ClusterFacts(), "eu-1": facts}))
    assert value(samples, "cluster_ready_state", member_cluster="eu-1") == 1
    assert value(samples, "cluster_ready_state", member_cluster="us-1") == 0
    assert value(samples, "cluster_ready_node_number", member_cluster="eu-1") == 2
    assert value(samples, "cluster_cpu_allocatable_number", member_cluster="eu-1") == 3.5
    assert value(samples, "cluster_memory_allocatable_bytes", member_cluster="eu-1") == 2**30
    assert value(samples, "cluster_pod_allocated_number", member_cluster="eu-1") == 7
    assert not [one for one in samples if "memory" in one.name and "us-1" in str(one.labels)]


def test_a_report_is_said_whole_by_template_and_by_cluster() -> None:
    key = ObjectKey("apps", "Deployment", "shop", "web")
    members = (
        MemberStatus(cluster="eu-1", applied=True, health=Health.UNHEALTHY),
        MemberStatus(cluster="us-1", applied=False, health=Health.UNKNOWN),
    )
    report = FleetReport(
        templates={
            key: TemplateStatus(key=key, api_version="apps/v1", members=members, expected=2)
        },
        frozen_clusters={"ap-1": "no answer"},
        holds=("d",),
    )
    samples = list(report_samples(report))
    binding = {"group": "apps", "kind": "Deployment", "namespace": "shop", "name": "web"}
    assert value(samples, "reconciler_everything_applied") == 0
    assert value(samples, "reconciler_holds") == 1
    assert value(samples, "reconciler_binding_health", **binding) == Health.UNHEALTHY.rank
    assert value(samples, "reconciler_binding_fully_applied", **binding) == 0
    assert value(samples, "reconciler_templates", health="Unhealthy") == 1
    assert value(samples, "reconciler_cluster_objects", member_cluster="us-1", state="applied") == 0
    assert value(samples, "reconciler_cluster_frozen", member_cluster="ap-1") == 1
    assert {one.name for one in samples} <= METRICS.keys()
