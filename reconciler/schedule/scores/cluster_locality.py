"""ClusterLocality: stay where the object is."""

from __future__ import annotations

from typing import Final

from reconciler.model.cluster import Cluster
from reconciler.schedule.framework import Rate, Score
from reconciler.schedule.request import Request

LARGEST_SCORE: Final = 100


def prepare(request: Request) -> Rate | None:
    """Karmada: plugins/clusterlocality."""
    previous = request.previous_names
    if not previous:
        return None

    def rate(cluster: Cluster) -> int:
        return LARGEST_SCORE if cluster.name in previous else 0

    return rate


SCORE = Score(name="ClusterLocality", prepare=prepare)
