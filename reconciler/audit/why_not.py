"""Why an object is not on a cluster, from the first cause that stops it to the last."""

from __future__ import annotations

from collections.abc import Iterator

from reconciler.audit.explain import last_verdict
from reconciler.audit.explanation import WhyNot
from reconciler.audit.unclaimed import refusals
from reconciler.model.diagnostic import Effect, Position
from reconciler.model.identity import ObjectKey
from reconciler.model.text import count_of
from reconciler.model.world import Outcome, Placed


def why_not(outcome: Outcome, key: ObjectKey, cluster: str) -> WhyNot:
    """The answer for one template of the fleet; raises KeyError for what is none."""
    template = outcome.fleet.templates[key]
    is_there = key in outcome.works.get(cluster, {})
    policy = _policy_position(outcome, key)
    is_known = cluster in {one.name for one in outcome.clusters}
    return WhyNot(
        key=key,
        cluster=cluster,
        is_there=is_there,
        reasons=tuple(dict.fromkeys(_reasons(outcome, key, cluster, is_there=is_there))),
        position=(policy if policy.path else template.position) if is_known else Position(),
    )


def _reasons(outcome: Outcome, key: ObjectKey, cluster: str, *, is_there: bool) -> Iterator[str]:
    if any(one.effect is Effect.HOLD for one in outcome.diagnostics):
        yield "the commit is held: nothing new of it is applied"
    if cluster not in {one.name for one in outcome.clusters}:
        names = ", ".join(one.name for one in outcome.clusters) or "none"
        yield f"the fleet has no cluster {cluster}; it has {names}"
        return
    if cluster in outcome.frozen_clusters:
        yield f"{cluster} is frozen: {outcome.frozen_clusters[cluster]}"
    if key in outcome.frozen_keys:
        yield "the object is frozen: a document that it depends on cannot be used"
        yield from _problems(outcome, key)
        return
    placed = outcome.placed.get(key)
    if is_there:
        yield from _present(outcome, placed, key, cluster)
    elif placed is None:
        yield "no policy claims it and nothing requires it"
        yield from refusals(outcome.fleet, outcome.fleet.templates[key])
    else:
        yield from _unplaced(placed, cluster)
        yield from _problems(outcome, key)


def _present(
    outcome: Outcome, placed: Placed | None, key: ObjectKey, cluster: str
) -> Iterator[str]:
    work = outcome.works[cluster][key]
    replicas = next(
        (one.replicas for one in (placed.targets if placed else ()) if one.name == cluster), 0
    )
    share = f" with {count_of(replicas, 'replica')}" if replicas else ""
    yield f"it is placed there{share}"
    if work.is_suspended:
        yield "dispatching to the cluster is suspended, so that nothing is applied"


def _unplaced(placed: Placed, cluster: str) -> Iterator[str]:
    if placed.binding.claim is None:
        yield "no policy claims it; it follows what requires it, and none of that goes there"
        return
    if placed.binding.is_scheduling_suspended:
        yield "scheduling of it is suspended"
    if any(one.from_cluster == cluster for one in placed.remembered.eviction_tasks):
        yield f"it is being evicted from {cluster}"
    verdict = last_verdict(placed, cluster)
    if verdict is not None and verdict.reason:
        yield f"{verdict.plugin}: {verdict.reason}"
    elif verdict is not None and not placed.decision.message:
        yield "it passed every filter; the division of replicas gave it none"
    for trace in placed.decision.traces[:-1]:
        for other in trace.verdicts:
            if other.cluster == cluster and other.reason:
                yield f"under affinity {trace.affinity_name}: {other.plugin}: {other.reason}"
    if placed.decision.message:
        yield f"{placed.decision.reason}: {placed.decision.message}"


def _problems(outcome: Outcome, key: ObjectKey) -> Iterator[str]:
    """Diagnostics that speak of the object."""
    for one in outcome.diagnostics:
        if one.subject == str(key):
            yield str(one)


def _policy_position(outcome: Outcome, key: ObjectKey) -> Position:
    claim = outcome.claims.get(key)
    return claim.policy.position if claim else Position()
