"""CustomResourceDefinitions at work: names accepted, established, served, and cleaned up.

The API server does this itself, without the controller manager. Source: apiextensions-apiserver
`pkg/controller/status`, `establish` and `finalizer`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from reconciler.adapters.simulation.catalogue import Resource
from reconciler.adapters.simulation.custom import served
from reconciler.adapters.simulation.deletes import CRD_CLEANUP
from reconciler.adapters.simulation.managed import Rules, Writer, after_update, with_owners

if TYPE_CHECKING:
    from reconciler.adapters.simulation.cluster import SimulatedCluster
    from reconciler.adapters.simulation.store import Key

Manifest = dict[str, Any]
DEFINITIONS: Final = ("apiextensions.k8s.io", "customresourcedefinitions")
_NAMES: Final = ("plural", "singular", "shortNames", "kind", "listKind", "categories")


def settle(cluster: SimulatedCluster, key: Key) -> None:
    """Bring what is served in line with a definition that was written or removed."""
    table = cluster.store.table(DEFINITIONS)
    definition = table.objects.get(key)
    if definition is None:
        plural, _, group = key[1].partition(".")
        cluster.catalogue.withdraw(group, plural)
        cluster.store.tables.pop((group, plural), None)
        return
    if definition["metadata"].get("deletionTimestamp"):
        _clean_up(cluster, key, definition)
        return
    status = _status(cluster, definition)
    if status != definition.get("status"):
        _write_status(cluster, key, definition, status)
    _serve(cluster, definition)


def settle_terminating(cluster: SimulatedCluster, resource: Resource) -> None:
    """A definition that waits for its last instance goes with it."""
    key = ("", f"{resource.plural}.{resource.group}")
    definition = cluster.store.table(DEFINITIONS).objects.get(key)
    if definition is not None and definition["metadata"].get("deletionTimestamp"):
        settle(cluster, key)


def _serve(cluster: SimulatedCluster, definition: Manifest) -> None:
    spec = definition["spec"]
    cluster.catalogue.withdraw(spec["group"], spec["names"]["plural"])
    cluster.catalogue.serve(served(definition, cluster.features))


def _status(cluster: SimulatedCluster, definition: Manifest) -> Manifest:
    spec, old = definition["spec"], definition.get("status") or {}
    storage = [version["name"] for version in spec["versions"] if version.get("storage")]
    stored = list(old.get("storedVersions") or [])
    conditions = old.get("conditions") or [
        _condition(cluster, "NamesAccepted", "NoConflicts", "no conflicts found"),
        _condition(
            cluster,
            "Established",
            "InitialNamesAccepted",
            "the initial names have been accepted",
        ),
    ]
    return {
        "conditions": conditions,
        "acceptedNames": {name: spec["names"][name] for name in _NAMES if spec["names"].get(name)},
        "storedVersions": stored + [name for name in storage if name not in stored],
    }


def _condition(cluster: SimulatedCluster, kind: str, reason: str, message: str) -> Manifest:
    return {
        "type": kind,
        "status": "True",
        "lastTransitionTime": cluster.timestamp(),
        "reason": reason,
        "message": message,
    }


def _write_status(
    cluster: SimulatedCluster, key: Key, definition: Manifest, status: Manifest
) -> None:
    """As the API server's own controllers do it: no reactions follow."""
    resource = cluster.resource("apiextensions.k8s.io/v1", "CustomResourceDefinition")
    changed = {**definition, "status": status}
    writer = Writer(
        manager="kube-apiserver",
        operation="Update",
        api_version=resource.api_version,
        subresource="status" if cluster.features.subresource_entries else "",
    )
    rules = Rules(shape=resource.shape, reset={}, interleave=True)
    entries = after_update(definition, changed, writer, cluster.timestamp(), rules)
    cluster.store.put(DEFINITIONS, key, with_owners(changed, entries))


def _clean_up(cluster: SimulatedCluster, key: Key, definition: Manifest) -> None:
    """Instances go first; then the finalizer, and with it the definition."""
    spec = definition["spec"]
    name = (spec["group"], spec["names"]["plural"])
    table = cluster.store.table(name)
    for instance in list(table.keys()):
        manifest = table.objects[instance]
        if not manifest["metadata"].get("finalizers"):
            cluster.store.delete(name, instance)
        elif not manifest["metadata"].get("deletionTimestamp"):
            metadata = {**manifest["metadata"], "deletionTimestamp": cluster.timestamp()}
            metadata["deletionGracePeriodSeconds"] = 0
            cluster.store.put(name, instance, {**manifest, "metadata": metadata})
    if table.objects:
        return
    finalizers = [one for one in definition["metadata"]["finalizers"] if one != CRD_CLEANUP]
    if finalizers != definition["metadata"]["finalizers"] and finalizers:
        metadata = {**definition["metadata"], "finalizers": finalizers}
        cluster.store.put(DEFINITIONS, key, {**definition, "metadata": metadata})
    elif not finalizers:
        cluster.store.delete(DEFINITIONS, key)
        settle(cluster, key)
