"""Cluster: a member as the fleet repo describes it, and the facts it reported.

Field rules: karmada-semantics §1.3. Facts come from the member (apply) or from the last recorded
inventory (plan);
without either they are None, and the caller decides what that means (design §4, Cluster facts).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from reconciler.model.diagnostic import Position
from reconciler.model.quantity import Quantity


@dataclass(frozen=True, slots=True, kw_only=True)
class Taint:
    """A taint on a cluster; `time_added` is RFC 3339 or ``."""

    key: str
    effect: str
    value: str = ""
    time_added: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class ResourceRange:
    """One resource of a grade: [min, max)."""

    name: str
    min: Quantity
    max: Quantity


@dataclass(frozen=True, slots=True, kw_only=True)
class ResourceModel:
    """One grade of nodes."""

    grade: int
    ranges: tuple[ResourceRange, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Modeling:
    """How many nodes a cluster has of a grade."""

    grade: int
    count: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ResourceSummary:
    """What a cluster can give, gives, and is asked for by pods not scheduled yet."""

    allocatable: Mapping[str, Quantity] = field(default_factory=dict)
    allocated: Mapping[str, Quantity] = field(default_factory=dict)
    allocating: Mapping[str, Quantity] = field(default_factory=dict)
    modelings: tuple[Modeling, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Condition:
    """A Kubernetes condition; times are RFC 3339."""

    type: str
    status: str
    reason: str = ""
    message: str = ""
    last_transition: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class ClusterFacts:
    """What a member reported: version, served kinds, conditions, capacity.

    `enablements` maps a group version (`apps/v1`) to the kinds served there, in the order reported;
    `resources` maps (group version, kind)
    to (plural name, namespaced). `uid` is the uid of the member's kube-system namespace.
    """

    kubernetes_version: str = ""
    enablements: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    resources: Mapping[tuple[str, str], tuple[str, bool]] = field(default_factory=dict)
    conditions: tuple[Condition, ...] = ()
    nodes_total: int = 0
    nodes_ready: int = 0
    resource_summary: ResourceSummary | None = None
    remedy_actions: tuple[str, ...] = ()
    uid: str = ""
    is_assumed: bool = False

    def condition(self, kind: str) -> Condition | None:
        """The condition of that type."""
        return next((one for one in self.conditions if one.type == kind), None)

    def serves(self, api_version: str, kind: str) -> bool:
        """Whether that kind is served in that version; an assumed cluster serves everything."""
        return self.is_assumed or kind in self.enablements.get(api_version, ())


#: Annotation of a Cluster that is to leave the fleet, and what becomes of its objects.
UNJOIN: Final = "fleet-reconciler.io/unjoin"
DELETE: Final = "delete"


@dataclass(frozen=True, slots=True, kw_only=True)
class Cluster:
    """A member cluster. `secret_ref` is (namespace, name); `zones` already contains a deprecated
    `zone`. `is_deleting`: it is to leave the fleet, and what it holds of it is to be deleted.
    """

    name: str
    labels: Mapping[str, str] = field(default_factory=dict)
    annotations: Mapping[str, str] = field(default_factory=dict)
    id: str = ""
    sync_mode: str = "Push"
    api_endpoint: str = ""
    secret_ref: tuple[str, str] | None = None
    impersonator_secret_ref: tuple[str, str] | None = None
    insecure_skip_tls_verification: bool = False
    proxy_url: str = ""
    proxy_header: Mapping[str, str] = field(default_factory=dict)
    provider: str = ""
    region: str = ""
    zones: tuple[str, ...] = ()
    taints: tuple[Taint, ...] = ()
    resource_models: tuple[ResourceModel, ...] = ()
    is_deleting: bool = False
    facts: ClusterFacts | None = None
    position: Position = field(default_factory=Position)

    @property
    def is_pulling(self) -> bool:
        """Whether it follows its works branch instead of being written to."""
        return self.sync_mode == "Pull"

    @property
    def is_ready(self) -> bool:
        """Whether the member's Ready condition is True."""
        ready = self.facts.condition("Ready") if self.facts else None
        return ready is not None and ready.status == "True"
