"""`status.loadBalancer` of Services and Ingresses: addresses of many clusters in one list."""

from __future__ import annotations

from reconciler.interpret.body import list_at, map_at, statuses, text_at
from reconciler.interpret.operation import Body
from reconciler.interpret.typed import Shape, written


def addresses(body: Body) -> list[Body]:
    """The entries of `loadBalancer.ingress` in a status."""
    return list_at(map_at(body, "loadBalancer"), "ingress")


def aggregate(template: Body, items: list[Body], shape: Shape) -> Body:
    """The template with every cluster's addresses once, sorted by address and host name."""
    found = [entry for _, status in statuses(items) for entry in addresses(status)]
    distinct = {repr(sorted(entry.items())): entry for entry in found}
    ingress = sorted(
        distinct.values(), key=lambda one: (text_at(one, "ip"), text_at(one, "hostname"))
    )
    if ingress and addresses(map_at(template, "status")) == ingress:
        return template
    body = written(template, shape)
    balancer = {"ingress": ingress} if ingress else {}
    return body | {"status": body["status"] | {"loadBalancer": balancer}}


def has_address(body: Body) -> bool:
    """Whether traffic can come in: any entry with an ip or a host name."""
    return any(
        entry.get("ip") or entry.get("hostname") for entry in addresses(map_at(body, "status"))
    )
