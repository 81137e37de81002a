"""Fleet: all desired state parsed from one revision of the fleet repo."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from reconciler.model.cluster import Cluster
from reconciler.model.config import FleetConfig
from reconciler.model.diagnostic import Diagnostic, Effect, Position
from reconciler.model.identity import ObjectKey
from reconciler.model.manifest import Manifest
from reconciler.model.policy import OverridePolicy, PropagationPolicy


@dataclass(frozen=True, slots=True, kw_only=True)
class Template:
    """A user's object before propagation: defaults filled in, namespace resolved, server-owned
    fields dropped.

    `digest` covers everything outside status; `spec_digest` everything outside metadata and status:
    a change of the
    latter raises the generation. `written_paths` is not kept: the file at `position` can be read
    again.
    """

    key: ObjectKey
    manifest: Manifest
    digest: str
    spec_digest: str
    position: Position = field(default_factory=Position)


class ScopeSource(StrEnum):
    """Where the scope of a kind was learnt from, strongest first."""

    BUILT_IN = "built-in"
    CRD = "crd"
    INVENTORY = "inventory"
    CONFIG = "config"


@dataclass(frozen=True, slots=True, kw_only=True)
class Frozen:
    """A document that could not be read: its last applied version stays in force.

    `key` is its identity where that could be read; `selects` says whether it is a policy, whose
    reach the cycle finds from the last applied fleet
    and from `selectors` it could still read. `oid` is the content of its file.
    """

    position: Position
    key: ObjectKey | None = None
    is_new_unreadable: bool = False
    oid: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Fleet:
    """Everything one revision says. Tuples are sorted by identity; mappings by key.

    `customizations`, `webhooks`: manifests of the interpreter (config.karmada.io); `others`:
    manifests of the groups of ours and
    Karmada's that have controllers of their own (quota, rebalancer, FederatedHPA …). `crds`:
    (group, kind) -> namespaced and versions come from
    templates. `places`: where each of customizations, webhooks and others stands. `config` None:
    reconciler.yaml missing or unreadable, which holds the commit. `lingering`: documents that the
    revision does not show any more, and that may have moved into a file nobody can read.
    """

    revision: str = ""
    config: FleetConfig | None = None
    clusters: tuple[Cluster, ...] = ()
    templates: Mapping[ObjectKey, Template] = field(default_factory=dict)
    propagation_policies: tuple[PropagationPolicy, ...] = ()
    override_policies: tuple[OverridePolicy, ...] = ()
    customizations: tuple[Manifest, ...] = ()
    webhooks: tuple[Manifest, ...] = ()
    others: tuple[Manifest, ...] = ()
    places: Mapping[ObjectKey, Position] = field(default_factory=dict)
    frozen: tuple[Frozen, ...] = ()
    lingering: frozenset[ObjectKey] = frozenset()
    diagnostics: tuple[Diagnostic, ...] = ()

    @property
    def is_held(self) -> bool:
        """Whether something in it holds the whole commit."""
        return any(one.effect is Effect.HOLD for one in self.diagnostics)
