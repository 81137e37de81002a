"""Defaults of what connects: Service, NetworkPolicy, Ingress and its classes, endpoints."""

from __future__ import annotations

from typing import Any

from reconciler.parse.defaults.fill import each, filled, in_spec, shaped, within

_AFFINITY_SECONDS = 10800
_INTERNAL_POLICY_SINCE, _NODE_PORTS_SINCE = 22, 22
#: Since then a service with external addresses counts as reachable from outside, whatever its type.
_EXTERNAL_IPS_SINCE = 29


def service(body: dict[str, Any], minor: int) -> dict[str, Any]:
    """core/v1 Service; addresses and node ports are allocated by the server, not defaulted."""

    def step(spec: dict[str, Any]) -> dict[str, Any]:
        spec = filled(spec, sessionAffinity="None", type="ClusterIP")
        spec = _affinity(spec)
        spec = each(spec, "ports", _service_port)
        return _traffic(spec, minor)

    return in_spec(body, step)


def _affinity(spec: dict[str, Any]) -> dict[str, Any]:
    config = spec.get("sessionAffinityConfig")
    if spec["sessionAffinity"] == "None":
        return {key: value for key, value in spec.items() if key != "sessionAffinityConfig"}
    client = config.get("clientIP") if isinstance(config, dict) else None
    seconds = client.get("timeoutSeconds") if isinstance(client, dict) else None
    if spec["sessionAffinity"] != "ClientIP" or seconds is not None:
        return spec
    return {**spec, "sessionAffinityConfig": {"clientIP": {"timeoutSeconds": _AFFINITY_SECONDS}}}


def _service_port(port: dict[str, Any]) -> dict[str, Any]:
    port = filled(port, protocol="TCP")
    if port.get("targetPort") or "port" not in port:
        return port
    return {**port, "targetPort": port["port"]}


def _traffic(spec: dict[str, Any], minor: int) -> dict[str, Any]:
    kind = spec["type"]
    outside = minor >= _EXTERNAL_IPS_SINCE and kind == "ClusterIP" and spec.get("externalIPs")
    if kind in ("NodePort", "LoadBalancer") or outside:
        spec = filled(spec, externalTrafficPolicy="Cluster")
    if kind != "ExternalName" and minor >= _INTERNAL_POLICY_SINCE:
        spec = filled(spec, internalTrafficPolicy="Cluster")
    if kind == "LoadBalancer" and minor >= _NODE_PORTS_SINCE:
        spec = filled(spec, allocateLoadBalancerNodePorts=True)
    return spec


def endpoints(body: dict[str, Any], minor: int) -> dict[str, Any]:
    """core/v1 Endpoints."""
    del minor
    return each(
        body, "subsets", lambda one: each(one, "ports", lambda port: filled(port, protocol="TCP"))
    )


def endpoint_slice(body: dict[str, Any], minor: int) -> dict[str, Any]:
    """discovery.k8s.io EndpointSlice."""
    del minor
    body = each(body, "endpoints", lambda one: shaped(one, "conditions"))
    return each(body, "ports", lambda port: filled(port, name="", protocol="TCP"))


def ingress(body: dict[str, Any], minor: int) -> dict[str, Any]:
    """Ingress: only the beta versions leave the type of a path open."""
    del minor
    if body.get("apiVersion") == "networking.k8s.io/v1":
        return body
    return in_spec(body, lambda spec: each(spec, "rules", _beta_rule))


def _beta_rule(rule: dict[str, Any]) -> dict[str, Any]:
    return within(
        rule,
        "http",
        lambda http: each(
            http, "paths", lambda path: filled(path, pathType="ImplementationSpecific")
        ),
    )


def network_policy(body: dict[str, Any], minor: int) -> dict[str, Any]:
    """networking.k8s.io NetworkPolicy: types follow from the rules that are given."""
    del minor

    def step(spec: dict[str, Any]) -> dict[str, Any]:
        types = ["Ingress", "Egress"] if spec.get("egress") else ["Ingress"]
        spec = filled(spec, policyTypes=types)
        for direction in ("ingress", "egress"):
            spec = each(spec, direction, _rule)
        return spec

    return in_spec(body, step)


def _rule(rule: dict[str, Any]) -> dict[str, Any]:
    return each(rule, "ports", lambda port: filled(port, protocol="TCP"))


def ingress_class(body: dict[str, Any], minor: int) -> dict[str, Any]:
    """networking.k8s.io IngressClass."""
    del minor
    return within(
        body,
        "spec",
        lambda spec: within(spec, "parameters", lambda one: filled(one, scope="Cluster")),
    )


DEFAULTS = {
    ("", "Service"): service,
    ("", "Endpoints"): endpoints,
    ("discovery.k8s.io", "EndpointSlice"): endpoint_slice,
    ("networking.k8s.io", "Ingress"): ingress,
    ("extensions", "Ingress"): ingress,
    ("networking.k8s.io", "NetworkPolicy"): network_policy,
    ("networking.k8s.io", "IngressClass"): ingress_class,
}
