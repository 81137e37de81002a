"""ClusterAffinity: the affinity, or one of its overflow tiers, means the cluster."""

from __future__ import annotations

from reconciler.model.cluster import Cluster
from reconciler.schedule.framework import Check, Filter
from reconciler.schedule.request import Request


def prepare(request: Request) -> Check | None:
    """Karmada: plugins/clusteraffinity; no affinity means every cluster."""
    if request.affinity is None:
        return None
    clusters = request.context.index.clusters
    meant = request.affinity.matching(clusters).union(
        *(tier.affinity.matching(clusters) for tier in request.overflow)
    )

    def check(cluster: Cluster) -> str | None:
        if cluster.name in meant:
            return None
        return "cluster(s) did not match the placement cluster affinity constraint"

    return check


FILTER = Filter(name="ClusterAffinity", prepare=prepare)
