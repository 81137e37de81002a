"""ClusterEviction: a cluster that is being evicted from is no target."""

from __future__ import annotations

from reconciler.model.cluster import Cluster
from reconciler.schedule.framework import Check, Filter
from reconciler.schedule.request import Request


def prepare(request: Request) -> Check | None:
    """Karmada: plugins/clustereviction; holds for present targets too."""
    evicted = request.evicted
    if not evicted:
        return None

    def check(cluster: Cluster) -> str | None:
        return "cluster(s) is in the process of eviction" if cluster.name in evicted else None

    return check


FILTER = Filter(name="ClusterEviction", prepare=prepare)
