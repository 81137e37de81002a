"""Defaults of what connects: Service, NetworkPolicy, Ingress classes, endpoints."""

from __future__ import annotations

from typing import Any

from reconciler.parse.defaults.fill import each, filled, in_spec, within

_AFFINITY_SECONDS = 10800
_INTERNAL_POLICY_SINCE, _NODE_PORTS_SINCE = 22, 22


def service(body: dict[str, Any], minor: int) -> dict[str, Any]:
    """core/v1 Service; addresses and node ports are allocated by the server, not defaulted."""

    def step(spec: dict[str, Any]) -> dict[str, Any]:
        spec = filled(spec, sessionAffinity="None", type="ClusterIP")
        if spec["sessionAffinity"] == "ClientIP":
            spec = filled(
                spec, sessionAffinityConfig={"clientIP": {"timeoutSeconds": _AFFINITY_SECONDS}}
            )
        spec = each(spec, "ports", _service_port)
        return _traffic(spec, minor)

    return in_spec(body, step)


def _service_port(port: dict[str, Any]) -> dict[str, Any]:
    port = filled(port, protocol="TCP")
    return filled(port, targetPort=port["port"]) if "port" in port else port


def _traffic(spec: dict[str, Any], minor: int) -> dict[str, Any]:
    kind = spec["type"]
    if kind in {"NodePort", "LoadBalancer"}:
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
    return each(body, "ports", lambda port: filled(port, name="", protocol="TCP"))


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
    ("networking.k8s.io", "NetworkPolicy"): network_policy,
    ("networking.k8s.io", "IngressClass"): ingress_class,
}
