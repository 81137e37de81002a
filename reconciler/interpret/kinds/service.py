"""Service: addresses belong to the member; a load balancer's addresses are gathered."""

from __future__ import annotations

from typing import Final

from reconciler.interpret import loadbalancer, typed
from reconciler.interpret.body import list_at, map_at, text_at, whole_at, with_value
from reconciler.interpret.operation import Body, KindInterpreter

LOAD_BALANCER: Final = "LoadBalancer"


def is_load_balancer(body: Body) -> bool:
    """Whether the status of this Service says anything."""
    return text_at(map_at(body, "spec"), "type") == LOAD_BALANCER


def retain(desired: Body, observed: Body) -> Body:
    """The health-check port and the addresses that the member allocated."""
    spec = map_at(observed, "spec")
    allocated = {
        "healthCheckNodePort": max(whole_at(spec, "healthCheckNodePort"), 0),
        "clusterIP": text_at(spec, "clusterIP"),
        "clusterIPs": list_at(spec, "clusterIPs"),
    }
    for name, value in allocated.items():
        if value:
            desired = with_value(desired, ("spec", name), value)
    return desired


def reflect_status(observed: Body) -> Body | None:
    """The load balancer's addresses; nothing for other types."""
    if not is_load_balancer(observed) or observed.get("status") is None:
        return None
    return {"loadBalancer": map_at(observed, "status", "loadBalancer")}


def aggregate_status(template: Body, items: list[Body]) -> Body:
    """All addresses of all clusters, for a load balancer."""
    if not is_load_balancer(template):
        return template
    return loadbalancer.aggregate(template, items, typed.SERVICE)


def is_healthy(body: Body) -> bool:
    """A load balancer needs an address; other types need nothing."""
    return not is_load_balancer(body) or loadbalancer.has_address(body)


INTERPRETER: Final = KindInterpreter(
    api_version="v1",
    kind="Service",
    retain=retain,
    reflect_status=reflect_status,
    aggregate_status=aggregate_status,
    interpret_health=is_healthy,
)
