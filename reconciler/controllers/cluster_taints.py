"""Taints that follow from a cluster's Ready condition.

Karmada: cluster controller, taintClusterByCondition (karmada-semantics §2.18). False, or no such
condition, means not-ready; Unknown means unreachable; True means neither. NoExecute is never added:
an outage alone moves nothing.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Final

from reconciler.controllers.evidence import clusters
from reconciler.model.cluster import Cluster, Taint
from reconciler.model.intent import TaintCluster
from reconciler.model.world import World

NOT_READY: Final = "cluster.karmada.io/not-ready"
UNREACHABLE: Final = "cluster.karmada.io/unreachable"
_EFFECT: Final = "NoSchedule"
#: Status of the Ready condition -> the taint it means. Anything else is as good as no condition.
_BY_STATUS: Final[Mapping[str, str]] = {"True": "", "False": NOT_READY, "Unknown": UNREACHABLE}


def intents(world: World, _: datetime) -> Iterator[TaintCluster]:
    """One intent for each cluster whose taints are not what its condition says."""
    for cluster in clusters(world).values():
        if cluster.facts is None and world.is_offline:
            continue  # a plan without inventory assumes that the cluster is ready
        intent = _intent(cluster)
        if intent.add or intent.remove:
            yield intent


def _intent(cluster: Cluster) -> TaintCluster:
    ready = cluster.facts.condition("Ready") if cluster.facts else None
    wanted = _BY_STATUS.get(ready.status, NOT_READY) if ready else NOT_READY
    since = ready.last_transition if ready else ""
    present = {one.key for one in cluster.taints if one.effect == _EFFECT}
    add = [key for key in (NOT_READY, UNREACHABLE) if key == wanted and key not in present]
    remove = [key for key in (NOT_READY, UNREACHABLE) if key != wanted and key in present]
    said = f"{ready.status}: {ready.reason}" if ready else "not reported"
    return TaintCluster(
        cluster=cluster.name,
        add=tuple(Taint(key=key, effect=_EFFECT, time_added=since) for key in add),
        remove=tuple(Taint(key=key, effect=_EFFECT) for key in remove),
        cause=f"Ready is {said}",
    )
