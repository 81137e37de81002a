"""FleetConfig: `reconciler.yaml` at the root of the fleet repo (design §4, §6, §7)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from reconciler.model.diagnostic import Position


@dataclass(frozen=True, slots=True, kw_only=True)
class Budget:
    """Deletions allowed in an hour: the larger of a count and a share of what is managed."""

    count: int
    percent: int

    def allowance(self, managed: int) -> int:
        """How many deletions a fleet or cluster with `managed` objects may see."""
        return max(self.count, managed * self.percent // 100)


@dataclass(frozen=True, slots=True, kw_only=True)
class Guards:
    """Deletion guards (design §7). `approvers` empty: any approval trailer on the source branch
    counts.
    """

    per_cluster: Budget = field(default_factory=lambda: Budget(count=10, percent=10))
    per_fleet: Budget = field(default_factory=lambda: Budget(count=50, percent=5))
    approvers: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class IgnoreRule:
    """Differences to leave alone: JSON pointers, or everything a manager owns, of the objects it
    names.

    Empty fields match everything; `kind` may be `*`.
    """

    group: str = ""
    kind: str = "*"
    namespace: str = ""
    name: str = ""
    paths: tuple[str, ...] = ()
    managers: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Limit:
    """What documents below a directory may target; empty tuples allow everything."""

    path: str
    clusters: tuple[str, ...] = ()
    kinds: tuple[str, ...] = ()
    namespaces: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class WriteBack:
    """What is written to the branches. `works`: pull | all | none. `secrets`: withhold | plain."""

    works: str = "pull"
    secrets: str = "withhold"
    status_keep: int = 1000

    @property
    def has_works(self) -> bool:
        """Whether there are works branches."""
        return self.works != "none"

    @property
    def has_secrets(self) -> bool:
        """Whether works branches carry Secrets, with their values."""
        return self.secrets == "plain"


@dataclass(frozen=True, slots=True, kw_only=True)
class FleetConfig:
    """Settings of a fleet. `kinds` maps `group/Kind` (core: `Kind`) to whether it is namespaced.

    `policy_claim`: best | sticky. `on_policy_removed`: prune | keep. `namespaces`: all | used.
    `adopt`: `` | karmada.
    """

    fleet_id: str = ""
    include: tuple[str, ...] = ()
    exclude: tuple[str, ...] = ()
    default_namespace: str = "default"
    kinds: Mapping[str, bool] = field(default_factory=dict)
    ignore_differences: tuple[IgnoreRule, ...] = ()
    guards: Guards = field(default_factory=Guards)
    limits: tuple[Limit, ...] = ()
    write_back: WriteBack = field(default_factory=WriteBack)
    feature_gates: Mapping[str, bool] = field(default_factory=dict)
    policy_claim: str = "best"
    on_policy_removed: str = "prune"
    namespaces: str = "all"
    adopt: str = ""
    allow_rewrite: bool = False
    enable_empty_workload_propagation: bool = False
    skipped_namespaces: str = "kube-.*"
    scheduler_profiles: Mapping[str, Mapping[str, tuple[str, ...]]] = field(default_factory=dict)
    digest: str = ""
    position: Position = field(default_factory=Position)
