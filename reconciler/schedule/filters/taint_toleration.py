"""TaintToleration: no untolerated NoSchedule or NoExecute taint, or the object is there already."""

from __future__ import annotations

from reconciler.model.cluster import Cluster, Taint
from reconciler.schedule.framework import Check, Filter
from reconciler.schedule.request import Request


def prepare(request: Request) -> Check | None:
    """Karmada: plugins/tainttoleration."""
    tainted = request.context.index.tainted
    if not tainted:
        return None
    tolerations, previous = request.placement.tolerations, request.previous_names

    def check(cluster: Cluster) -> str | None:
        if cluster.name not in tainted or cluster.name in previous:
            return None
        for taint in tainted[cluster.name]:
            if not any(one.tolerates(taint) for one in tolerations):
                return f"cluster(s) had untolerated taint {{{shown(taint)}}}"
        return None

    return check


def shown(taint: Taint) -> str:
    """`key=value:effect`, as kubectl writes it."""
    return (
        f"{taint.key}={taint.value}:{taint.effect}"
        if taint.value
        else f"{taint.key}:{taint.effect}"
    )


FILTER = Filter(name="TaintToleration", prepare=prepare)
