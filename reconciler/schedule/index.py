"""What every binding asks of the same clusters, worked out once for a run.

The answers are functions of the clusters alone; remembering them is only speed.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Mapping
from typing import Final

from reconciler.model.binding import Target
from reconciler.model.cluster import Cluster, Taint
from reconciler.schedule.estimate import Estimate, Grades, Room, grade_nodes, room_of

#: Questions whose answers are remembered: most bindings of a fleet ask the same few.
_MOST_ANSWERS: Final = 1024
SCHEDULING_EFFECTS: Final = frozenset({"NoSchedule", "NoExecute"})


class ClusterIndex:
    """Clusters by name, and lazily: who serves a kind, whose taints matter, capacity by request."""

    __slots__ = (
        "_answers",
        "_capacities",
        "_grades",
        "_rooms",
        "_servers",
        "by_name",
        "clusters",
        "tainted",
    )

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
        self._rooms: dict[str, Room] = {}
        self._grades: dict[int, Grades] = {}  # by identity: the clusters keep the models alive
        self._capacities: dict[Hashable, dict[str, int]] = {}
        self._answers: dict[Hashable, tuple[object, tuple[Target, ...]]] = {}

    def answer(
        self, question: Hashable, alive: object, make: Callable[[], tuple[Target, ...]]
    ) -> tuple[Target, ...]:
        """Targets by everything that they depend on. `alive` are the objects that the question
        names by identity; what `make` raises is not remembered.
        """
        known = self._answers.get(question)
        if known is None:
            if len(self._answers) >= _MOST_ANSWERS:
                self._answers.clear()
            known = self._answers[question] = (alive, make())
        return known[1]

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

    def capacity(
        self, question: Hashable, estimate: Estimate, clusters: Iterable[Cluster]
    ) -> Mapping[str, int]:
        """Estimates by cluster name, at least for those clusters; each is asked once."""
        known = self._capacities.setdefault(question, {})
        for cluster in clusters:
            if cluster.name not in known:
                known[cluster.name] = estimate(self._room(cluster))
        return known

    def _room(self, cluster: Cluster) -> Room:
        room = self._rooms.get(cluster.name)
        if room is None:
            room = self._rooms[cluster.name] = room_of(cluster, self._grades_of(cluster))
        return room

    def _grades_of(self, cluster: Cluster) -> Grades:
        """Grades of the models, worked out once for clusters that share them."""
        models = cluster.resource_models
        grades = self._grades.get(id(models))
        if grades is None:
            grades = self._grades[id(models)] = grade_nodes(models)
        return grades


def _taints(cluster: Cluster) -> tuple[Taint, ...]:
    return tuple(one for one in cluster.taints if one.effect in SCHEDULING_EFFECTS)
