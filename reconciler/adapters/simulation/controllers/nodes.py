"""Nodes report ready, and lose the taint that new nodes have.

The annotation `simulation.fleet-reconciler.io/ready: "false"` keeps a node from being ready.
"""

from __future__ import annotations

from typing import Any, Final

from reconciler.adapters.simulation.controllers.view import View, conditions_with

Manifest = dict[str, Any]
_ANNOTATION: Final = "simulation.fleet-reconciler.io/ready"
_TAINT: Final = "node.kubernetes.io/not-ready"


def run(view: View) -> None:
    if view.cluster.has_generated_nodes:
        return
    for node in view.all("", "nodes"):
        annotations = node["metadata"].get("annotations") or {}
        _report(view, node, ready=annotations.get(_ANNOTATION) != "false")


def _report(view: View, node: Manifest, *, ready: bool) -> None:
    status = node.get("status") or {}
    wanted = (
        ("Ready", "True", "KubeletReady", "kubelet is posting ready status")
        if ready
        else ("Ready", "False", "KubeletNotReady", "simulated: not ready")
    )
    conditions = conditions_with(status, view.cluster.timestamp(), (wanted,))
    shown = [
        {name: value for name, value in one.items() if name != "lastUpdateTime"}
        for one in conditions
    ]
    if [(one["type"], one["status"]) for one in status.get("conditions") or ()] != [
        (one["type"], one["status"]) for one in shown
    ]:
        view.set_status(node, {**status, "conditions": shown})
        return
    taints = [one for one in node["spec"].get("taints") or () if one["key"] != _TAINT]
    if not ready:
        taints.append({"key": _TAINT, "effect": "NoSchedule"})
    view.set_spec(node, taints=taints or None)
