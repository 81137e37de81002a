"""Which policy claims a template (karmada-semantics §2.2, §2.3).

Rules: PropagationPolicies of the template's namespace come before ClusterPropagationPolicies
whatever their priorities. With `policyClaim: best` the best match wins in every cycle, so that the
result follows from the commit; with `sticky`, Karmada's way, a claim stays with its policy as long
as that selects the template, unless another one may preempt it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Final

from reconciler.match.eligible import skip_reason
from reconciler.match.index import Match, PolicyIndex, best_first
from reconciler.model.claim import Claim, Contender
from reconciler.model.config import FleetConfig
from reconciler.model.features import enabled
from reconciler.model.fleet import Template
from reconciler.model.policy import PolicyKind, PolicyRef, PropagationPolicy
from reconciler.model.selector import ImplicitPriority

PREEMPTION_GATE: Final = "PropagationPolicyPreemption"


def claim(
    template: Template,
    index: PolicyIndex,
    *,
    previous_claim: PolicyRef | None,
    config: FleetConfig,
) -> Claim | None:
    """The claim with its contenders; None when no policy selects the template, or none may."""
    if skip_reason(template, config.skipped_namespaces):
        return None
    matches = [
        *index.matches(template, PolicyKind.PROPAGATION),
        *index.matches(template, PolicyKind.CLUSTER_PROPAGATION),
    ]
    if not matches:
        return None
    winner = _winner(matches, previous_claim, config)
    return Claim(
        policy=winner.policy,
        contenders=tuple(contender(one, winner) for one in matches),
        missing_overrides=missing_overrides(winner.policy, index),
    )


def missing_overrides(policy: PropagationPolicy, index: PolicyIndex) -> tuple[str, ...]:
    """Names in dependentOverrides that no override policy of the same scope has."""
    kind = (
        PolicyKind.OVERRIDE
        if policy.ref.kind is PolicyKind.PROPAGATION
        else PolicyKind.CLUSTER_OVERRIDE
    )
    return tuple(
        name
        for name in policy.dependent_overrides
        if PolicyRef(kind, policy.ref.namespace, name) not in index.overrides
    )


def contender(match: Match, winner: Match) -> Contender:
    """A match, and why it did not win."""
    policy = match.policy
    entry = Contender(
        policy=policy.ref,
        priority=policy.priority,
        implicit_priority=match.implicit_priority,
    )
    return entry if policy.ref == winner.policy.ref else replace(entry, loss=loss(match, winner))


def loss(match: Match, winner: Match) -> str:
    """Why a match lost, as a full clause."""
    mine, other = match.policy, winner.policy
    if rank(match) < rank(winner):
        return f"{other.ref} has claimed it before"
    if mine.ref.kind is not other.ref.kind:
        return f"{other.ref} selects it too and belongs to its namespace"
    if mine.priority != other.priority:
        return f"{other.ref} has a higher priority: {other.priority} over {mine.priority}"
    if match.implicit_priority != winner.implicit_priority:
        return f"{other.ref} selects it more specifically: {_how(winner)} over {_how(match)}"
    return f"{other.ref} comes first by name"


def rank(match: Match) -> tuple[bool, tuple[int, int, str]]:
    """Sort key over the policies of both kinds, best first."""
    return (match.policy.ref.kind is not PolicyKind.PROPAGATION, best_first(match))


def _how(match: Match) -> str:
    return {
        ImplicitPriority.MISS: "not at all",
        ImplicitPriority.ALL: "by kind",
        ImplicitPriority.LABEL: "by label",
        ImplicitPriority.NAME: "by name",
    }[match.implicit_priority]


def _winner(
    matches: Sequence[Match], previous_claim: PolicyRef | None, config: FleetConfig
) -> Match:
    if config.policy_claim != "sticky" or previous_claim is None:
        return matches[0]
    holder = next((one for one in matches if one.policy.ref == previous_claim), None)
    if holder is None:
        return matches[0]
    if PREEMPTION_GATE not in enabled(config.feature_gates):
        return holder
    return next((one for one in matches if preempts(one, holder)), holder)


def preempts(match: Match, holder: Match) -> bool:
    """Whether a policy takes a template from the one that has it. Karmada: preemption.go.

    It must want to (`preemption: Always`) and name the template; over a policy of its own kind it
    needs a higher explicit priority, and only a namespaced one is above the cluster form.
    """
    policy, other = match.policy, holder.policy
    if policy.preemption != "Always" or match.implicit_priority is not ImplicitPriority.NAME:
        return False
    if policy.ref.kind is other.ref.kind:
        return policy.priority > other.priority
    return policy.ref.kind is PolicyKind.PROPAGATION
