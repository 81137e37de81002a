"""Deployments: one ReplicaSet a template, the new one grows as the old ones shrink."""

from __future__ import annotations

import hashlib
from typing import Any, Final

import orjson

from reconciler.adapters.simulation.controllers.view import (
    View,
    conditions_with,
    is_deleted,
    owner_reference,
)

Manifest = dict[str, Any]
REVISION: Final = "deployment.kubernetes.io/revision"
HASH: Final = "pod-template-hash"


def run(view: View) -> None:
    for deployment in view.all("apps", "deployments"):
        if not is_deleted(deployment):
            _reconcile(view, deployment)


def _reconcile(view: View, deployment: Manifest) -> None:
    spec = deployment["spec"]
    sets = view.owned(deployment, "apps", "replicasets")
    digest = _template_hash(spec["template"])
    current = next((one for one in sets if one["metadata"]["labels"].get(HASH) == digest), None)
    older = [one for one in sets if one is not current]
    if not spec.get("paused"):
        current = _current(view, deployment, current, older, digest)
        _scale(view, deployment, current, older)
    _report(view, deployment, digest)


def _template_hash(template: Manifest) -> str:
    raw = orjson.dumps(template, option=orjson.OPT_SORT_KEYS)
    return hashlib.sha256(raw).hexdigest()[:10]


def _current(
    view: View,
    deployment: Manifest,
    current: Manifest | None,
    older: list[Manifest],
    digest: str,
) -> Manifest | None:
    if current is not None:
        return current
    revision = 1 + max((_revision(one) for one in older), default=0)
    metadata, spec = deployment["metadata"], deployment["spec"]
    template = spec["template"]
    labels = {**(template.get("metadata", {}).get("labels") or {}), HASH: digest}
    selector = spec["selector"]
    matched = {**(selector.get("matchLabels") or {}), HASH: digest}
    return view.create(
        {
            "apiVersion": "apps/v1",
            "kind": "ReplicaSet",
            "metadata": {
                "name": f"{metadata['name']}-{digest}",
                "namespace": metadata["namespace"],
                "labels": labels,
                "annotations": {REVISION: str(revision)},
                "ownerReferences": [owner_reference(deployment)],
            },
            "spec": {
                "replicas": 0,
                "selector": {**selector, "matchLabels": matched},
                "template": {
                    **template,
                    "metadata": {**template.get("metadata", {}), "labels": labels},
                },
            },
        }
    )


def _revision(replica_set: Manifest) -> int:
    return int((replica_set["metadata"].get("annotations") or {}).get(REVISION, 0))


def _scale(
    view: View, deployment: Manifest, current: Manifest | None, older: list[Manifest]
) -> None:
    """Old pods go as new ones are ready; Recreate waits for the old to be gone."""
    if current is None:
        return
    wanted = deployment["spec"].get("replicas", 1)
    left = sum((one.get("status") or {}).get("replicas", 0) for one in older)
    recreate = (deployment["spec"].get("strategy") or {}).get("type") == "Recreate"
    if not (recreate and left):
        view.set_spec(current, replicas=wanted)
    ready = (current.get("status") or {}).get("readyReplicas", 0)
    keep = 0 if recreate else max(0, wanted - ready)
    for one in older:
        replicas = min(one["spec"].get("replicas", 0), keep)
        keep -= replicas
        view.set_spec(one, replicas=replicas)


def _report(view: View, deployment: Manifest, digest: str) -> None:
    sets = view.owned(deployment, "apps", "replicasets")
    counts = {
        name: sum((one.get("status") or {}).get(name, 0) for one in sets)
        for name in ("replicas", "readyReplicas", "availableReplicas")
    }
    updated = sum(
        (one.get("status") or {}).get("replicas", 0)
        for one in sets
        if one["metadata"]["labels"].get(HASH) == digest
    )
    wanted = deployment["spec"].get("replicas", 1)
    counts["updatedReplicas"] = updated
    counts["unavailableReplicas"] = max(0, wanted - counts["availableReplicas"])
    old = deployment.get("status") or {}
    done = updated == wanted == counts["availableReplicas"] == counts["replicas"]
    status: Manifest = {
        "observedGeneration": deployment["metadata"]["generation"],
        **{name: count for name, count in counts.items() if count},
        "conditions": conditions_with(
            old,
            view.cluster.timestamp(),
            (_available(deployment, counts["availableReplicas"], wanted), _progressing(done=done)),
        ),
    }
    view.set_status(deployment, status)


def _available(deployment: Manifest, available: int, wanted: int) -> tuple[str, str, str, str]:
    rolling = (deployment["spec"].get("strategy") or {}).get("rollingUpdate") or {}
    slack = rolling.get("maxUnavailable", 0)
    allowed = (
        wanted * int(str(slack).rstrip("%")) // 100 if str(slack).endswith("%") else int(slack)
    )
    if available >= wanted - allowed:
        message = "Deployment has minimum availability."
        return "Available", "True", "MinimumReplicasAvailable", message
    message = "Deployment does not have minimum availability."
    return "Available", "False", "MinimumReplicasUnavailable", message


def _progressing(*, done: bool) -> tuple[str, str, str, str]:
    if done:
        return "Progressing", "True", "NewReplicaSetAvailable", "ReplicaSet has progressed."
    return "Progressing", "True", "ReplicaSetUpdated", "ReplicaSet is progressing."
