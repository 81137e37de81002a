"""The scheduler: pods go to nodes that have room; capacity is finite."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Final

from reconciler.adapters.simulation.controllers.view import View, is_active, is_deleted
from reconciler.model.quantity import Quantity

Manifest = dict[str, Any]
Amounts = dict[str, int]
_NANOS: Final = 1_000_000_000


def run(view: View) -> None:
    waiting = [
        pod
        for pod in view.all("", "pods")
        if not pod["spec"].get("nodeName") and not is_deleted(pod) and is_active(pod)
    ]
    if not waiting:
        return
    nodes = view.all("", "nodes")
    free = _free(nodes, view.all("", "pods"))
    waiting.sort(key=lambda pod: -pod["spec"].get("priority", 0))
    for pod in waiting:
        _place(view, pod, nodes, free)


def requests(pod: Mapping[str, Any]) -> Amounts:
    """Requested nano-units by resource, one pod among them."""
    total: Amounts = {"pods": _NANOS}
    for container in pod["spec"].get("containers") or ():
        for name, amount in ((container.get("resources") or {}).get("requests") or {}).items():
            total[name] = total.get(name, 0) + Quantity.parse(amount).nanos
    return total


def _free(nodes: Iterable[Manifest], pods: Iterable[Manifest]) -> dict[str, Amounts]:
    free = {}
    for node in nodes:
        status = node.get("status") or {}
        allocatable = status.get("allocatable") or status.get("capacity") or {}
        free[node["metadata"]["name"]] = {
            name: Quantity.parse(amount).nanos for name, amount in allocatable.items()
        }
    for pod in pods:
        amounts = free.get(pod["spec"].get("nodeName", ""))
        if amounts is not None and is_active(pod):
            _take(amounts, requests(pod))
    return free


def _take(amounts: Amounts, wanted: Amounts) -> None:
    for name, amount in wanted.items():
        amounts[name] = amounts.get(name, 0) - amount


def _place(view: View, pod: Manifest, nodes: list[Manifest], free: dict[str, Amounts]) -> None:
    wanted = requests(pod)
    refusals: dict[str, int] = {}
    best: tuple[int, str] | None = None
    for node in nodes:
        name = node["metadata"]["name"]
        why = refusal(pod, node) or _shortage(free[name], wanted)
        if why is not None:
            refusals[why] = refusals.get(why, 0) + 1
            continue
        room = free[name].get("cpu", 0)
        if best is None or room > best[0]:
            best = (room, name)
    if best is None:
        _refuse(view, pod, len(nodes), refusals)
        return
    _take(free[best[1]], wanted)
    view.cluster.bind(pod, best[1])


def _shortage(free: Amounts, wanted: Amounts) -> str | None:
    for name, amount in wanted.items():
        if free.get(name, 0) < amount:
            return "Too many pods" if name == "pods" else f"Insufficient {name}"
    return None


def refusal(
    pod: Mapping[str, Any], node: Mapping[str, Any], *, ignore_capacity: bool = False
) -> str | None:
    """Why a node does not take a pod, its capacity aside; None when it does."""
    spec, labels = node.get("spec") or {}, node["metadata"].get("labels") or {}
    tolerations = pod["spec"].get("tolerations") or ()
    if spec.get("unschedulable") and not ignore_capacity:
        return "node(s) were unschedulable"
    for taint in spec.get("taints") or ():
        if taint["effect"] != "PreferNoSchedule" and not _tolerates(tolerations, taint):
            return f"node(s) had untolerated taint {{{taint['key']}: {taint.get('value', '')}}}"
    selector = pod["spec"].get("nodeSelector") or {}
    if any(labels.get(key) != value for key, value in selector.items()):
        return "node(s) didn't match Pod's node affinity/selector"
    if not _affinity_holds(pod, labels):
        return "node(s) didn't match Pod's node affinity/selector"
    return None


def _tolerates(tolerations: Iterable[Mapping[str, Any]], taint: Mapping[str, Any]) -> bool:
    for one in tolerations:
        if one.get("effect") not in (None, "", taint["effect"]):
            continue
        if one.get("key") not in (None, "", taint["key"]):
            continue
        if one.get("operator") == "Exists" or one.get("value", "") == taint.get("value", ""):
            return True
    return False


def _affinity_holds(pod: Mapping[str, Any], labels: Mapping[str, str]) -> bool:
    affinity = (pod["spec"].get("affinity") or {}).get("nodeAffinity") or {}
    required = affinity.get("requiredDuringSchedulingIgnoredDuringExecution") or {}
    terms = required.get("nodeSelectorTerms")
    if not terms:
        return True
    return any(
        all(_holds(one, labels) for one in term.get("matchExpressions") or ()) for term in terms
    )


def _holds(term: Mapping[str, Any], labels: Mapping[str, str]) -> bool:
    key, values = term["key"], term.get("values") or ()
    match term["operator"]:
        case "In":
            return labels.get(key) in values
        case "NotIn":
            return labels.get(key) not in values
        case "Exists":
            return key in labels
        case "DoesNotExist":
            return key not in labels
        case _:
            return False


def _refuse(view: View, pod: Manifest, nodes: int, refusals: Mapping[str, int]) -> None:
    reasons = ", ".join(f"{count} {why}" for why, count in sorted(refusals.items()))
    message = f"0/{nodes} nodes are available: {reasons}." if reasons else "no nodes available"
    status = dict(pod.get("status") or {})
    condition = {
        "type": "PodScheduled",
        "status": "False",
        "reason": "Unschedulable",
        "message": message,
        "lastProbeTime": None,
        "lastTransitionTime": view.cluster.timestamp(),
    }
    before = status.get("conditions") or ()
    if any(one["type"] == "PodScheduled" and one.get("message") == message for one in before):
        return
    view.set_status(pod, {**status, "conditions": [condition]})
    view.record(pod, "Warning", "FailedScheduling", message)
