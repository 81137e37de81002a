"""The scale subresource: a Scale read from and written into an object."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from reconciler.adapters.simulation.catalogue import Resource

Manifest = dict[str, Any]
_COPIED = ("name", "namespace", "uid", "resourceVersion", "creationTimestamp")


def of(manifest: Mapping[str, Any], resource: Resource) -> Manifest:
    """The `autoscaling/v1` Scale of an object."""
    metadata = manifest["metadata"]
    spec, status = _paths(resource)
    scale: Manifest = {
        "kind": "Scale",
        "apiVersion": "autoscaling/v1",
        "metadata": {name: metadata[name] for name in _COPIED if name in metadata},
        "spec": {},
        "status": {"replicas": _at(manifest, status) or 0},
    }
    replicas = _at(manifest, spec)
    if replicas:
        scale["spec"]["replicas"] = replicas
    selector = _selector(manifest, resource)
    if selector:
        scale["status"]["selector"] = selector
    return scale


def scaled(manifest: Manifest, resource: Resource, replicas: int) -> Manifest:
    """The object with this many replicas."""
    path, _ = _paths(resource)
    return _with(manifest, path.strip(".").split("."), replicas)


def _with(value: Any, path: list[str], replicas: int) -> Manifest:
    mapping = dict(value) if isinstance(value, dict) else {}
    name, *rest = path
    mapping[name] = _with(mapping.get(name), rest, replicas) if rest else replicas
    return mapping


def _paths(resource: Resource) -> tuple[str, str]:
    if resource.custom is None:
        return "spec.replicas", "status.replicas"
    paths = resource.custom.scale
    return paths["specReplicasPath"], paths["statusReplicasPath"]


def _at(manifest: Mapping[str, Any], path: str) -> Any:
    value: Any = manifest
    for name in path.strip(".").split("."):
        value = value.get(name) if isinstance(value, Mapping) else None
    return value


def _selector(manifest: Mapping[str, Any], resource: Resource) -> str:
    if resource.custom is not None:
        path = resource.custom.scale.get("labelSelectorPath")
        return str(_at(manifest, path) or "") if path else ""
    selector = (manifest.get("spec") or {}).get("selector") or {}
    labels = selector.get("matchLabels", selector if "matchExpressions" not in selector else {})
    terms = [f"{key}={labels[key]}" for key in sorted(labels)]
    for term in selector.get("matchExpressions") or ():
        listed = ",".join(sorted(term.get("values") or ()))
        words = {
            "In": f"{term['key']} in ({listed})",
            "NotIn": f"{term['key']} notin ({listed})",
            "Exists": term["key"],
            "DoesNotExist": f"!{term['key']}",
        }
        terms.append(words[term["operator"]])
    return ",".join(terms)
