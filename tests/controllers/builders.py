"""Worlds for tests of controllers, from the short form that the vectors are written in."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import orjson

from reconciler.model.binding import BindingState
from reconciler.model.cluster import Cluster
from reconciler.model.config import FleetConfig
from reconciler.model.diagnostic import Diagnostic, Effect, Position
from reconciler.model.fleet import Fleet, Frozen
from reconciler.model.identity import ObjectKey
from reconciler.model.manifest import Manifest
from reconciler.model.report import Health, MemberStatus, TemplateStatus
from reconciler.model.world import State, World
from reconciler.parse.decode import decode_binding_state, decode_cluster
from reconciler.parse.decode.state import APPLIED_PLACEMENT

DIVIDED = {"replicaSchedulingType": "Divided", "replicaDivisionPreference": "Aggregated"}


def a_key(name: str, kind: str = "Deployment", namespace: str = "shop") -> ObjectKey:
    """Identity of a Deployment of apps in the namespace shop."""
    return ObjectKey("apps", kind, namespace, name)


def a_world(given: Mapping[str, Any]) -> World:
    """clusters, bindings, report, others, gates, clocks, lastApplied, frozen, held, offline."""
    clusters = {name: dict(body or {}) for name, body in (given.get("clusters") or {}).items()}
    bindings = [a_state(name, body) for name, body in (given.get("bindings") or {}).items()]
    before = given.get("lastApplied")
    return World(
        fleet=a_fleet(clusters, given),
        last_applied=None if before is None else a_fleet(before["clusters"], {}),
        state=State(
            bindings={one.key: one for one in bindings}, clocks=dict(given.get("clocks") or {})
        ),
        report=a_report(given.get("report") or {}, bindings),
        is_offline=bool(given.get("offline")),
    )


def a_fleet(clusters: Mapping[str, Any], given: Mapping[str, Any]) -> Fleet:
    """A fleet of these clusters; `held` adds the problem that holds a commit."""
    problem = Diagnostic(code="RC000", message="held", effect=Effect.HOLD)
    return Fleet(
        config=FleetConfig(feature_gates=dict(given.get("gates") or {})),
        clusters=tuple(a_cluster(name, body or {}) for name, body in sorted(clusters.items())),
        others=tuple(Manifest(one) for one in given.get("others") or ()),
        frozen=tuple(
            Frozen(key=ObjectKey("cluster.karmada.io", "Cluster", "", name), position=Position("x"))
            for name in given.get("frozen") or ()
        ),
        diagnostics=(problem,) if given.get("held") else (),
    )


def a_cluster(name: str, body: Mapping[str, Any]) -> Cluster:
    """`ready` is the status of its condition (None: no condition), `taints` as in a document."""
    ready = body.get("ready", "True")
    conditions = [
        {
            "type": "Ready",
            "status": ready,
            "reason": "Said",
            "lastTransitionTime": body.get("since"),
        }
    ]
    document: dict[str, Any] = {
        "metadata": {"name": name},
        "spec": {"taints": body.get("taints") or []},
    }
    if not body.get("unknown"):
        document["status"] = {
            "kubernetesVersion": "v1.36.0",
            "conditions": conditions if ready is not None else [],
        }
    return decode_cluster(document, Position(f"clusters/{name}.yaml"))


def a_state(name: str, body: Mapping[str, Any]) -> BindingState:
    """A scheduled Deployment: `clusters` with replicas, `tolerations`, `tasks`, `failover` …"""
    clusters: Mapping[str, int] = body.get("clusters") or {}
    placement = {
        "clusterTolerations": body.get("tolerations") or [],
        "replicaScheduling": body.get("replicaScheduling") or DIVIDED,
    }
    applied = orjson.dumps(placement).decode()
    document = {
        "metadata": {"annotations": {} if body.get("attached") else {APPLIED_PLACEMENT: applied}},
        "spec": {
            "resource": {
                "apiVersion": body.get("apiVersion", "apps/v1"),
                "kind": body.get("kind", "Deployment"),
                "namespace": body.get("namespace", "shop"),
                "name": name,
            },
            "replicas": body.get("replicas", sum(clusters.values())),
            "propagateDeps": body.get("propagateDeps", True),
            "placement": placement,
            "clusters": [{"name": one, "replicas": count} for one, count in clusters.items()],
            "failover": body.get("failover"),
            "gracefulEvictionTasks": body.get("tasks") or [],
            "rescheduleTriggeredAt": body.get("triggered") or "",
        },
        "status": {
            "lastScheduledTime": "2026-01-01T00:00:00Z",
            "conditions": [
                {"type": "Scheduled", "status": body.get("scheduled", "True"), "reason": "Success"}
            ],
        },
    }
    return decode_binding_state(document)


def a_report(
    report: Mapping[str, Any], bindings: list[BindingState]
) -> dict[ObjectKey, TemplateStatus]:
    """Template name -> cluster -> {health, since, replicas, status, applied}."""
    keys = {one.key.name: one.key for one in bindings}
    return {
        keys[name]: TemplateStatus(
            key=keys[name],
            api_version="apps/v1",
            members=tuple(a_member(cluster, body) for cluster, body in sorted(members.items())),
            expected=len(members),
        )
        for name, members in report.items()
    }


def a_member(cluster: str, body: Mapping[str, Any]) -> MemberStatus:
    """One template on one member."""
    return MemberStatus(
        cluster=cluster,
        applied=body.get("applied", True),
        health=Health(body.get("health", "Healthy")),
        replicas=body.get("replicas"),
        status=body.get("status"),
        since=body.get("since", ""),
    )
