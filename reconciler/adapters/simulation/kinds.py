"""What built-in kinds do on create, update and delete beyond generic storage.

One table a behaviour, keyed by group and plural. Sources: kubernetes `pkg/registry/*/strategy.go`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final

Manifest = dict[str, Any]
Name = tuple[str, str]

# metadata.generation counts changes of the spec.
GENERATIONS: Final[frozenset[Name]] = frozenset(
    {
        ("apps", "deployments"),
        ("apps", "replicasets"),
        ("apps", "statefulsets"),
        ("apps", "daemonsets"),
        ("networking.k8s.io", "ingresses"),
        ("networking.k8s.io", "networkpolicies"),
        ("extensions", "ingresses"),
        ("policy", "poddisruptionbudgets"),
        ("", "replicationcontrollers"),
        ("apiextensions.k8s.io", "customresourcedefinitions"),
        ("scheduling.k8s.io", "priorityclasses"),
        ("discovery.k8s.io", "endpointslices"),
        ("flowcontrol.apiserver.k8s.io", "flowschemas"),
        ("flowcontrol.apiserver.k8s.io", "prioritylevelconfigurations"),
        ("admissionregistration.k8s.io", "mutatingwebhookconfigurations"),
        ("admissionregistration.k8s.io", "validatingwebhookconfigurations"),
        ("admissionregistration.k8s.io", "validatingadmissionpolicies"),
        ("admissionregistration.k8s.io", "validatingadmissionpolicybindings"),
        ("networking.k8s.io", "ingressclasses"),
    }
)
# Their annotations count too. Source: registry/apps/deployment/strategy.go.
COUNTS_ANNOTATIONS: Final[frozenset[Name]] = frozenset({("apps", "deployments")})
GENERATIONS_SINCE: Final[Mapping[Name, int]] = {
    ("batch", "jobs"): 21,
    ("batch", "cronjobs"): 21,
    ("", "pods"): 33,
}
# Deleting answers with the object instead of a Status.
RETURNS_DELETED: Final[frozenset[Name]] = frozenset(
    {
        ("", "pods"),
        ("", "persistentvolumeclaims"),
        ("", "persistentvolumes"),
        ("", "podtemplates"),
        ("", "resourcequotas"),
        ("", "serviceaccounts"),
        ("policy", "podsecuritypolicies"),
    }
)
# PUT of an absent object creates it.
CREATED_BY_PUT: Final[frozenset[Name]] = frozenset(
    {
        ("", "endpoints"),
        ("", "events"),
        ("", "limitranges"),
        ("events.k8s.io", "events"),
        ("coordination.k8s.io", "leases"),
        ("rbac.authorization.k8s.io", "roles"),
        ("rbac.authorization.k8s.io", "rolebindings"),
        ("rbac.authorization.k8s.io", "clusterroles"),
        ("rbac.authorization.k8s.io", "clusterrolebindings"),
    }
)
# PUT must carry a resourceVersion.
CONDITIONAL_PUT: Final[frozenset[Name]] = frozenset(
    {
        ("apiextensions.k8s.io", "customresourcedefinitions"),
        ("coordination.k8s.io", "leases"),
        ("apiregistration.k8s.io", "apiservices"),
        ("policy", "poddisruptionbudgets"),
        ("flowcontrol.apiserver.k8s.io", "flowschemas"),
        ("flowcontrol.apiserver.k8s.io", "prioritylevelconfigurations"),
    }
)


_SERVICES_CREATED_SINCE: Final = 23


def is_created_by_put(name: Name, minor: int) -> bool:
    """Whether a PUT of an absent object creates it."""
    if name == ("", "services"):
        return minor >= _SERVICES_CREATED_SINCE
    return name in CREATED_BY_PUT


def counts_generations(name: Name, minor: int) -> bool:
    since = GENERATIONS_SINCE.get(name)
    return name in GENERATIONS or (since is not None and minor >= since)


# ---- the status and spec a new object starts with


def _namespace(manifest: Manifest) -> Manifest:
    finalizers = (manifest.get("spec") or {}).get("finalizers") or []
    listed = finalizers if "kubernetes" in finalizers else [*finalizers, "kubernetes"]
    return {**manifest, "spec": {"finalizers": listed}, "status": {"phase": "Active"}}


def _pending(manifest: Manifest) -> Manifest:
    return {**manifest, "status": {"phase": "Pending"}}


def _pod(manifest: Manifest) -> Manifest:
    return {**manifest, "status": {"phase": "Pending", "qosClass": quality(manifest)}}


def quality(manifest: Manifest) -> str:
    """The QoS class of a pod. Source: pkg/apis/core/v1/helper/qos."""
    spec = manifest.get("spec") or {}
    containers = [*spec.get("containers", ()), *spec.get("initContainers", ())]
    resources = [container.get("resources") or {} for container in containers]
    if not any(part.get("requests") or part.get("limits") for part in resources):
        return "BestEffort"
    for part in resources:
        limits, requests = part.get("limits") or {}, part.get("requests") or {}
        for name in ("cpu", "memory"):
            if name not in limits or requests.get(name, limits[name]) != limits[name]:
                return "Burstable"
    return "Guaranteed"


def _definition(manifest: Manifest) -> Manifest:
    """No conditions yet; the storage version is known at once."""
    versions = (manifest.get("spec") or {}).get("versions") or []
    stored = [version["name"] for version in versions if version.get("storage")]
    status = {
        "conditions": None,
        "acceptedNames": {"plural": "", "kind": ""},
        "storedVersions": stored,
    }
    return {**manifest, "status": status}


def _budget(manifest: Manifest) -> Manifest:
    status = {
        "disruptionsAllowed": 0,
        "currentHealthy": 0,
        "desiredHealthy": 0,
        "expectedPods": 0,
    }
    return {**manifest, "status": status}


def _counted(*names: str) -> Callable[[Manifest], Manifest]:
    return lambda manifest: {**manifest, "status": dict.fromkeys(names, 0)}


def _kept(manifest: Manifest) -> Manifest:
    return manifest


def _autoscaler(manifest: Manifest) -> Manifest:
    """Clients send no status; what decoding wrote for an empty one stays."""
    shown = ("conditions", "currentMetrics", "currentReplicas", "desiredReplicas")
    status = manifest.get("status") or {}
    empty = {name: None if name in shown[:2] else 0 for name in shown if name in status}
    return {**manifest, "status": empty}


def _api_service(manifest: Manifest) -> Manifest:
    if (manifest.get("spec") or {}).get("service"):
        return {**manifest, "status": {}}
    condition = {
        "type": "Available",
        "status": "True",
        "reason": "Local",
        "message": "Local APIServices are always available",
    }
    return {**manifest, "status": {"conditions": [condition]}}


def _load_balancer(manifest: Manifest) -> Manifest:
    return {**manifest, "status": {"loadBalancer": {}}}


def _defaulted_namespace(manifest: Manifest) -> Manifest:
    return {**manifest, "status": {"phase": "Active"}}


# Status that is a default of the type, not set by storage: owned by who creates, where the server
# does not reset it. Source: SetDefaults_* of core/v1 and apiextensions/v1.
DEFAULT_STATUS: Final[Mapping[Name, Callable[[Manifest], Manifest]]] = {
    ("", "namespaces"): _defaulted_namespace,
    ("", "persistentvolumeclaims"): _pending,
    ("", "persistentvolumes"): _pending,
    ("apiextensions.k8s.io", "customresourcedefinitions"): _definition,
}
NEW_STATUS: Final[Mapping[Name, Callable[[Manifest], Manifest]]] = {
    ("", "nodes"): _kept,
    ("autoscaling", "horizontalpodautoscalers"): _autoscaler,
    ("apiregistration.k8s.io", "apiservices"): _api_service,
    ("", "namespaces"): _namespace,
    ("", "pods"): _pod,
    ("", "persistentvolumeclaims"): _pending,
    ("", "persistentvolumes"): _pending,
    ("", "services"): _load_balancer,
    ("", "replicationcontrollers"): _counted("replicas"),
    ("apps", "replicasets"): _counted("replicas"),
    ("apps", "statefulsets"): _counted("replicas"),
    ("apps", "daemonsets"): _counted(
        "currentNumberScheduled", "numberMisscheduled", "desiredNumberScheduled", "numberReady"
    ),
    ("networking.k8s.io", "ingresses"): _load_balancer,
    ("extensions", "ingresses"): _load_balancer,
    ("apiextensions.k8s.io", "customresourcedefinitions"): _definition,
    ("policy", "poddisruptionbudgets"): _budget,
}
