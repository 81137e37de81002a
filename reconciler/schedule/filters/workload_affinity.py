"""WorkloadAffinity: go where the others of the same affinity group are (gate WorkloadAffinity)."""

from __future__ import annotations

from reconciler.model.cluster import Cluster
from reconciler.schedule.framework import Check, Filter
from reconciler.schedule.request import Request


def prepare(request: Request) -> Check | None:
    """Karmada: plugins/workloadaffinity; the first of a group goes anywhere, unscheduled members
    do not count.
    """
    binding = request.binding
    if not binding.affinity_group:
        return None
    members = [
        peer.targets
        for peer in request.context.peers
        if peer.affinity_group == binding.affinity_group
        and peer.namespace == binding.resource.namespace
        and peer.key != binding.key
        and peer.targets
    ]
    if not members:
        return None
    passing = frozenset.intersection(*members) | request.previous_names

    def check(cluster: Cluster) -> str | None:
        if cluster.name in passing:
            return None
        return "ResourceBinding with the same affinity group does not target this cluster"

    return check


FILTER = Filter(name="WorkloadAffinity", prepare=prepare, gate="WorkloadAffinity")
