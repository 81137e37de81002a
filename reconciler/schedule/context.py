"""Everything a scheduling run shares: clusters with their facts, gates, the rest of the fleet.

Not here: what depends on one binding (request.py).
"""

from __future__ import annotations

from collections.abc import Mapping
from copy import copy
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from reconciler.model.cluster import Cluster
from reconciler.model.identity import ObjectKey
from reconciler.model.meter import UNMETERED, Meter
from reconciler.schedule.index import ClusterIndex

if TYPE_CHECKING:
    from reconciler.schedule.framework import Profile


@dataclass(frozen=True, slots=True, kw_only=True)
class Peer:
    """Another binding as workload affinity sees it: its groups (`key=value`) and its targets."""

    key: ObjectKey
    namespace: str
    affinity_group: str = ""
    anti_affinity_group: str = ""
    targets: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True, kw_only=True)
class SchedulingContext:
    """Input of every scheduling of one run.

    `gates` names the feature gates that are on. `enable_empty`: clusters that got no replica stay
    targets. `peers` may contain the binding itself, which is no peer of its own. `profiles` maps
    schedulerName to plugins; empty means the built-in profile alone. The order of `clusters` and
    `peers` means nothing. `meter` hears how long things took.
    """

    clusters: tuple[Cluster, ...]
    gates: frozenset[str] = frozenset()
    enable_empty: bool = False
    peers: tuple[Peer, ...] = ()
    profiles: Mapping[str, Profile] = field(default_factory=dict)
    wants_trace: bool = False
    meter: Meter = field(default=UNMETERED, repr=False, compare=False)
    index: ClusterIndex = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        """Work out once what every binding asks of the clusters."""
        object.__setattr__(self, "index", ClusterIndex(self.clusters))

    def with_peers(self, peers: tuple[Peer, ...]) -> SchedulingContext:
        """The same run, other bindings having moved; what is known of the clusters is kept."""
        context = copy(self)
        object.__setattr__(context, "peers", peers)
        return context
