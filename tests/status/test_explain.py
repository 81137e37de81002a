"""Why an object is unhealthy, in the words that a person acts on."""

from __future__ import annotations

from typing import Any

import pytest

from reconciler.status.explain import unhealthy_because
from tests.status.builders import observed_deployment


def a_body(kind: str, api_version: str = "v1", **fields: Any) -> dict[str, Any]:
    return {"apiVersion": api_version, "kind": kind, "metadata": {"name": "x"}, **fields}


def a_condition(kind: str, status: str, message: str = "", reason: str = "") -> dict[str, str]:
    return {"type": kind, "status": status, "message": message, "reason": reason}


CASES = {
    "1 of 3 replicas available": observed_deployment(3, 1),
    "1 of 3 replicas updated": observed_deployment(3, 3, updatedReplicas=1),
    "0 of 3 replicas available": a_body("StatefulSet", "apps/v1", spec={"replicas": 3}, status={}),
    "0 of 3 replicas available; pods are forbidden: exceeded quota": a_body(
        "Deployment",
        "apps/v1",
        spec={"replicas": 3},
        status={
            "conditions": [
                a_condition("ReplicaFailure", "True", "pods are forbidden: exceeded quota"),
                a_condition("Progressing", "True", "still at it"),
            ]
        },
    ),
    "its controller has not seen the latest change yet": a_body(
        "Deployment",
        "apps/v1",
        metadata={"generation": 3},
        spec={"replicas": 3},
        status={"observedGeneration": 2},
    ),
    "it is being deleted": a_body("Pod", metadata={"deletionTimestamp": "2026-01-01T00:00:00Z"}),
    "2 of 5 pods available": a_body(
        "DaemonSet",
        "apps/v1",
        status={"desiredNumberScheduled": 5, "numberAvailable": 2, "updatedNumberScheduled": 5},
    ),
    "1 of 2 pods healthy": a_body(
        "PodDisruptionBudget", "policy/v1", status={"desiredHealthy": 2, "currentHealthy": 1}
    ),
    "2 of 4 replicas ready": a_body(
        "CloneSet", "apps.kruise.io/v1alpha1", spec={"replicas": 4}, status={"readyReplicas": 2}
    ),
    "it has no load balancer address yet": a_body("Service", spec={"type": "LoadBalancer"}),
    "its phase is Lost": a_body("PersistentVolumeClaim", status={"phase": "Lost"}),
    "its phase is Pending; 0/3 nodes are available": a_body(
        "Pod",
        status={
            "phase": "Pending",
            "conditions": [a_condition("PodScheduled", "False", "0/3 nodes are available")],
        },
    ),
    "its phase is Pending; container main waits: ImagePullBackOff": a_body(
        "Pod",
        status={
            "phase": "Pending",
            "containerStatuses": [
                {"name": "main", "state": {"waiting": {"reason": "ImagePullBackOff"}}}
            ],
        },
    ),
    "Ready: the chart is broken": a_body(
        "HelmRelease",
        "helm.toolkit.fluxcd.io/v2",
        status={"conditions": [a_condition("Ready", "False", "the chart is broken")]},
    ),
    "DeadlineExceeded": a_body(
        "Thing",
        status={"conditions": [a_condition("Progressing", "False", "", "DeadlineExceeded")]},
    ),
}


@pytest.mark.parametrize("clause", CASES)
def test_the_clause_says_what_is_missing(clause: str) -> None:
    assert unhealthy_because(CASES[clause]) == clause


@pytest.mark.parametrize(
    "body",
    [
        {},
        a_body("Thing"),
        a_body("Thing", metadata=None, spec=[], status="odd"),
        a_body("Pod", status={"containerStatuses": [None, "x", {"state": 7}], "phase": 3}),
        a_body("Deployment", "apps/v1", spec={"replicas": True}, status={"conditions": {"a": 1}}),
    ],
)
def test_an_odd_object_gets_a_clause_too(body: dict[str, Any]) -> None:
    assert unhealthy_because(body)
