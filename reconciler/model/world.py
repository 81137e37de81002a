"""World and Outcome: all input of a cycle and all that comes out of it (design §2)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from reconciler.model.binding import Binding, BindingState, Target
from reconciler.model.change import Plan
from reconciler.model.claim import Claim
from reconciler.model.cluster import Cluster, ClusterFacts
from reconciler.model.config import Guards, Limit
from reconciler.model.decision import Decision
from reconciler.model.diagnostic import Diagnostic
from reconciler.model.fleet import Fleet
from reconciler.model.identity import ObjectKey
from reconciler.model.report import TemplateStatus
from reconciler.model.work import AppliedOverride, Work


@dataclass(frozen=True, slots=True, kw_only=True)
class Deletion:
    """One deletion that was carried out: the window of the budget is derived from these."""

    cluster: str
    key: ObjectKey
    at: str


@dataclass(frozen=True, slots=True, kw_only=True)
class State:
    """What the state branch remembers: bindings by template identity, and the cursor.

    `recorded` are the identities last recorded as our Works by cluster: only those may be pruned.
    `member_uids` maps a cluster to its kube-system uid. `approved` are the digests of holds that
    people permitted, `approved_deletes` the deletions those held as (cluster, identity, uid).
    `held_guards` are those under which deletions wait: whoever loosens them later frees nothing.
    `held_limits` are those of the commit before, under which something of the last applied one
    waits for the next. `clocks` are times that controllers remember by name, RFC 3339. `is_lost`:
    the branch is gone though objects of ours exist.
    """

    bindings: Mapping[ObjectKey, BindingState] = field(default_factory=dict)
    applied_revision: str = ""
    frozen_from: tuple[str, ...] = ()
    fleet_id: str = ""
    recorded: Mapping[str, frozenset[ObjectKey]] = field(default_factory=dict)
    member_uids: Mapping[str, str] = field(default_factory=dict)
    deletions: tuple[Deletion, ...] = ()
    approved: frozenset[str] = frozenset()
    approved_deletes: frozenset[tuple[str, ObjectKey, str]] = frozenset()
    held_guards: tuple[Guards, ...] = ()
    held_limits: tuple[Limit, ...] = ()
    clocks: Mapping[str, str] = field(default_factory=dict)
    is_lost: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Observed:
    """What one member holds of the objects we asked about; None in World.observed means unknown.

    `objects` maps identity to the body as the API server returned it; `namespaces` are the names of
    all that exist there, ours or not. `works` are what a branch holds that stands for a member
    nobody writes to; None for a member that was asked.
    """

    objects: Mapping[ObjectKey, dict[str, Any]] = field(default_factory=dict)
    namespaces: frozenset[str] = frozenset()
    facts: ClusterFacts | None = None
    works: Mapping[ObjectKey, Work] | None = None


Works = Mapping[str, Mapping[ObjectKey, Work]]
Overrides = Mapping[ObjectKey, Mapping[str, tuple[AppliedOverride, ...]]]


@dataclass(frozen=True, slots=True, kw_only=True)
class World:
    """All input of a cycle.

    `last_applied` is the fleet of the last applied commit: frozen documents fall back to it.
    `facts` by cluster, from inventory or report. `observed` by cluster, None where the member could
    not be read; a cluster that is absent was not asked. `unreadable` says why, by cluster. What is
    `in_doubt` may be there though it was not seen. `base` makes the plan an offline one: the
    outcome of the base commit stands in for what members hold. `report` is what became of every
    template in the last pass: health and since when it has been so. `answers` by question digest.
    `is_offline`: clusters without facts are assumed ready, with every API and unknown capacity.
    """

    fleet: Fleet
    last_applied: Fleet | None = None
    state: State = field(default_factory=State)
    facts: Mapping[str, ClusterFacts] = field(default_factory=dict)
    observed: Mapping[str, Observed | None] = field(default_factory=dict)
    unreadable: Mapping[str, str] = field(default_factory=dict)
    in_doubt: frozenset[tuple[str, ObjectKey]] = frozenset()
    base: Outcome | None = None
    report: Mapping[ObjectKey, TemplateStatus] = field(default_factory=dict)
    answers: Mapping[str, Any] = field(default_factory=dict)
    is_offline: bool = False
    wants_trace: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Placed:
    """One binding after its decision: where it goes, including what dependents require.

    `remembered` is its next state.
    """

    binding: Binding
    decision: Decision
    remembered: BindingState
    targets: tuple[Target, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """All that comes out of a cycle.

    `fleet` is what is in force. `works` by cluster, then identity. `state` is the next state;
    `placed` has the bindings that were decided in this cycle, `removed` those that leave the state.
    `claims` has every template that a policy claims; `overrides` what was applied to an object, by
    cluster; `clusters` are the fleet's with the facts that were decided on.
    Bindings in `frozen_keys` keep their last Works; clusters in `frozen_clusters` are left alone,
    for the reason given. `next_wake` is RFC 3339, `` for never.
    """

    fleet: Fleet
    placed: Mapping[ObjectKey, Placed] = field(default_factory=dict)
    clusters: tuple[Cluster, ...] = ()
    claims: Mapping[ObjectKey, Claim] = field(default_factory=dict)
    works: Works = field(default_factory=dict)
    overrides: Overrides = field(default_factory=dict)
    plan: Plan = field(default_factory=Plan)
    state: State = field(default_factory=State)
    removed: tuple[ObjectKey, ...] = ()
    frozen_keys: frozenset[ObjectKey] = frozenset()
    frozen_clusters: Mapping[str, str] = field(default_factory=dict)
    is_held: bool = False
    diagnostics: tuple[Diagnostic, ...] = ()
    questions: tuple[Any, ...] = ()
    next_wake: str = ""
