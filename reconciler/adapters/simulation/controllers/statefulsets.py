"""StatefulSets: numbered pods one after another, each with its own claims."""

from __future__ import annotations

import hashlib
from typing import Any

import orjson

from reconciler.adapters.simulation.controllers.view import (
    View,
    is_deleted,
    is_ready,
    pod_of,
)

Manifest = dict[str, Any]
_REVISION = "controller-revision-hash"


def run(view: View) -> None:
    for stateful_set in view.all("apps", "statefulsets"):
        if not is_deleted(stateful_set):
            _reconcile(view, stateful_set)


def _reconcile(view: View, stateful_set: Manifest) -> None:
    spec, name = stateful_set["spec"], stateful_set["metadata"]["name"]
    revision = _revision(stateful_set)
    pods = {pod["metadata"]["name"]: pod for pod in view.owned(stateful_set, "", "pods")}
    wanted = spec.get("replicas", 1)
    first = (spec.get("ordinals") or {}).get("start", 0)
    names = [f"{name}-{number}" for number in range(first, first + wanted)]
    in_order = spec.get("podManagementPolicy") != "Parallel"
    for pod_name in names:
        pod = pods.get(pod_name)
        if pod is None:
            _claims(view, stateful_set, pod_name)
            view.create(_pod(stateful_set, pod_name, revision))
        if in_order and (pod is None or not is_ready(pod)):
            break
    _remove(view, spec, pods, names, revision)
    _report(view, stateful_set, revision)


def _revision(stateful_set: Manifest) -> str:
    raw = orjson.dumps(stateful_set["spec"]["template"], option=orjson.OPT_SORT_KEYS)
    return f"{stateful_set['metadata']['name']}-{hashlib.sha256(raw).hexdigest()[:10]}"


def _pod(stateful_set: Manifest, name: str, revision: str) -> Manifest:
    labels = {"statefulset.kubernetes.io/pod-name": name, _REVISION: revision}
    pod = pod_of(stateful_set, stateful_set["spec"]["template"], name, labels=labels)
    claims = stateful_set["spec"].get("volumeClaimTemplates") or ()
    volumes = [
        {
            "name": claim["metadata"]["name"],
            "persistentVolumeClaim": {"claimName": f"{claim['metadata']['name']}-{name}"},
        }
        for claim in claims
    ]
    if volumes:
        pod["spec"]["volumes"] = [*(pod["spec"].get("volumes") or ()), *volumes]
    return pod


def _claims(view: View, stateful_set: Manifest, pod_name: str) -> None:
    namespace = stateful_set["metadata"]["namespace"]
    for claim in stateful_set["spec"].get("volumeClaimTemplates") or ():
        name = f"{claim['metadata']['name']}-{pod_name}"
        if view.get("", "persistentvolumeclaims", namespace, name) is None:
            labels = (stateful_set["spec"]["selector"].get("matchLabels")) or {}
            view.create(
                {
                    "apiVersion": "v1",
                    "kind": "PersistentVolumeClaim",
                    "metadata": {"name": name, "namespace": namespace, "labels": labels},
                    "spec": claim["spec"],
                }
            )


def _remove(
    view: View, spec: Manifest, pods: dict[str, Manifest], names: list[str], revision: str
) -> None:
    """Surplus pods from the highest number down; then outdated ones, one at a time."""
    surplus = [name for name in pods if name not in names]
    for name in sorted(surplus, reverse=True)[:1]:
        if not is_deleted(pods[name]):
            view.delete(pods[name])
    if (spec.get("updateStrategy") or {}).get("type") == "OnDelete" or surplus:
        return
    partition = ((spec.get("updateStrategy") or {}).get("rollingUpdate") or {}).get("partition", 0)
    for position in range(len(names) - 1, partition - 1, -1):
        pod = pods.get(names[position])
        if pod is None or is_deleted(pod):
            return
        if pod["metadata"]["labels"].get(_REVISION) != revision:
            view.delete(pod)
            return
        if not is_ready(pod):
            return


def _report(view: View, stateful_set: Manifest, revision: str) -> None:
    pods = [pod for pod in view.owned(stateful_set, "", "pods") if not is_deleted(pod)]
    ready = sum(1 for pod in pods if is_ready(pod))
    updated = sum(1 for pod in pods if pod["metadata"]["labels"].get(_REVISION) == revision)
    old = stateful_set.get("status") or {}
    done = updated == len(pods) == stateful_set["spec"].get("replicas", 1)
    current = revision if done else old.get("currentRevision", revision)
    status: Manifest = {
        "observedGeneration": stateful_set["metadata"]["generation"],
        "replicas": len(pods),
        "currentRevision": current,
        "updateRevision": revision,
        "collisionCount": 0,
    }
    counts = {
        "readyReplicas": ready,
        "availableReplicas": ready,
        "updatedReplicas": updated,
        "currentReplicas": updated if done else len(pods) - updated,
    }
    status |= {name: count for name, count in counts.items() if count}
    view.set_status(stateful_set, status)
