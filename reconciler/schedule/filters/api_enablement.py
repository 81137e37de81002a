"""APIEnablement: the cluster serves the template's kind, or has the object already."""

from __future__ import annotations

from reconciler.model.cluster import Cluster
from reconciler.schedule.framework import Check, Filter
from reconciler.schedule.request import Request


def prepare(request: Request) -> Check | None:
    """Karmada: plugins/apienablement."""
    resource = request.binding.resource
    serving = request.context.index.serving(resource.api_version, resource.kind)
    passing = serving | request.previous_names

    def check(cluster: Cluster) -> str | None:
        return None if cluster.name in passing else "cluster(s) did not have the API resource"

    return check


FILTER = Filter(name="APIEnablement", prepare=prepare)
