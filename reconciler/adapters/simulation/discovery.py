"""Discovery documents: group lists, resource lists, the aggregated form, and the version."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Final

from reconciler.adapters.simulation.catalogue import Resource, Subresource

if TYPE_CHECKING:
    from reconciler.adapters.simulation.cluster import SimulatedCluster

Document = dict[str, Any]
AGGREGATED: Final = "apidiscovery.k8s.io"
_STORED_VERBS: Final = frozenset({"create", "update", "watch"})


def version_info(cluster: SimulatedCluster) -> Document:
    """`/version`."""
    minor = str(cluster.features.minor)
    info = {
        "major": "1",
        "minor": minor,
        "gitVersion": f"v1.{minor}.0",
        "gitCommit": "simulation",
        "gitTreeState": "clean",
        "buildDate": "1970-01-01T00:00:00Z",
        "goVersion": "simulation",
        "compiler": "simulation",
        "platform": "linux/amd64",
    }
    if not cluster.features.emulation_versions:
        return info
    return {
        **info,
        "emulationMajor": "1",
        "emulationMinor": minor,
        "minCompatibilityMajor": "1",
        "minCompatibilityMinor": str(cluster.features.minor - 1),
    }


def core_versions(address: str) -> Document:
    """`/api`."""
    return {
        "kind": "APIVersions",
        "versions": ["v1"],
        "serverAddressByClientCIDRs": [{"clientCIDR": "0.0.0.0/0", "serverAddress": address}],
    }


def groups(cluster: SimulatedCluster) -> Document:
    """`/apis`."""
    listed = [_group(name, versions) for name, versions in cluster.catalogue.groups().items()]
    return {"kind": "APIGroupList", "apiVersion": "v1", "groups": listed}


def group(cluster: SimulatedCluster, name: str) -> Document | None:
    """`/apis/<group>`."""
    versions = cluster.catalogue.groups().get(name)
    if versions is None:
        return None
    return {"kind": "APIGroup", "apiVersion": "v1", **_group(name, versions)}


def _group(name: str, versions: list[str]) -> Document:
    listed = [{"groupVersion": f"{name}/{version}", "version": version} for version in versions]
    return {"name": name, "versions": listed, "preferredVersion": listed[0]}


def resource_list(cluster: SimulatedCluster, group_name: str, version: str) -> Document | None:
    """`/api/v1` and `/apis/<group>/<version>`."""
    resources = cluster.catalogue.resources(group_name, version)
    if resources is None:
        return None
    entries = []
    for resource in resources:
        entries.append(_entry(resource))
        entries.extend(_sub_entry(resource, sub) for sub in resource.subresources.values())
    document = {"kind": "APIResourceList"}
    if group_name:
        document["apiVersion"] = "v1"
    group_version = f"{group_name}/{version}" if group_name else version
    return {**document, "groupVersion": group_version, "resources": entries}


def _entry(resource: Resource) -> Document:
    entry: Document = {
        "name": resource.plural,
        "singularName": resource.singular,
        "namespaced": resource.namespaced,
        "kind": resource.kind,
        "verbs": list(resource.verbs),
    }
    if resource.short:
        entry["shortNames"] = list(resource.short)
    if resource.categories:
        entry["categories"] = list(resource.categories)
    if set(resource.verbs) >= _STORED_VERBS:
        entry["storageVersionHash"] = _storage_hash(resource)
    return entry


def _storage_hash(resource: Resource) -> str:
    """Source: apiserver discovery/storageversionhash.go."""
    subject = f"{resource.group}/{resource.version}/{resource.kind}"
    return base64.b64encode(hashlib.sha256(subject.encode()).digest()[:8]).decode()


def _sub_entry(resource: Resource, sub: Subresource) -> Document:
    entry: Document = {
        "name": f"{resource.plural}/{sub.name}",
        "singularName": "",
        "namespaced": resource.namespaced,
        "kind": sub.kind,
        "verbs": list(sub.verbs),
    }
    if sub.group:
        entry["group"] = sub.group
    if sub.version:
        entry["version"] = sub.version
    return entry


def aggregated(cluster: SimulatedCluster, *, core: bool, version: str) -> Document:
    """Everything of `/api` or `/apis` in one document."""
    catalogue = cluster.catalogue
    listed: Mapping[str, list[str]] = {"": ["v1"]} if core else catalogue.groups()
    items = []
    for name, versions in listed.items():
        metadata = {"name": name} if name else {}
        found = [_aggregated_version(cluster, name, one) for one in versions]
        items.append({"metadata": metadata, "versions": found})
    return {
        "kind": "APIGroupDiscoveryList",
        "apiVersion": f"{AGGREGATED}/{version}",
        "metadata": {},
        "items": items,
    }


def _aggregated_version(cluster: SimulatedCluster, group_name: str, version: str) -> Document:
    resources = cluster.catalogue.resources(group_name, version) or []
    listed = [_aggregated_resource(resource) for resource in resources]
    return {"version": version, "resources": listed, "freshness": "Current"}


def _aggregated_resource(resource: Resource) -> Document:
    entry: Document = {
        "resource": resource.plural,
        "responseKind": {
            "group": resource.group,
            "version": resource.version,
            "kind": resource.kind,
        },
        "scope": "Namespaced" if resource.namespaced else "Cluster",
        "singularResource": resource.singular,
        "verbs": list(resource.verbs),
    }
    if resource.short:
        entry["shortNames"] = list(resource.short)
    if resource.categories:
        entry["categories"] = list(resource.categories)
    if resource.subresources:
        entry["subresources"] = [
            {
                "subresource": sub.name,
                "responseKind": {
                    "group": sub.group or resource.group,
                    "version": sub.version or resource.version,
                    "kind": sub.kind,
                },
                "verbs": list(sub.verbs),
            }
            for sub in resource.subresources.values()
        ]
    return entry
