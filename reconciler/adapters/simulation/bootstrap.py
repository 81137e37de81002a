"""What a new cluster holds before anybody writes to it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from reconciler.adapters.simulation.fieldset import parse
from reconciler.adapters.simulation.managed import Entry, Writer, with_owners

if TYPE_CHECKING:
    from reconciler.adapters.simulation.cluster import SimulatedCluster

_NAMESPACES: Final = ("default", "kube-node-lease", "kube-public", "kube-system")
_API_SERVER: Final = "kube-apiserver"
_RBAC: Final = "rbac.authorization.k8s.io/v1"
_PRIORITIES: Final = {
    "system-cluster-critical": 2_000_000_000,
    "system-node-critical": 2_000_001_000,
}


def fill(cluster: SimulatedCluster) -> None:
    """Namespaces (kube-system with the same UID run after run), the API's own Service, roles."""
    for name in _NAMESPACES:
        _put(cluster, "v1", "Namespace", _namespace(cluster, name))
    _put(cluster, "v1", "Service", _service())
    for name, value in _PRIORITIES.items():
        body = {"value": value, "preemptionPolicy": "PreemptLowerPriority"}
        _put(cluster, "scheduling.k8s.io/v1", "PriorityClass", {**body, **_named(name)})
    everything = {"apiGroups": ["*"], "resources": ["*"], "verbs": ["*"]}
    urls = {"nonResourceURLs": ["*"], "verbs": ["*"]}
    _put(cluster, _RBAC, "ClusterRole", {**_named("cluster-admin"), "rules": [everything, urls]})
    masters = {"apiGroup": "rbac.authorization.k8s.io", "kind": "Group", "name": "system:masters"}
    reference = {
        "apiGroup": "rbac.authorization.k8s.io",
        "kind": "ClusterRole",
        "name": "cluster-admin",
    }
    binding = {**_named("cluster-admin"), "roleRef": reference, "subjects": [masters]}
    _put(cluster, _RBAC, "ClusterRoleBinding", binding)


def _named(name: str, namespace: str = "") -> dict[str, Any]:
    metadata: dict[str, Any] = {"name": name}
    if namespace:
        metadata["namespace"] = namespace
    return {"metadata": metadata}


def _namespace(cluster: SimulatedCluster, name: str) -> dict[str, Any]:
    manifest = _named(name)
    if cluster.features.labels_namespaces:
        manifest["metadata"]["labels"] = {"kubernetes.io/metadata.name": name}
    return {**manifest, "spec": {"finalizers": ["kubernetes"]}, "status": {"phase": "Active"}}


def _service() -> dict[str, Any]:
    manifest = _named("kubernetes", "default")
    manifest["metadata"]["labels"] = {"component": "apiserver", "provider": "kubernetes"}
    port = {"name": "https", "protocol": "TCP", "port": 443, "targetPort": 6443}
    spec = {
        "ports": [port],
        "clusterIP": "10.0.0.1",
        "clusterIPs": ["10.0.0.1"],
        "type": "ClusterIP",
        "sessionAffinity": "None",
        "ipFamilies": ["IPv4"],
        "ipFamilyPolicy": "SingleStack",
    }
    return {**manifest, "spec": spec, "status": {"loadBalancer": {}}}


def _put(cluster: SimulatedCluster, api_version: str, kind: str, manifest: dict[str, Any]) -> None:
    resource = cluster.resource(api_version, kind)
    metadata = {
        **manifest["metadata"],
        "uid": cluster.stable_uid(f"{kind}/{manifest['metadata']['name']}"),
        "creationTimestamp": cluster.timestamp(),
    }
    stored = {"kind": kind, "apiVersion": api_version, **manifest, "metadata": metadata}
    writer = Writer(manager=_API_SERVER, operation="Update", api_version=api_version)
    owned: dict[str, Any] = {
        f"f:{name}": {} for name in manifest if name not in ("metadata", "status")
    }
    entries = {writer: Entry(fields=parse(owned), time=cluster.timestamp())}
    key = (metadata.get("namespace", ""), metadata["name"])
    cluster.store.put(resource.key, key, with_owners(stored, entries) if owned else stored)
