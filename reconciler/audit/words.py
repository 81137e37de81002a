"""The decision about one object in sentences."""

from __future__ import annotations

from reconciler.model.identity import ObjectKey
from reconciler.model.policy import PropagationPolicy, ReplicaSchedulingType
from reconciler.model.text import count_of
from reconciler.model.world import Outcome, Placed


def verdict_in_words(outcome: Outcome, key: ObjectKey) -> str:
    """What was decided, in one sentence."""
    if key in outcome.frozen_keys:
        return "it is frozen: a document that it depends on cannot be used, and it keeps its Works"
    placed = outcome.placed.get(key)
    return _unbound(outcome, key) if placed is None else _bound(placed)


def _unbound(outcome: Outcome, key: ObjectKey) -> str:
    clusters = [name for name, works in outcome.works.items() if key in works]
    if clusters:
        return f"it goes to {count_of(len(clusters), 'cluster')} by itself, without a policy"
    return "no policy claims it and nothing requires it: it stays in Git"


def _bound(placed: Placed) -> str:
    if placed.binding.claim is None:
        return f"no policy claims it; it follows what requires it to {_clusters(placed)}"
    if placed.decision.message:
        kept = ", and it keeps its clusters" if placed.decision.keeps_previous else ""
        return f"{placed.decision.reason}: {placed.decision.message}{kept}"
    if placed.binding.is_scheduling_suspended:
        return f"scheduling is suspended; it stays on {_clusters(placed)}"
    if not placed.decision.was_scheduled:
        return f"nothing asks for another decision; it stays on {_clusters(placed)}"
    return f"it goes to {_clusters(placed)}"


def strategy_in_words(placed: Placed | None, policy: PropagationPolicy | None) -> str:
    """How replicas are spread: `10 replicas, Divided, Weighted (static)`; `` without a policy."""
    if placed is None or policy is None:
        return ""
    scheduling = policy.placement.replica_scheduling
    if not placed.binding.is_workload:
        return "none; every chosen cluster gets the whole object"
    replicas = count_of(placed.binding.replicas, "replica")
    if scheduling is None or scheduling.type is ReplicaSchedulingType.DUPLICATED:
        return f"{replicas} on every chosen cluster (Duplicated)"
    if scheduling.preference is None:
        return f"{replicas}, Divided without a preference"
    kind = ""
    if scheduling.weights is not None or scheduling.dynamic_weight:
        kind = f" by {scheduling.dynamic_weight or 'static weights'}"
    return f"{replicas}, Divided, {scheduling.preference}{kind}"


def _clusters(placed: Placed) -> str:
    return count_of(len(placed.targets), "cluster")
