"""The inventory: Cluster documents of the status branch, as plans read them offline.

A document is Karmada's Cluster with its status; `namespaced` beside a resource and `uid` beside the
status are ours.
Usage figures jitter: they are rewritten only when one moved by more than a twentieth (design §5,
Status is quiet).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from reconciler.model.cluster import Cluster, ClusterFacts, Condition, ResourceSummary
from reconciler.model.paths import component
from reconciler.model.quantity import Quantity

CLUSTERS = "clusters/"
_TWENTIETH = 20


def cluster_path(name: str) -> str:
    """Where a cluster's inventory stands."""
    return f"{CLUSTERS}{component(name)}.yaml"


def encode_inventory(cluster: Cluster, facts: ClusterFacts) -> dict[str, Any]:
    """The Cluster document with what the member reported."""
    return {
        "apiVersion": "cluster.karmada.io/v1alpha1",
        "kind": "Cluster",
        "metadata": {"name": cluster.name},
        "spec": {"syncMode": cluster.sync_mode},
        "status": _status(facts),
    }


def _status(facts: ClusterFacts) -> dict[str, Any]:
    status: dict[str, Any] = {
        "kubernetesVersion": facts.kubernetes_version,
        "uid": facts.uid,
        "apiEnablements": [
            {
                "groupVersion": version,
                "resources": [_resource(facts, version, kind) for kind in kinds],
            }
            for version, kinds in sorted(facts.enablements.items())
        ],
        "conditions": [_condition(one) for one in facts.conditions],
        "nodeSummary": {"totalNum": facts.nodes_total, "readyNum": facts.nodes_ready},
    }
    if facts.resource_summary is not None:
        status["resourceSummary"] = _summary(facts.resource_summary)
    if facts.remedy_actions:
        status["remedyActions"] = list(facts.remedy_actions)
    return status


def _resource(facts: ClusterFacts, version: str, kind: str) -> dict[str, Any]:
    known = facts.resources.get((version, kind))
    if known is None:
        return {"name": kind.lower(), "kind": kind}
    return {"name": known[0], "kind": kind, "namespaced": known[1]}


def _condition(condition: Condition) -> dict[str, str]:
    return {
        "type": condition.type,
        "status": condition.status,
        "reason": condition.reason,
        "message": condition.message,
    }


def _summary(summary: ResourceSummary) -> dict[str, Any]:
    document: dict[str, Any] = {
        name: {resource: str(amount) for resource, amount in sorted(amounts.items())}
        for name, amounts in (
            ("allocatable", summary.allocatable),
            ("allocated", summary.allocated),
            ("allocating", summary.allocating),
        )
        if amounts
    }
    if summary.modelings:
        document["allocatableModelings"] = [
            {"grade": one.grade, "count": one.count} for one in summary.modelings
        ]
    return document


def is_worth_writing(before: ClusterFacts | None, now: ClusterFacts) -> bool:
    """Whether the new facts say more than that usage jittered."""
    if before is None:
        return True
    if replace(before, resource_summary=None) != replace(now, resource_summary=None):
        return True
    old, new = before.resource_summary, now.resource_summary
    if old is None or new is None:
        return old is not new
    return old.modelings != new.modelings or any(
        _moved(one, other)
        for one, other in (
            (old.allocatable, new.allocatable),
            (old.allocated, new.allocated),
            (old.allocating, new.allocating),
        )
    )


def _moved(before: Mapping[str, Quantity], now: Mapping[str, Quantity]) -> bool:
    return before.keys() != now.keys() or any(
        abs(now[name].milli_value() - amount.milli_value()) * _TWENTIETH > abs(amount.milli_value())
        for name, amount in before.items()
    )
