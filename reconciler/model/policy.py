"""Policies: who propagates what where, and what changes on the way.

Shapes of PropagationPolicy, OverridePolicy and their cluster forms after defaulting
(karmada-semantics §1.1, §1.2).
`parse/` makes them from documents; every other room reads them.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from reconciler.model.cluster import Taint
from reconciler.model.diagnostic import Position
from reconciler.model.identity import stable_id
from reconciler.model.selector import ClusterAffinity, ResourceSelector


class PolicyKind(StrEnum):
    """The four policy kinds."""

    PROPAGATION = "PropagationPolicy"
    CLUSTER_PROPAGATION = "ClusterPropagationPolicy"
    OVERRIDE = "OverridePolicy"
    CLUSTER_OVERRIDE = "ClusterOverridePolicy"


@dataclass(frozen=True, slots=True, order=True)
class PolicyRef:
    """Names one policy; `namespace` is `` for the cluster forms."""

    kind: PolicyKind
    namespace: str
    name: str

    @property
    def permanent_id(self) -> str:
        """The id that Karmada draws at random, derived from the identity (design §5, Identity)."""
        return stable_id("policy", "policy.karmada.io", self.kind, self.namespace, self.name)

    def __str__(self) -> str:
        """`PropagationPolicy shop/web`."""
        return (
            f"{self.kind} {self.namespace}/{self.name}"
            if self.namespace
            else f"{self.kind} {self.name}"
        )


class ReplicaSchedulingType(StrEnum):
    """Whether every target gets all replicas or a share."""

    DUPLICATED = "Duplicated"
    DIVIDED = "Divided"


class DivisionPreference(StrEnum):
    """How a share is found."""

    AGGREGATED = "Aggregated"
    WEIGHTED = "Weighted"


@dataclass(frozen=True, slots=True, kw_only=True)
class Toleration:
    """A core/v1 Toleration."""

    key: str = ""
    operator: str = ""
    value: str = ""
    effect: str = ""
    toleration_seconds: int | None = None

    @classmethod
    def decode(cls, raw: Mapping[str, Any]) -> Toleration:
        """From the wire form, which applied placements keep."""
        return cls(
            key=raw.get("key") or "",
            operator=raw.get("operator") or "",
            value=raw.get("value") or "",
            effect=raw.get("effect") or "",
            toleration_seconds=raw.get("tolerationSeconds"),
        )

    def tolerates(self, taint: Taint) -> bool:
        """Kubernetes: Toleration.ToleratesTaint; an unknown operator tolerates nothing."""
        if self.effect and self.effect != taint.effect:
            return False
        if self.key and self.key != taint.key:
            return False
        match self.operator:
            case "" | "Equal":
                return self.value == taint.value
            case "Exists":
                return True
            case _:
                return False


@dataclass(frozen=True, slots=True, kw_only=True)
class SpreadConstraint:
    """How many groups of clusters; `by_field` is cluster, region, zone or provider."""

    by_field: str = ""
    by_label: str = ""
    min_groups: int = 0
    max_groups: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class WeightRule:
    """Static weight of the clusters it matches."""

    target: ClusterAffinity
    weight: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ReplicaScheduling:
    """How replicas spread. `weights` is None when no weightPreference was given at all."""

    type: ReplicaSchedulingType = ReplicaSchedulingType.DIVIDED
    preference: DivisionPreference | None = None
    weights: tuple[WeightRule, ...] | None = None
    dynamic_weight: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class AffinityTerm:
    """One of the ordered clusterAffinities, with its overflow tiers."""

    name: str
    affinity: ClusterAffinity
    overflow: tuple[AffinityTerm, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkloadAffinity:
    """Label keys by which workloads seek or avoid each other; `` when absent."""

    affinity_key: str = ""
    anti_affinity_key: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Placement:
    """Constraints on where. `replica_scheduling` None means Duplicated; `{}` means Divided.

    `document` is the defaulted wire form, kept for the state branch and the applied-placement
    comparison.
    """

    affinity: ClusterAffinity | None = None
    affinities: tuple[AffinityTerm, ...] = ()
    tolerations: tuple[Toleration, ...] = ()
    spread_constraints: tuple[SpreadConstraint, ...] = ()
    replica_scheduling: ReplicaScheduling | None = None
    workload_affinity: WorkloadAffinity | None = None
    document: Mapping[str, Any] = field(default_factory=dict, compare=False)

    @property
    def spread_conflict(self) -> str:
        """Why the spread constraints cannot hold together, `` when they can (design §6)."""
        fields = {one.by_field for one in self.spread_constraints}
        if "zone" in fields and fields & {"region", "provider"}:
            return "spread constraints by zone and by region or provider cannot be combined"
        return ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Suspension:
    """Where dispatching pauses."""

    dispatching: bool = False
    on_clusters: frozenset[str] = frozenset()

    def covers(self, cluster: str) -> bool:
        """Whether dispatching to that cluster is paused."""
        return self.dispatching or cluster in self.on_clusters


@dataclass(frozen=True, slots=True, kw_only=True)
class PropagationPolicy:
    """A propagation policy of either scope, defaults filled in.

    `digest` covers the spec; `document` is the defaulted spec (opaque parts such as failover are
    read from it).
    `is_frozen` marks an invalid new policy of which only the selectors could be read (design §2).
    """

    ref: PolicyRef
    selectors: tuple[ResourceSelector, ...]
    placement: Placement = field(default_factory=Placement)
    priority: int = 0
    preemption: str = "Never"
    propagate_deps: bool = False
    dependent_overrides: tuple[str, ...] = ()
    scheduler_name: str = "default-scheduler"
    conflict_resolution: str = "Abort"
    is_lazy: bool = False
    suspension: Suspension = field(default_factory=Suspension)
    preserve_on_deletion: bool | None = None
    schedule_priority_class: str = ""
    failover: Mapping[str, Any] | None = None
    labels: Mapping[str, str] = field(default_factory=dict)
    annotations: Mapping[str, str] = field(default_factory=dict)
    is_frozen: bool = False
    digest: str = ""
    document: Mapping[str, Any] = field(default_factory=dict, compare=False)
    position: Position = field(default_factory=Position)


@dataclass(frozen=True, slots=True, kw_only=True)
class OverrideUse:
    """One use of an overrider: its field name (`imageOverrider`) and the rule its room decoded."""

    field: str
    rule: Any


@dataclass(frozen=True, slots=True, kw_only=True)
class OverrideRule:
    """Changes for the clusters it targets (None: all); `uses` in the order of application.

    `document` is the wire form of `overriders`, echoed in the applied-overrides annotation.
    """

    target: ClusterAffinity | None
    uses: tuple[OverrideUse, ...]
    document: Mapping[str, Any] = field(default_factory=dict, compare=False)
    position: Position = field(default_factory=Position)


@dataclass(frozen=True, slots=True, kw_only=True)
class OverridePolicy:
    """An override policy of either scope. `selectors` None or empty selects everything in scope."""

    ref: PolicyRef
    selectors: tuple[ResourceSelector, ...]
    rules: tuple[OverrideRule, ...]
    annotations: Mapping[str, str] = field(default_factory=dict)
    is_frozen: bool = False
    digest: str = ""
    position: Position = field(default_factory=Position)
