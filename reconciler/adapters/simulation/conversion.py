"""One stored object in another version of its group.

Most built-in versions differ in name only. Those that differ in shape are converted here or, where
nothing says how, answered with 501.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final

from reconciler.adapters.simulation.catalogue import Resource
from reconciler.adapters.simulation.errors import not_implemented

Manifest = dict[str, Any]
_CPU_ONLY: Final = 1


def to_version(manifest: Manifest, resource: Resource) -> Manifest:
    """The manifest as this resource's version shows it."""
    if manifest.get("apiVersion") == resource.api_version:
        return manifest
    convert = _CONVERSIONS.get(
        (
            manifest.get("kind", ""),
            _shape_of(manifest["apiVersion"]),
            _shape_of(resource.api_version),
        )
    )
    if convert is not None:
        manifest = convert(manifest)
    elif manifest.get("kind") in _SHAPED and _shape_of(manifest["apiVersion"]) != _shape_of(
        resource.api_version
    ):
        raise not_implemented(
            f"converting {manifest['kind']} from {manifest['apiVersion']} to {resource.api_version}"
        )
    return {**manifest, "apiVersion": resource.api_version}


_SHAPED: Final = frozenset({"HorizontalPodAutoscaler", "Ingress"})
_SHAPES: Final[Mapping[str, str]] = {
    "autoscaling/v2beta2": "autoscaling/v2",
    "extensions/v1beta1": "networking.k8s.io/v1beta1",
}


def _shape_of(api_version: str) -> str:
    return _SHAPES.get(api_version, api_version)


def _autoscaler_to_v2(manifest: Manifest) -> Manifest:
    spec = dict(manifest.get("spec") or {})
    target = spec.pop("targetCPUUtilizationPercentage", None)
    if target is not None:
        utilization = {"type": "Utilization", "averageUtilization": target}
        resource = {"name": "cpu", "target": utilization}
        spec["metrics"] = [{"type": "Resource", "resource": resource}]
    return {**manifest, "spec": spec}


def _autoscaler_to_v1(manifest: Manifest) -> Manifest:
    spec = dict(manifest.get("spec") or {})
    metrics = spec.pop("metrics", None) or []
    if len(metrics) > _CPU_ONLY or spec.pop("behavior", None):
        raise not_implemented("autoscaling/v1 of an autoscaler with more than a CPU target")
    for metric in metrics:
        resource = metric.get("resource") or {}
        target = (resource.get("target") or {}).get("averageUtilization")
        if resource.get("name") != "cpu" or target is None:
            raise not_implemented("autoscaling/v1 of an autoscaler with more than a CPU target")
        spec["targetCPUUtilizationPercentage"] = target
    return {**manifest, "spec": spec}


def _backend_to_v1(backend: Mapping[str, Any]) -> dict[str, Any]:
    if "serviceName" not in backend:
        return dict(backend)
    port = backend.get("servicePort")
    number = {"number": port} if isinstance(port, int) else {"name": port}
    return {"service": {"name": backend["serviceName"], "port": number}}


def _backend_to_beta(backend: Mapping[str, Any]) -> dict[str, Any]:
    service = backend.get("service")
    if service is None:
        return dict(backend)
    port = service.get("port") or {}
    return {
        "serviceName": service["name"],
        "servicePort": port.get("number", port.get("name")),
    }


def _ingress(
    old: str, new: str, backend: Callable[[Mapping[str, Any]], dict[str, Any]]
) -> Callable[[Manifest], Manifest]:
    def convert(manifest: Manifest) -> Manifest:
        spec = dict(manifest.get("spec") or {})
        if old in spec:
            spec[new] = backend(spec.pop(old))
        if "rules" in spec:
            spec["rules"] = [_rule(rule, backend) for rule in spec["rules"]]
        return {**manifest, "spec": spec}

    return convert


def _rule(
    rule: Mapping[str, Any], backend: Callable[[Mapping[str, Any]], dict[str, Any]]
) -> dict[str, Any]:
    if not rule.get("http"):
        return dict(rule)
    paths = [{**path, "backend": backend(path["backend"])} for path in rule["http"]["paths"]]
    return {**rule, "http": {"paths": paths}}


_CONVERSIONS: Final[Mapping[tuple[str, str, str], Callable[[Manifest], Manifest]]] = {
    ("HorizontalPodAutoscaler", "autoscaling/v1", "autoscaling/v2"): _autoscaler_to_v2,
    ("HorizontalPodAutoscaler", "autoscaling/v2", "autoscaling/v1"): _autoscaler_to_v1,
    ("Ingress", "networking.k8s.io/v1beta1", "networking.k8s.io/v1"): _ingress(
        "backend", "defaultBackend", _backend_to_v1
    ),
    ("Ingress", "networking.k8s.io/v1", "networking.k8s.io/v1beta1"): _ingress(
        "defaultBackend", "backend", _backend_to_beta
    ),
}
