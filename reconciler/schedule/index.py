"""What every binding asks of the same clusters, worked out once for a run.

The answers are functions of the clusters alone; remembering them is only speed.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable
from typing import Final

from reconciler.model.cluster import Cluster, Taint

SCHEDULING_EFFECTS: Final = frozenset({"NoSchedule", "NoExecute"})


class ClusterIndex:
    """Clusters by name, and lazily: who serves a kind, whose taints matter, capacity by request."""

    __slots__ = ("_capacities", "_servers", "by_name", "clusters", "tainted")

    def __init__(self, clusters: Iterable[Cluster]) -> None:
        """Index the clusters; one that is being deleted takes nothing and is left out."""
        self.clusters: Final = tuple(
            sorted((one for one in clusters if not one.is_deleting), key=lambda one: one.name)
        )
        self.by_name: Final = {one.name: one for one in self.clusters}
        self.tainted: Final = {
            one.name: taints for one in self.clusters if (taints := _taints(one))
        }
        self._servers: dict[tuple[str, str], frozenset[str]] = {}
        self._capacities: dict[Hashable, dict[str, int]] = {}

    def serving(self, api_version: str, kind: str) -> frozenset[str]:
        """Names of the clusters that serve a kind; one without facts serves nothing."""
        names = self._servers.get((api_version, kind))
        if names is None:
            names = frozenset(
                one.name
                for one in self.clusters
                if one.facts is not None and one.facts.serves(api_version, kind)
            )
            self._servers[api_version, kind] = names
        return names

    def capacity(self, question: Hashable, answer: Callable[[Cluster], int]) -> dict[str, int]:
        """Estimates by cluster name for one question, asked of each cluster once."""
        known = self._capacities.get(question)
        if known is None:
            known = {one.name: answer(one) for one in self.clusters}
            self._capacities[question] = known
        return known


def _taints(cluster: Cluster) -> tuple[Taint, ...]:
    return tuple(one for one in cluster.taints if one.effect in SCHEDULING_EFFECTS)
