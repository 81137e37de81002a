"""DaemonSets: one pod on every node that takes it."""

from __future__ import annotations

from typing import Any

from reconciler.adapters.simulation.controllers.scheduler import refusal
from reconciler.adapters.simulation.controllers.view import View, is_deleted, is_ready, pod_of

Manifest = dict[str, Any]
_TOLERATED = ("node.kubernetes.io/not-ready", "node.kubernetes.io/unreachable")
_GENERATION = "pod-template-generation"


def run(view: View) -> None:
    for daemon_set in view.all("apps", "daemonsets"):
        if not is_deleted(daemon_set):
            _reconcile(view, daemon_set)


def _reconcile(view: View, daemon_set: Manifest) -> None:
    generation = str(daemon_set["metadata"]["generation"])
    pods = [pod for pod in view.owned(daemon_set, "", "pods") if not is_deleted(pod)]
    placed = {pod["spec"].get("nodeName"): pod for pod in pods}
    template = _pod(daemon_set, generation)
    wanted = [
        node["metadata"]["name"]
        for node in view.all("", "nodes")
        if refusal(template, node, ignore_capacity=True) is None
    ]
    for name in wanted:
        if name not in placed:
            view.create({**template, "spec": {**template["spec"], "nodeName": name}})
    for name, pod in placed.items():
        if name not in wanted:
            view.delete(pod)
    _report(view, daemon_set, wanted, generation)


def _pod(daemon_set: Manifest, generation: str) -> Manifest:
    pod = pod_of(daemon_set, daemon_set["spec"]["template"], labels={_GENERATION: generation})
    tolerations = [{"key": key, "operator": "Exists", "effect": "NoExecute"} for key in _TOLERATED]
    pod["spec"]["tolerations"] = [*(pod["spec"].get("tolerations") or ()), *tolerations]
    return pod


def _report(view: View, daemon_set: Manifest, wanted: list[str], generation: str) -> None:
    pods = [pod for pod in view.owned(daemon_set, "", "pods") if not is_deleted(pod)]
    here = [pod for pod in pods if pod["spec"].get("nodeName") in wanted]
    ready = sum(1 for pod in here if is_ready(pod))
    status: Manifest = {
        "currentNumberScheduled": len(here),
        "numberMisscheduled": len(pods) - len(here),
        "desiredNumberScheduled": len(wanted),
        "numberReady": ready,
        "observedGeneration": int(generation),
    }
    counts = {
        "updatedNumberScheduled": len(here),
        "numberAvailable": ready,
        "numberUnavailable": len(wanted) - ready,
    }
    status |= {name: count for name, count in counts.items() if count}
    view.set_status(daemon_set, status)
