"""What admission and storage add to a new object after its ownership was decided.

Sources: the admission plugins a server enables by default (Priority, DefaultTolerationSeconds,
StorageObjectInUseProtection, TaintNodesByCondition) and `pkg/registry/batch/job`.
"""

from __future__ import annotations

import base64
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from reconciler.adapters.simulation.cluster import SimulatedCluster

Manifest = dict[str, Any]
Name = tuple[str, str]
TEMPLATE_GENERATION: Final = "deprecated.daemonset.template.generation"
_TOLERATED: Final = ("node.kubernetes.io/not-ready", "node.kubernetes.io/unreachable")
_TOLERATED_SECONDS: Final = 300
_NOT_READY: Final = {"key": "node.kubernetes.io/not-ready", "effect": "NoSchedule"}
_PREFIXED_JOB_LABELS_SINCE: Final = 27
_PRIORITY_CLASSES: Final = ("scheduling.k8s.io", "priorityclasses")


def _pod(cluster: SimulatedCluster, manifest: Manifest) -> Manifest:
    spec = dict(manifest.get("spec") or {})
    classes = cluster.store.table(_PRIORITY_CLASSES).objects
    named = classes.get(("", spec.get("priorityClassName", "")), {})
    spec["priority"] = named.get("value", 0)
    spec["preemptionPolicy"] = named.get("preemptionPolicy", "PreemptLowerPriority")
    spec["tolerations"] = [*spec.get("tolerations", ()), *_missing_tolerations(spec)]
    return {**manifest, "spec": spec}


def _missing_tolerations(spec: Mapping[str, Any]) -> list[Manifest]:
    present = spec.get("tolerations") or ()
    return [
        {
            "key": key,
            "operator": "Exists",
            "effect": "NoExecute",
            "tolerationSeconds": _TOLERATED_SECONDS,
        }
        for key in _TOLERATED
        if not any(
            one.get("key", key) == key and one.get("effect", "NoExecute") == "NoExecute"
            for one in present
        )
    ]


def _node(cluster: SimulatedCluster, manifest: Manifest) -> Manifest:
    del cluster
    spec, status = dict(manifest.get("spec") or {}), dict(manifest.get("status") or {})
    taints = spec.get("taints") or []
    if not any(taint.get("key") == _NOT_READY["key"] for taint in taints):
        spec["taints"] = [*taints, dict(_NOT_READY)]
    return {**manifest, "spec": spec, "status": status}


def _protected(finalizer: str) -> Callable[[SimulatedCluster, Manifest], Manifest]:
    def admit(cluster: SimulatedCluster, manifest: Manifest) -> Manifest:
        del cluster
        metadata = manifest["metadata"]
        finalizers = metadata.get("finalizers") or []
        if finalizer in finalizers:
            return manifest
        return {**manifest, "metadata": {**metadata, "finalizers": [*finalizers, finalizer]}}

    return admit


def _job(cluster: SimulatedCluster, manifest: Manifest) -> Manifest:
    """A job selects its pods by its own UID. Source: job strategy, generateSelector."""
    spec = dict(manifest.get("spec") or {})
    if spec.get("manualSelector") or spec.get("selector"):
        return manifest
    uid, name = manifest["metadata"]["uid"], manifest["metadata"]["name"]
    labels = {"controller-uid": uid, "job-name": name}
    selector = {"controller-uid": uid}
    if cluster.features.minor >= _PREFIXED_JOB_LABELS_SINCE:
        labels |= {f"batch.kubernetes.io/{key}": value for key, value in labels.items()}
        selector = {"batch.kubernetes.io/controller-uid": uid}
    template = dict(spec.get("template") or {})
    metadata = dict(template.get("metadata") or {})
    sent = metadata.get("labels") or {}
    metadata["labels"] = {**sent, **labels}
    spec["template"] = {**template, "metadata": metadata}
    spec["selector"] = {"matchLabels": selector}
    manifest = {**manifest, "spec": spec}
    if manifest["metadata"].get("labels") == sent and sent:
        # Labels that were defaulted from the template are the same map in the API server.
        manifest["metadata"] = {**manifest["metadata"], "labels": metadata["labels"]}
    return manifest


ADMIT: Final[Mapping[Name, Callable[[SimulatedCluster, Manifest], Manifest]]] = {
    ("", "pods"): _pod,
    ("", "nodes"): _node,
    ("", "persistentvolumes"): _protected("kubernetes.io/pv-protection"),
    ("", "persistentvolumeclaims"): _protected("kubernetes.io/pvc-protection"),
    ("batch", "jobs"): _job,
}


def _daemon_set(manifest: Manifest, old: Manifest | None) -> Manifest:
    """The template generation travels in an annotation. Source: apps/v1 conversion."""
    metadata = manifest["metadata"]
    annotations = dict(metadata.get("annotations") or {})
    if old is None:
        annotations.setdefault(TEMPLATE_GENERATION, "1")
    else:
        before = (old["metadata"].get("annotations") or {}).get(TEMPLATE_GENERATION, "0")
        template = [(one.get("spec") or {}).get("template") for one in (old, manifest)]
        changed = template[0] != template[1]
        annotations[TEMPLATE_GENERATION] = str(int(before) + 1) if changed else before
    return {**manifest, "metadata": {**metadata, "annotations": annotations}}


def _allocatable(manifest: Manifest, old: Manifest | None) -> Manifest:
    """A node can give what it has unless it says less."""
    del old
    status = manifest.get("status") or {}
    if not status.get("capacity") or status.get("allocatable"):
        return manifest
    return {**manifest, "status": {**status, "allocatable": status["capacity"]}}


def _string_data(manifest: Manifest, old: Manifest | None) -> Manifest:
    """`stringData` is only ever written. Source: core/v1 conversion of Secret."""
    del old
    if "stringData" not in manifest:
        return manifest
    encoded = {
        key: base64.b64encode(value.encode()).decode()
        for key, value in manifest["stringData"].items()
    }
    kept = {name: value for name, value in manifest.items() if name != "stringData"}
    return {**kept, "data": {**(manifest.get("data") or {}), **encoded}}


# Defaults and conversions that ownership sees: applied to every write.
COMPLETE: Final[Mapping[Name, Callable[[Manifest, Manifest | None], Manifest]]] = {
    ("", "nodes"): _allocatable,
    ("", "secrets"): _string_data,
    ("apps", "daemonsets"): _daemon_set,
}
