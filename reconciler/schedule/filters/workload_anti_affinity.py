"""WorkloadAntiAffinity: keep away from the others of the same group (gate WorkloadAffinity)."""

from __future__ import annotations

from reconciler.model.cluster import Cluster
from reconciler.schedule.framework import Check, Filter
from reconciler.schedule.request import Request


def prepare(request: Request) -> Check | None:
    """Karmada: plugins/workloadantiaffinity; a present target stays."""
    binding = request.binding
    if not binding.anti_affinity_group:
        return None
    taken = frozenset[str]().union(
        *(
            peer.targets
            for peer in request.context.peers
            if peer.anti_affinity_group == binding.anti_affinity_group
            and peer.namespace == binding.resource.namespace
            and peer.key != binding.key
        )
    )
    refused = taken - request.previous_names
    if not refused:
        return None

    def check(cluster: Cluster) -> str | None:
        if cluster.name not in refused:
            return None
        return "cluster already has workload with the same anti-affinity group"

    return check


FILTER = Filter(name="WorkloadAntiAffinity", prepare=prepare, gate="WorkloadAffinity")
