"""What plugins see: the binding with its history, one candidate cluster, one share to divide."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

from reconciler.model.binding import Binding, BindingState, Target
from reconciler.model.cluster import Cluster
from reconciler.model.policy import AffinityTerm, Placement
from reconciler.model.selector import ClusterAffinity
from reconciler.schedule.context import SchedulingContext


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """One attempt to place one binding.

    `term` is the ordered affinity under trial, None without clusterAffinities. `is_fresh`: a
    rescheduling was triggered, the previous result does not bind. `previous_names`: clusters that
    are targets already; `evicted`: clusters being evicted from.
    """

    binding: Binding
    placement: Placement
    previous: BindingState | None
    context: SchedulingContext
    term: AffinityTerm | None
    is_fresh: bool
    previous_names: frozenset[str]
    evicted: frozenset[str]

    @property
    def affinity(self) -> ClusterAffinity | None:
        """The affinity that holds now: clusterAffinity, or the one of the term under trial."""
        if self.placement.affinity is not None:
            return self.placement.affinity
        return self.term.affinity if self.term is not None else None

    @property
    def overflow(self) -> tuple[AffinityTerm, ...]:
        """Tiers below the affinity; only workloads overflow (karmada-semantics §2.8)."""
        if self.placement.affinity is not None or self.term is None:
            return ()
        return self.term.overflow if self.binding.is_workload else ()

    @property
    def previous_targets(self) -> tuple[Target, ...]:
        """Targets of the last result, in its order."""
        return self.previous.targets if self.previous is not None else ()


class Candidate(NamedTuple):
    """A cluster that passed the filters.

    `allocatable`: how many more replicas it can take by estimate; `available`: that and what it has
    already. `overflow_order` 0: the affinity itself matches, n: its n-th overflow tier does.
    """

    cluster: Cluster
    score: int
    allocatable: int
    available: int
    overflow_order: int

    @property
    def name(self) -> str:
        """Name of the cluster."""
        return self.cluster.name


@dataclass(frozen=True, slots=True, kw_only=True)
class Share:
    """Replicas to divide among candidates, and the request they come from."""

    request: Request
    candidates: tuple[Candidate, ...]
    replicas: int

    @property
    def seed(self) -> str:
        """What breaks ties: the template's uid."""
        return self.request.binding.resource.uid
