"""Binding: a claimed template with its scheduling state (ResourceBinding, karmada-semantics §1.4).

`Binding` is what matching makes anew each cycle; `BindingState` is what the state branch remembers
of it: without the
remembered part every scheduling would be fresh and replicas would move for no reason.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from reconciler.model.cluster import Condition
from reconciler.model.identity import ObjectKey, binding_name, stable_id
from reconciler.model.policy import Placement, PolicyRef, Suspension
from reconciler.model.quantity import Quantity


@dataclass(frozen=True, slots=True, kw_only=True)
class ReplicaRequirements:
    """What one replica asks for: `resources` by name, and the wire form with node claim, namespace
    and class.
    """

    resources: Mapping[str, Quantity] = field(default_factory=dict)
    namespace: str = ""
    priority_class: str = ""
    document: Mapping[str, Any] = field(default_factory=dict, compare=False)

    @classmethod
    def decode(cls, raw: Mapping[str, Any]) -> ReplicaRequirements:
        """From the wire form, which interpreters answer and bindings keep. ValueError for what is
        no quantity.
        """
        request = raw.get("resourceRequest") or {}
        return cls(
            resources={name: Quantity.parse(amount) for name, amount in request.items()},
            namespace=raw.get("namespace") or "",
            priority_class=raw.get("priorityClassName") or "",
            document=raw,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Component:
    """One pod template of a multi-component workload."""

    name: str
    replicas: int
    requirements: ReplicaRequirements | None = None

    @classmethod
    def decode(cls, raw: Mapping[str, Any]) -> Component:
        """From the wire form."""
        requirements = raw.get("replicaRequirements")
        return cls(
            name=raw.get("name") or "",
            replicas=raw.get("replicas") or 0,
            requirements=None if requirements is None else ReplicaRequirements.decode(requirements),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """A cluster chosen for a binding. `replicas` 0 for what has none; `components` as (name,
    replicas).
    """

    name: str
    replicas: int = 0
    components: tuple[tuple[str, int], ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class EvictionTask:
    """A graceful eviction: the old cluster keeps its Work until the task ends (karmada-semantics
    §2.18).
    """

    from_cluster: str
    purge_mode: str = ""
    replicas: int | None = None
    reason: str = ""
    message: str = ""
    producer: str = ""
    grace_period_seconds: int | None = None
    suppress_deletion: bool | None = None
    preserved_labels: Mapping[str, str] = field(default_factory=dict)
    created: str = ""
    clusters_before_failover: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Requirer:
    """A binding that needs this one as a dependency, and where (`requiredBy`)."""

    namespace: str
    name: str
    targets: tuple[Target, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class ResourceRef:
    """The template a binding is of; `uid` breaks ties of the division."""

    api_version: str
    kind: str
    namespace: str
    name: str
    uid: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Binding:
    """A claimed template, ready to schedule. `claim` None: an attached dependency, which is not
    scheduled itself.

    `replicas` 0 with no requirements and no components is not a workload (karmada-semantics §1.4).
    `template_digest` identifies the manifest version; `generation` is the template's.
    """

    key: ObjectKey
    resource: ResourceRef
    claim: PolicyRef | None
    placement: Placement | None
    replicas: int = 0
    requirements: ReplicaRequirements | None = None
    components: tuple[Component, ...] = ()
    scheduler_name: str = "default-scheduler"
    propagate_deps: bool = False
    conflict_resolution: str = "Abort"
    suspension: Suspension = field(default_factory=Suspension)
    is_scheduling_suspended: bool = False
    preserve_on_deletion: bool | None = None
    schedule_priority: int = 0
    affinity_group: str = ""
    anti_affinity_group: str = ""
    failover: Mapping[str, Any] | None = None
    labels: Mapping[str, str] = field(default_factory=dict)
    template_digest: str = ""

    @property
    def name(self) -> str:
        """Name of the ResourceBinding."""
        return binding_name(self.resource.kind, self.resource.name)

    @property
    def permanent_id(self) -> str:
        """The id that Karmada draws at random, from the binding's own identity (design §5)."""
        kind = "ResourceBinding" if self.resource.namespace else "ClusterResourceBinding"
        own = ObjectKey("work.karmada.io", kind, self.resource.namespace, self.name)
        return stable_id("binding", own.path)

    @property
    def is_workload(self) -> bool:
        """Whether replicas mean anything here (karmada-semantics §1.4)."""
        return self.replicas > 0 or self.requirements is not None or bool(self.components)


@dataclass(frozen=True, slots=True, kw_only=True)
class BindingState:
    """What the state branch remembers of a binding. Times are RFC 3339, `` for never.

    `applied_placement` is the wire form of the placement that the result was computed for;
    `requirers` are the merged `requiredBy`. `recorded` is the binding as it was last written, which
    a lazy policy leaves in force until the template changes.
    """

    key: ObjectKey
    claim: PolicyRef | None = None
    targets: tuple[Target, ...] = ()
    applied_placement: Mapping[str, Any] | None = None
    template_digest: str = ""
    generation: int = 0
    observed_affinity: str = ""
    last_scheduled: str = ""
    reschedule_triggered: str = ""
    eviction_tasks: tuple[EvictionTask, ...] = ()
    requirers: tuple[Requirer, ...] = ()
    scheduled: Condition | None = None
    recorded: Binding | None = field(default=None, compare=False, repr=False)
