"""World and Outcome: all input of a cycle and all that comes out of it (design §2)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from reconciler.model.binding import Binding, BindingState, Target
from reconciler.model.change import Plan
from reconciler.model.cluster import ClusterFacts
from reconciler.model.decision import Decision
from reconciler.model.diagnostic import Diagnostic
from reconciler.model.fleet import Fleet
from reconciler.model.identity import ObjectKey
from reconciler.model.work import Work


@dataclass(frozen=True, slots=True, kw_only=True)
class Deletion:
    """One deletion that was carried out: the window of the budget is derived from these."""

    cluster: str
    key: ObjectKey
    at: str


@dataclass(frozen=True, slots=True, kw_only=True)
class State:
    """What the state branch remembers: bindings by template identity, and the cursor.

    `recorded` are the identities last recorded as our Works by cluster (only those may be pruned).
    `member_uids` maps a cluster
    to its kube-system uid. `approved` are digests of holds approved by trailers since. `is_lost`:
    the branch is gone though objects of ours exist.
    """

    bindings: Mapping[ObjectKey, BindingState] = field(default_factory=dict)
    applied_revision: str = ""
    fleet_id: str = ""
    recorded: Mapping[str, frozenset[ObjectKey]] = field(default_factory=dict)
    member_uids: Mapping[str, str] = field(default_factory=dict)
    deletions: tuple[Deletion, ...] = ()
    approved: frozenset[str] = frozenset()
    is_lost: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Observed:
    """What one member holds of the objects we asked about; None in World.observed means unknown.

    `objects` maps identity to the body as the API server returned it.
    """

    objects: Mapping[ObjectKey, dict[str, Any]] = field(default_factory=dict)
    facts: ClusterFacts | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class World:
    """All input of a cycle. `last_applied` is the fleet of the last applied commit: frozen
    documents fall back to it.

    `facts` by cluster from inventory or report; `observed` by cluster, None where the member could
    not be read; `answers` by question
    digest; `is_offline`: a plan, where clusters without facts are assumed ready with every API and
    unknown capacity.
    """

    fleet: Fleet
    last_applied: Fleet | None = None
    state: State = field(default_factory=State)
    facts: Mapping[str, ClusterFacts] = field(default_factory=dict)
    observed: Mapping[str, Observed | None] = field(default_factory=dict)
    answers: Mapping[str, Any] = field(default_factory=dict)
    is_offline: bool = False
    wants_trace: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Placed:
    """One binding after its decision: where it goes, including what dependents require."""

    binding: Binding
    decision: Decision
    targets: tuple[Target, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """All that comes out of a cycle.

    `works` by cluster then identity; `bindings` is the next state by identity; `removed_bindings`
    the identities that leave it;
    `frozen_keys` keep their last Works, `frozen_clusters` are left alone.
    """

    placed: Mapping[ObjectKey, Placed] = field(default_factory=dict)
    works: Mapping[str, Mapping[ObjectKey, Work]] = field(default_factory=dict)
    plan: Plan = field(default_factory=Plan)
    bindings: Mapping[ObjectKey, BindingState] = field(default_factory=dict)
    removed_bindings: tuple[ObjectKey, ...] = ()
    frozen_keys: frozenset[ObjectKey] = frozenset()
    frozen_clusters: Mapping[str, str] = field(default_factory=dict)
    diagnostics: tuple[Diagnostic, ...] = ()
    questions: tuple[Any, ...] = ()
    next_wake: str = ""
