"""Changes and plans with defaults, so that a test names only what it is about."""

from __future__ import annotations

import hashlib
from typing import Any

import orjson

from reconciler.model.binding import Target
from reconciler.model.change import Action, Change, Edit, PlacementChange, Plan
from reconciler.model.config import Budget, FleetConfig, Guards
from reconciler.model.diagnostic import Position
from reconciler.model.identity import ObjectKey, work_name
from reconciler.model.work import Body, Work
from reconciler.model.world import State
from reconciler.plan import build_plan

NOW = "2026-08-21T12:00:00Z"
GROUPS = {
    "ConfigMap": "",
    "Namespace": "",
    "PersistentVolumeClaim": "",
    "Secret": "",
    "Service": "",
    "ServiceAccount": "",
    "Deployment": "apps",
    "StatefulSet": "apps",
    "Job": "batch",
    "CustomResourceDefinition": "apiextensions.k8s.io",
    "ValidatingWebhookConfiguration": "admissionregistration.k8s.io",
}
#: Budgets that no small scenario exceeds.
GENEROUS = FleetConfig(
    guards=Guards(
        per_cluster=Budget(count=100, percent=100), per_fleet=Budget(count=1000, percent=100)
    )
)
STRICT = FleetConfig(
    guards=Guards(per_cluster=Budget(count=1, percent=1), per_fleet=Budget(count=2, percent=1))
)


def a_key(kind: str = "Deployment", name: str = "web", namespace: str = "shop") -> ObjectKey:
    return ObjectKey(GROUPS.get(kind, "example.org"), kind, namespace, name)


def a_work(key: ObjectKey, cluster: str, **content: Any) -> Work:
    version = f"{key.group}/v1" if key.group else "v1"
    metadata = {"name": key.name} | ({"namespace": key.namespace} if key.namespace else {})
    manifest = {"apiVersion": version, "kind": key.kind, "metadata": metadata, **content}
    raw = orjson.dumps(manifest, option=orjson.OPT_SORT_KEYS)
    return Work(
        cluster=cluster,
        key=key,
        api_version=version,
        name=work_name(key.kind, key.name, key.namespace),
        body=Body(hashlib.sha256(raw).hexdigest(), (raw,), ()),
    )


def a_change(
    action: Action,
    cluster: str = "eu-1",
    key: ObjectKey | None = None,
    edits: tuple[Edit, ...] = (),
    content: dict[str, Any] | None = None,
    **fields: Any,
) -> Change:
    key = key or a_key()
    desired = None if action is Action.DELETE else a_work(key, cluster, **(content or {}))
    fields = {"api_version": f"{key.group}/v1" if key.group else "v1"} | fields
    return Change(cluster=cluster, key=key, action=action, desired=desired, edits=edits, **fields)


def a_delete(cluster: str = "eu-1", key: ObjectKey | None = None, **fields: Any) -> Change:
    fields = {"reason": "no document of the fleet places it here any more"} | fields
    return a_change(Action.DELETE, cluster, key or a_key("ConfigMap", "old"), **fields)


def an_edit(path: str, before: Any, after: Any, **fields: Any) -> Edit:
    return Edit(path=path, before=before, after=after, **fields)


def a_placement(
    before: dict[str, int], after: dict[str, int], *, key: ObjectKey | None = None, cause: str = ""
) -> PlacementChange:
    return PlacementChange(
        key=key or a_key(),
        before=tuple(Target(name=name, replicas=count) for name, count in before.items()),
        after=tuple(Target(name=name, replicas=count) for name, count in after.items()),
        cause=cause or "PropagationPolicy shop/web",
        position=Position("policies/web.yaml", 14, 5),
    )


def a_plan(*changes: Change, placements: tuple[PlacementChange, ...] = (), **fields: Any) -> Plan:
    given: dict[str, Any] = {
        "config_old": GENEROUS,
        "config_new": GENEROUS,
        "state": State(),
        "now": NOW,
        "managed": {},
        "unchanged": 33,
    } | fields
    return build_plan(changes, placements, **given)


def many(count: int) -> list[str]:
    """Names of that many clusters."""
    return [f"member-{number:04}" for number in range(1, count + 1)]
