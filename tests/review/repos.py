"""Small fleet repos as Git repositories whose commits are the same on every machine."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pygit2

from reconciler.model.emit import emit_yaml
from reconciler.runtime.offline import OfflinePlan, Planner
from reconciler.runtime.repository import FleetRepository

#: Text of files by path; None removes one.
Files = Mapping[str, str | None]
_START = 1_790_000_000


class FleetRepo:
    """A repository to which commits are added; each a minute after the one before."""

    def __init__(self, folder: Path) -> None:
        self.git = pygit2.init_repository(str(folder), bare=True, initial_head="main")
        self.files: dict[str, str] = {}
        self.count = 0

    def commit(self, files: Files, message: str = "change", *, author: str = "Alex") -> str:
        """The tree with these files changed, as a commit on main; its id."""
        self.files = {
            path: text for path, text in {**self.files, **files}.items() if text is not None
        }
        self.count += 1
        who = pygit2.Signature(author, f"{author.lower()}@shop.example", _START + 60 * self.count)
        parents = [] if self.git.head_is_unborn else [self.git.head.target]
        return str(
            self.git.create_commit("refs/heads/main", who, who, message, self._tree(), parents)
        )

    def plan(self, base: str, head: str) -> OfflinePlan:
        """The offline plan between two commits."""
        return Planner(self.repository).plan(base, head)

    @property
    def repository(self) -> FleetRepository:
        """The repository, read anew."""
        return FleetRepository.local(Path(self.git.path))

    def _tree(self) -> Any:
        index = pygit2.Index()
        for path, text in sorted(self.files.items()):
            blob = self.git.create_blob(text.encode())
            index.add(pygit2.IndexEntry(path, blob, pygit2.enums.FileMode.BLOB))
        return index.write_tree(self.git)


def documents(*bodies: Mapping[str, Any]) -> str:
    """Documents of one file."""
    return "---\n".join(emit_yaml(dict(body)).decode() for body in bodies)


def config(**fields: Any) -> str:
    return documents(
        {
            "apiVersion": "fleet-reconciler.io/v1alpha1",
            "kind": "FleetConfig",
            "fleetId": "shop",
            **fields,
        }
    )


GENEROUS = {
    "perCluster": {"count": 1000, "percent": 100},
    "perFleet": {"count": 10000, "percent": 100},
}


def cluster(name: str, *, labels: Mapping[str, str] | None = None, **spec: Any) -> str:
    metadata = {"name": name, **({"labels": dict(labels)} if labels else {})}
    return documents(
        {
            "apiVersion": "cluster.karmada.io/v1alpha1",
            "kind": "Cluster",
            "metadata": metadata,
            "spec": {"syncMode": "Push", "apiEndpoint": f"https://{name}.example:6443", **spec},
        }
    )


def clusters(*names: str, **spec: Any) -> dict[str, str]:
    """Cluster files; the part of a name before the dash is its region."""
    return {
        f"clusters/{name}.yaml": cluster(name, region=name.partition("-")[0], **spec)
        for name in names
    }


def deployment(
    name: str = "web",
    *,
    replicas: int = 6,
    image: str = "registry.example/shop/web:1.4.1",
    namespace: str = "shop",
    annotations: Mapping[str, str] | None = None,
    app: str = "",
    env: Mapping[str, str] | None = None,
    config_from: str = "",
) -> dict[str, Any]:
    container: dict[str, Any] = {"name": name, "image": image}
    if env:
        container["env"] = [{"name": key, "value": value} for key, value in env.items()]
    if config_from:
        container["envFrom"] = [{"configMapRef": {"name": config_from}}]
    return {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {
            "name": name,
            "namespace": namespace,
            "labels": {"app": name},
            **({"annotations": dict(annotations)} if annotations else {}),
        },
        "spec": {
            "replicas": replicas,
            "selector": {"matchLabels": {"app": app or name}},
            "template": {
                "metadata": {"labels": {"app": app or name}},
                "spec": {"containers": [container]},
            },
        },
    }


def config_map(name: str = "settings", *, namespace: str = "shop", **data: str) -> dict[str, Any]:
    metadata = {"name": name, "namespace": namespace}
    return {"apiVersion": "v1", "kind": "ConfigMap", "metadata": metadata, "data": data}


def secret(name: str = "token", **data: str) -> dict[str, Any]:
    return {
        "apiVersion": "v1",
        "kind": "Secret",
        "metadata": {"name": name, "namespace": "shop"},
        "stringData": data,
    }


def service(name: str = "web", *, port: int = 80, **spec: Any) -> dict[str, Any]:
    return {
        "apiVersion": "v1",
        "kind": "Service",
        "metadata": {"name": name, "namespace": "shop"},
        "spec": {"selector": {"app": name}, "ports": [{"name": "http", "port": port}], **spec},
    }


def namespace(name: str = "shop", **labels: str) -> dict[str, Any]:
    metadata = {"name": name, **({"labels": labels} if labels else {})}
    return {"apiVersion": "v1", "kind": "Namespace", "metadata": metadata}


_VERSIONS = {
    "Deployment": "apps/v1",
    "ConfigMap": "v1",
    "Secret": "v1",
    "Service": "v1",
    "Job": "batch/v1",
    "CustomResourceDefinition": "apiextensions.k8s.io/v1",
    "Promotion": "shop.example/v1",
}


def selector(kind: str, **fields: Any) -> dict[str, Any]:
    return {"apiVersion": _VERSIONS[kind], "kind": kind, **fields}


def propagation(
    name: str = "web",
    *kinds: str,
    placement: Mapping[str, Any] | None = None,
    **spec: Any,
) -> dict[str, Any]:
    return {
        "apiVersion": "policy.karmada.io/v1alpha1",
        "kind": "PropagationPolicy",
        "metadata": {"name": name, "namespace": "shop"},
        "spec": {
            "resourceSelectors": [selector(kind) for kind in kinds or ("Deployment",)],
            "placement": dict(placement or {}),
            **spec,
        },
    }


def cluster_propagation(name: str, *kinds: str, **spec: Any) -> dict[str, Any]:
    body = propagation(name, *kinds, **spec)
    return {**body, "kind": "ClusterPropagationPolicy", "metadata": {"name": name}}


def override(name: str, *rules: Mapping[str, Any], kind: str = "Deployment") -> dict[str, Any]:
    return {
        "apiVersion": "policy.karmada.io/v1alpha1",
        "kind": "OverridePolicy",
        "metadata": {"name": name, "namespace": "shop"},
        "spec": {
            "resourceSelectors": [selector(kind)],
            "overrideRules": [dict(rule) for rule in rules],
        },
    }


def rule(clusters: tuple[str, ...] = (), **overriders: Any) -> dict[str, Any]:
    target = {"targetCluster": {"clusterNames": list(clusters)}} if clusters else {}
    return {**target, "overriders": overriders}


def patch(path: str, value: Any, operator: str = "replace") -> list[dict[str, Any]]:
    return [{"path": path, "operator": operator, "value": value}]


def weighted(**weights: int) -> dict[str, Any]:
    """Static weights; `eu_1=2` stands for cluster eu-1."""
    return {
        "replicaScheduling": {
            "replicaSchedulingType": "Divided",
            "replicaDivisionPreference": "Weighted",
            "weightPreference": {
                "staticWeightList": [
                    {
                        "targetCluster": {"clusterNames": [name.replace("_", "-")]},
                        "weight": weight,
                    }
                    for name, weight in weights.items()
                ]
            },
        }
    }
