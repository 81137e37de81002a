"""Works of a whole fleet as references: one entry for an object, and a Work made when it is asked
for.

Strategy: clusters that get the same share a `WorkClass`; what an object has where is a map from
cluster to class, and sets of clusters are interned, for most objects of a fleet go to the same few.
A million Works are ten thousand entries (design §2).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

from reconciler.model.identity import ObjectKey
from reconciler.model.policy import Suspension
from reconciler.model.work import AppliedOverride, Body, Work

NOT_SUSPENDED: Final = Suspension()
#: Sets of clusters that are shared; beyond, equal sets are kept more than once.
_KNOWN_PLACES: Final = 4096

Applied = Mapping[str, tuple[AppliedOverride, ...]]


@lru_cache(maxsize=_KNOWN_PLACES)
def places(names: frozenset[str]) -> frozenset[str]:
    """The one set that stands for all equal sets of cluster names."""
    return names


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkOrigin:
    """Where the Works of one object come from, and how they are dispatched."""

    key: ObjectKey
    name: str
    binding: str = ""
    suspension: Suspension = NOT_SUSPENDED
    preserve_on_deletion: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkClass:
    """What the clusters of an equivalence class share."""

    origin: WorkOrigin
    body: Body
    api_version: str
    conflict_resolution: str
    applied: tuple[AppliedOverride, ...] = ()

    def work(self, cluster: str) -> Work:
        """The Work of one cluster of the class."""
        return Work(
            cluster=cluster,
            key=self.origin.key,
            api_version=self.api_version,
            name=self.origin.name,
            body=self.body,
            binding=self.origin.binding,
            conflict_resolution=self.conflict_resolution,
            is_suspended=self.origin.suspension.covers(cluster),
            preserve_on_deletion=self.origin.preserve_on_deletion,
        )


def class_of(work: Work) -> WorkClass:
    """A class of its own for one Work."""
    origin = WorkOrigin(
        key=work.key,
        name=work.name,
        binding=work.binding,
        suspension=Suspension(dispatching=work.is_suspended),
        preserve_on_deletion=work.preserve_on_deletion,
    )
    return WorkClass(
        origin=origin,
        body=work.body,
        api_version=work.api_version,
        conflict_resolution=work.conflict_resolution,
    )


class ObjectWorks(Mapping[str, Work]):
    """The Works of one object by cluster. `clusters` is interned.

    Works of which enough is known may be made when somebody asks for them: most of a fleet is never
    looked at.
    """

    __slots__ = ("_classes", "_make", "clusters", "is_overridden")

    def __init__(self, classes: Mapping[str, WorkClass]) -> None:
        self._classes: Mapping[str, WorkClass] | None = classes
        self._make: Callable[[], Mapping[str, WorkClass]] | None = None
        self.clusters = places(frozenset(classes))
        self.is_overridden = any(one.applied for one in classes.values())

    @classmethod
    def later(
        cls,
        clusters: frozenset[str],
        make: Callable[[], Mapping[str, WorkClass]],
        *,
        is_overridden: bool,
    ) -> ObjectWorks:
        """Works on those clusters that are made when they are asked for."""
        works = cls({})
        works._classes, works._make = None, make
        works.clusters, works.is_overridden = places(clusters), is_overridden
        return works

    @property
    def classes(self) -> Mapping[str, WorkClass]:
        """What each cluster gets, in the order of rendering."""
        if self._classes is None:
            assert self._make is not None, "there are classes, or a way to make them"
            self._classes, self._make = self._make(), None
            assert self._classes.keys() == self.clusters, "it was known where it goes"
        return self._classes

    def __getitem__(self, cluster: str) -> Work:
        return self.classes[cluster].work(cluster)

    def __contains__(self, cluster: object) -> bool:
        return cluster in self.clusters

    def __iter__(self) -> Iterator[str]:
        return iter(self.classes)

    def __len__(self) -> int:
        return len(self.clusters)

    @property
    def applied(self) -> Applied:
        """What was overridden, by cluster; only clusters where a rule applied."""
        if not self.is_overridden:
            return {}
        return {name: one.applied for name, one in self.classes.items() if one.applied}

    def distinct(self) -> Iterable[tuple[str, WorkClass]]:
        """Every class once, with one of its clusters."""
        return {id(one): (name, one) for name, one in self.classes.items()}.values()


class FleetWorks(Mapping[str, Mapping[ObjectKey, Work]]):
    """Works by cluster, then identity: a view of the Works by identity."""

    __slots__ = ("_counts", "objects")

    def __init__(self, objects: Mapping[ObjectKey, ObjectWorks] | None = None) -> None:
        self.objects: Final[Mapping[ObjectKey, ObjectWorks]] = objects or {}
        self._counts: dict[str, int] | None = None

    @classmethod
    def of(cls, works: Mapping[str, Mapping[ObjectKey, Work]]) -> FleetWorks:
        """The same Works from the other side."""
        if isinstance(works, FleetWorks):
            return works
        found: dict[ObjectKey, dict[str, WorkClass]] = {}
        for cluster, objects in works.items():
            for key, work in objects.items():
                found.setdefault(key, {})[cluster] = class_of(work)
        return cls({key: ObjectWorks(classes) for key, classes in found.items()})

    def of_cluster(self, cluster: str) -> ClusterWorks:
        """The Works of a cluster, perhaps none."""
        return ClusterWorks(cluster, self.objects, self.counts.get(cluster, 0))

    @property
    def counts(self) -> Mapping[str, int]:
        """How many Works each cluster has."""
        if self._counts is None:
            self._counts = {}
            alike = Counter(one.clusters for one in self.objects.values())
            for names, number in alike.items():
                for name in names:
                    self._counts[name] = self._counts.get(name, 0) + number
        return self._counts

    def __getitem__(self, cluster: str) -> ClusterWorks:
        return ClusterWorks(cluster, self.objects, self.counts[cluster])

    def __contains__(self, cluster: object) -> bool:
        return cluster in self.counts

    def __iter__(self) -> Iterator[str]:
        return iter(sorted(self.counts))

    def __len__(self) -> int:
        return len(self.counts)


class ClusterWorks(Mapping[ObjectKey, Work]):
    """The Works of one cluster by identity; `objects` are those of all clusters."""

    __slots__ = ("_count", "cluster", "objects")

    def __init__(self, cluster: str, objects: Mapping[ObjectKey, ObjectWorks], count: int) -> None:
        self.cluster: Final = cluster
        self.objects: Final = objects
        self._count: Final = count

    def classes(self) -> dict[ObjectKey, WorkClass]:
        """What each object is there, without making Works."""
        cluster = self.cluster
        pairs = ((key, works.classes.get(cluster)) for key, works in self.objects.items())
        return {key: one for key, one in pairs if one is not None}

    def __getitem__(self, key: ObjectKey) -> Work:
        return self.objects[key][self.cluster]

    def __contains__(self, key: object) -> bool:
        works = self.objects.get(key)  # type: ignore[call-overload]  # any key may be asked for
        return works is not None and self.cluster in works.clusters

    def __iter__(self) -> Iterator[ObjectKey]:
        return (key for key, works in self.objects.items() if self.cluster in works.clusters)

    def __len__(self) -> int:
        return self._count


class FleetOverrides(Mapping[ObjectKey, Applied]):
    """What was overridden, by identity, then cluster: a view of the Works by identity."""

    __slots__ = ("_objects",)

    def __init__(self, objects: Mapping[ObjectKey, ObjectWorks]) -> None:
        self._objects: Final = {key: one for key, one in objects.items() if one.is_overridden}

    def __getitem__(self, key: ObjectKey) -> Applied:
        return self._objects[key].applied

    def __iter__(self) -> Iterator[ObjectKey]:
        return iter(self._objects)

    def __len__(self) -> int:
        return len(self._objects)


class Recorded(Mapping[str, frozenset[ObjectKey]]):
    """Identities recorded by cluster: a view of the clusters that each identity is recorded on."""

    __slots__ = ("_by_cluster", "clusters")

    def __init__(self, clusters: Mapping[ObjectKey, frozenset[str]] | None = None) -> None:
        self.clusters: Final[Mapping[ObjectKey, frozenset[str]]] = {
            key: names for key, names in (clusters or {}).items() if names
        }
        self._by_cluster: Mapping[str, frozenset[ObjectKey]] | None = None

    @classmethod
    def of(cls, by_cluster: Mapping[str, frozenset[ObjectKey]]) -> Recorded:
        """The same records from the other side."""
        if isinstance(by_cluster, Recorded):
            return by_cluster
        found: dict[ObjectKey, set[str]] = {}
        for cluster, keys in by_cluster.items():
            for key in keys:
                found.setdefault(key, set()).add(cluster)
        return cls({key: places(frozenset(names)) for key, names in found.items()})

    @property
    def counts(self) -> Mapping[str, int]:
        """How many identities are recorded on each cluster."""
        counts: dict[str, int] = {}
        for names, number in Counter(self.clusters.values()).items():
            for name in names:
                counts[name] = counts.get(name, 0) + number
        return counts

    def __getitem__(self, cluster: str) -> frozenset[ObjectKey]:
        return self._sides[cluster]

    def __iter__(self) -> Iterator[str]:
        return iter(self._sides)

    def __len__(self) -> int:
        return len(self._sides)

    def __eq__(self, other: object) -> bool:
        if isinstance(other, Recorded):
            return self.clusters == other.clusters
        return isinstance(other, Mapping) and dict(self._sides) == dict(other)

    __hash__ = None  # type: ignore[assignment]  # as of every mapping

    @property
    def _sides(self) -> Mapping[str, frozenset[ObjectKey]]:
        if self._by_cluster is None:
            found: dict[str, list[ObjectKey]] = {}
            for key, names in self.clusters.items():
                for name in names:
                    found.setdefault(name, []).append(key)
            self._by_cluster = {name: frozenset(found[name]) for name in sorted(found)}
        return self._by_cluster
