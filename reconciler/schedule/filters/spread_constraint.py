"""SpreadConstraint: a cluster without the property that groups are made of belongs to no group."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from reconciler.model.cluster import Cluster
from reconciler.schedule.framework import Check, Filter
from reconciler.schedule.request import Request

HAS_PROPERTY: Final[dict[str, Callable[[Cluster], bool]]] = {
    "provider": lambda cluster: bool(cluster.provider),
    "region": lambda cluster: bool(cluster.region),
    "zone": lambda cluster: bool(cluster.zones),
}


def prepare(request: Request) -> Check | None:
    """Karmada: plugins/spreadconstraint."""
    fields = [
        one.by_field for one in request.placement.spread_constraints if one.by_field in HAS_PROPERTY
    ]
    if not fields:
        return None

    def check(cluster: Cluster) -> str | None:
        for field in fields:
            if not HAS_PROPERTY[field](cluster):
                return f"cluster(s) did not have {field} property"
        return None

    return check


FILTER = Filter(name="SpreadConstraint", prepare=prepare)
