"""Disruption budgets count their pods and what may be disrupted."""

from __future__ import annotations

from typing import Any

from reconciler.adapters.simulation.controllers.view import View, is_active, is_ready

Manifest = dict[str, Any]


def run(view: View) -> None:
    for budget in view.all("policy", "poddisruptionbudgets"):
        _count(view, budget)


def _count(view: View, budget: Manifest) -> None:
    spec, metadata = budget["spec"], budget["metadata"]
    labels = (spec.get("selector") or {}).get("matchLabels") or {}
    pods = [
        pod
        for pod in view.all("", "pods", metadata["namespace"])
        if is_active(pod)
        and all((pod["metadata"].get("labels") or {}).get(key) == labels[key] for key in labels)
    ]
    healthy = sum(1 for pod in pods if is_ready(pod))
    desired = _desired(spec, len(pods))
    status = {
        "disruptionsAllowed": max(0, healthy - desired),
        "currentHealthy": healthy,
        "desiredHealthy": desired,
        "expectedPods": len(pods),
        "observedGeneration": metadata.get("generation", 1),
    }
    view.set_status(budget, {**(budget.get("status") or {}), **status})


def _desired(spec: Manifest, pods: int) -> int:
    if "minAvailable" in spec:
        return _share(spec["minAvailable"], pods)
    return pods - _share(spec.get("maxUnavailable", 0), pods)


def _share(amount: int | str, pods: int) -> int:
    """A number, or a percentage rounded up."""
    if isinstance(amount, int):
        return amount
    return -(-pods * int(amount.rstrip("%")) // 100)
