"""What is in force: the fleet of a commit after freezing and holding (design §2).

Rules:
- A held commit changes nothing: the last applied fleet is in force as a whole.
- An invalid document freezes: its last applied version stays, and every binding that version
claims, selects or
  overrides is *frozen*: it keeps its last Work on every member.
- An invalid new policy freezes what its readable selectors match.
- Unreadable never means empty: a file of which nothing can be read keeps all documents it held.
  What vanished elsewhere may have moved into it: until it can be read, that stays too.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import TypeVar

from reconciler.model.binding import BindingState
from reconciler.model.diagnostic import Diagnostic, Effect, Position, in_order
from reconciler.model.fleet import Fleet, Template
from reconciler.model.identity import ObjectKey
from reconciler.model.manifest import Manifest
from reconciler.model.policy import OverridePolicy, PolicyRef, PropagationPolicy
from reconciler.model.selector import ImplicitPriority, ResourceSelector

_Policy = PropagationPolicy | OverridePolicy
_P = TypeVar("_P", PropagationPolicy, OverridePolicy)

_POLICY_GROUP = "policy.karmada.io"
_CLUSTER_GROUP = "cluster.karmada.io"


@dataclass(frozen=True, slots=True, kw_only=True)
class InForce:
    """The fleet to act on. `frozen` bindings are rendered from `before` with their remembered
    targets.

    `before` is the last applied fleet, None on a first run; `is_held` says that nothing of the new
    commit counts.
    """

    fleet: Fleet
    before: Fleet | None
    frozen: frozenset[ObjectKey]
    is_held: bool


NO_IDENTITY = "RC044"


def identified(fleet: Fleet) -> Fleet:
    """The fleet, held when it does not say whose objects these are: nothing may be applied then."""
    config = fleet.config
    if config is None or config.fleet_id:
        return fleet
    problem = Diagnostic(
        code=NO_IDENTITY,
        message="reconciler.yaml does not say fleetId: whose objects these are",
        effect=Effect.HOLD,
        position=Position(path="reconciler.yaml"),
        hint="add fleetId, a name that no other fleet uses",
    )
    return replace(fleet, diagnostics=in_order([*fleet.diagnostics, problem]))


def in_force(
    fleet: Fleet, before: Fleet | None, bindings: Mapping[ObjectKey, BindingState]
) -> InForce:
    """The fleet that counts, and the bindings that must not move."""
    if fleet.is_held:
        return InForce(fleet=_held(fleet, before), before=before, frozen=frozenset(), is_held=True)
    if not _needs_freezing(fleet):
        return InForce(fleet=fleet, before=before, frozen=frozenset(), is_held=False)
    kept = _Kept.of(fleet, before)
    merged = _merged(fleet, before, kept)
    frozen = _frozen_keys(fleet, before, kept, bindings)
    return InForce(fleet=merged, before=before, frozen=frozen, is_held=False)


def _held(fleet: Fleet, before: Fleet | None) -> Fleet:
    if before is None:
        return Fleet(revision=fleet.revision, diagnostics=fleet.diagnostics)
    return replace(before, diagnostics=fleet.diagnostics)


def _needs_freezing(fleet: Fleet) -> bool:
    policies: tuple[_Policy, ...] = (
        *fleet.propagation_policies,
        *fleet.override_policies,
    )
    return bool(fleet.frozen) or any(policy.is_frozen for policy in policies)


@dataclass(frozen=True, slots=True)
class _Kept:
    """Which documents of the last applied fleet stay: by identity, or by their file. `lingering`
    are those that vanished.
    """

    keys: frozenset[ObjectKey]
    paths: frozenset[str]
    lingering: frozenset[ObjectKey]

    @classmethod
    def of(cls, fleet: Fleet, before: Fleet | None) -> _Kept:
        """Everything the new fleet could not read."""
        keys = {one.key for one in fleet.frozen if one.key is not None}
        paths = {one.position.path for one in fleet.frozen if one.key is None}
        policies: tuple[_Policy, ...] = (*fleet.propagation_policies, *fleet.override_policies)
        keys |= {policy_key(policy.ref) for policy in policies if policy.is_frozen}
        lingering = _lingering(fleet, before)
        keys |= lingering
        return cls(
            frozenset(keys), frozenset(paths) if before is not None else frozenset(), lingering
        )

    def covers(self, key: ObjectKey, path: str) -> bool:
        """Whether a document of the last applied fleet stays in force."""
        return key in self.keys or bool(path and path in self.paths)


def _lingering(fleet: Fleet, before: Fleet | None) -> frozenset[ObjectKey]:
    """What vanished from where it stood, and may stand in a file that nobody can read: everything
    that vanished together with a change of such a file, for as long as there is one.
    """
    hiding = {(one.position.path, one.oid) for one in fleet.frozen if one.key is None}
    if before is None or not hiding:
        return frozenset()
    known = {(one.position.path, one.oid) for one in before.frozen if one.key is None}
    vanished = _identities(before) - _identities(fleet)
    return vanished if hiding - known else vanished & before.lingering


def _identities(fleet: Fleet) -> frozenset[ObjectKey]:
    """Of every document that could be read."""
    policies: tuple[_Policy, ...] = (*fleet.propagation_policies, *fleet.override_policies)
    return frozenset(
        (
            *fleet.templates,
            *fleet.places,
            *(policy_key(policy.ref) for policy in policies),
            *(ObjectKey(_CLUSTER_GROUP, "Cluster", "", one.name) for one in fleet.clusters),
        )
    )


def policy_key(ref: PolicyRef) -> ObjectKey:
    """Identity of a policy document."""
    return ObjectKey(_POLICY_GROUP, str(ref.kind), ref.namespace, ref.name)


def _merged(fleet: Fleet, before: Fleet | None, kept: _Kept) -> Fleet:
    """The new fleet with kept documents put back, and frozen policies replaced by their last
    version.
    """
    old = before or Fleet()
    templates = dict(fleet.templates) | {
        key: template
        for key, template in old.templates.items()
        if kept.covers(key, template.position.path)
    }
    clusters = {cluster.name: cluster for cluster in fleet.clusters}
    for cluster in old.clusters:
        key = ObjectKey(_CLUSTER_GROUP, "Cluster", "", cluster.name)
        if kept.covers(key, cluster.position.path):
            clusters[cluster.name] = cluster
    return replace(
        fleet,
        lingering=kept.lingering,
        templates=dict(sorted(templates.items())),
        clusters=tuple(clusters[name] for name in sorted(clusters)),
        propagation_policies=_policies(fleet.propagation_policies, old.propagation_policies, kept),
        override_policies=_policies(fleet.override_policies, old.override_policies, kept),
        customizations=_manifests(fleet.customizations, old.customizations, old, kept),
        webhooks=_manifests(fleet.webhooks, old.webhooks, old, kept),
        others=_manifests(fleet.others, old.others, old, kept),
        places={
            **fleet.places,
            **{key: place for key, place in old.places.items() if kept.covers(key, place.path)},
        },
    )


def _manifests(
    new: tuple[Manifest, ...], last: tuple[Manifest, ...], old: Fleet, kept: _Kept
) -> tuple[Manifest, ...]:
    in_force = {one.key: one for one in new}
    in_force |= {
        one.key: one
        for one in last
        if kept.covers(one.key, old.places.get(one.key, Position()).path)
    }
    return tuple(in_force[key] for key in sorted(in_force))


def _policies(new: tuple[_P, ...], old: tuple[_P, ...], kept: _Kept) -> tuple[_P, ...]:
    in_force = {policy.ref: policy for policy in new if not policy.is_frozen}
    for policy in old:
        if kept.covers(policy_key(policy.ref), policy.position.path):
            in_force[policy.ref] = policy
    return tuple(in_force[ref] for ref in sorted(in_force))


def _frozen_keys(
    fleet: Fleet,
    before: Fleet | None,
    kept: _Kept,
    bindings: Mapping[ObjectKey, BindingState],
) -> frozenset[ObjectKey]:
    """Bindings that a frozen document claims, selects, overrides or is."""
    old = before or Fleet()
    templates = {**old.templates, **fleet.templates}
    reach = _Reach.of(fleet, old, kept)
    frozen = {key for key in kept.keys if key in templates}
    frozen |= {key for key, one in old.templates.items() if one.position.path in kept.paths}
    frozen |= {key for key, state in bindings.items() if state.claim in reach.claims}
    frozen |= {key for key, one in templates.items() if reach.selects(one)}
    return frozenset(frozen)


@dataclass(frozen=True, slots=True)
class _Reach:
    """What frozen policies touch: the claims of these, and what these selectors match.

    A selector comes with the namespace it is confined to, `` for none; a selector of None matches
    everything there.
    """

    claims: frozenset[PolicyRef]
    selectors: tuple[tuple[str, ResourceSelector | None], ...]

    @classmethod
    def of(cls, fleet: Fleet, old: Fleet, kept: _Kept) -> _Reach:
        """From the last applied version of every frozen policy, and from the readable rest of the
        new one.
        """
        claims: set[PolicyRef] = set()
        selectors: list[tuple[str, ResourceSelector | None]] = []
        for policy in _frozen_policies(fleet, old, kept):
            claims.add(policy.ref)
            is_override = isinstance(policy, OverridePolicy)
            if is_override and not policy.selectors:
                selectors.append((policy.ref.namespace, None))
            selectors += [(policy.ref.namespace, selector) for selector in policy.selectors]
        return cls(frozenset(claims), tuple(selectors))

    def selects(self, template: Template) -> bool:
        """Whether one of the selectors matches the template."""
        return any(
            (not namespace or namespace == template.key.namespace)
            and (selector is None or _matches(selector, template))
            for namespace, selector in self.selectors
        )


def _frozen_policies(fleet: Fleet, old: Fleet, kept: _Kept) -> Iterable[_Policy]:
    new: tuple[_Policy, ...] = (*fleet.propagation_policies, *fleet.override_policies)
    last: tuple[_Policy, ...] = (*old.propagation_policies, *old.override_policies)
    yield from (policy for policy in new if policy.is_frozen)
    for policy in last:
        if kept.covers(policy_key(policy.ref), policy.position.path):
            yield policy


def _matches(selector: ResourceSelector, template: Template) -> bool:
    manifest = template.manifest
    priority = selector.priority(
        manifest.api_version,
        manifest.kind,
        template.key.namespace,
        template.key.name,
        manifest.labels,
    )
    return priority is not ImplicitPriority.MISS
