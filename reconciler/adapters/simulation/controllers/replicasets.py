"""ReplicaSets and replication controllers: as many pods as asked for."""

from __future__ import annotations

from typing import Any

from reconciler.adapters.simulation.controllers.view import (
    View,
    is_active,
    is_deleted,
    is_ready,
    pod_of,
)

Manifest = dict[str, Any]


def run(view: View) -> None:
    for group, plural in (("apps", "replicasets"), ("", "replicationcontrollers")):
        for owner in view.all(group, plural):
            if not is_deleted(owner):
                _reconcile(view, owner)


def _reconcile(view: View, owner: Manifest) -> None:
    pods = [pod for pod in view.owned(owner, "", "pods") if is_active(pod)]
    wanted = owner["spec"].get("replicas", 1)
    for _ in range(wanted - len(pods)):
        created = view.create(pod_of(owner, owner["spec"]["template"]))
        if created is None:
            break
        pods.append(created)
    for pod in _least_useful(pods)[: max(0, len(pods) - wanted)]:
        view.delete(pod)
        pods.remove(pod)
    ready = sum(1 for pod in pods if is_ready(pod))
    status = {
        "replicas": len(pods),
        "fullyLabeledReplicas": len(pods),
        "readyReplicas": ready,
        "availableReplicas": ready,
        "observedGeneration": owner["metadata"].get("generation", 0),
    }
    shown = {name: count for name, count in status.items() if count or name == "replicas"}
    view.set_status(owner, shown)


def _least_useful(pods: list[Manifest]) -> list[Manifest]:
    """Pods in the order they may go: not scheduled, not ready, youngest."""
    return sorted(
        pods,
        key=lambda pod: (
            bool((pod.get("spec") or {}).get("nodeName")),
            is_ready(pod),
            [-ord(letter) for letter in pod["metadata"]["creationTimestamp"]],
        ),
    )
