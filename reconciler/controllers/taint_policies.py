"""ClusterTaintPolicy of policy.karmada.io: taints that come and go with a cluster's conditions.

Rule (karmada-semantics §1.11, §2.18): each policy looks at its target clusters. When every one of
its addOnConditions holds, its taints are added; then, when every one of its removeOnConditions
holds, they are removed. An empty list never holds, and a condition that nobody reported holds for
neither operator. In between a taint stays as it is, so a clock on the state branch remembers since
when it is there. Policies take turns by name, since Git knows no time of creation, and a taint goes
with the policy that set it, since what nothing in Git asks for is not there.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any, Final

from reconciler.controllers.evidence import acting_fleet, clusters
from reconciler.model.cluster import Cluster, Taint
from reconciler.model.instant import written
from reconciler.model.intent import Clock, Intent, TaintCluster
from reconciler.model.manifest import Manifest
from reconciler.model.selector import ClusterAffinity
from reconciler.model.world import World

_GROUP, _KIND = "policy.karmada.io", "ClusterTaintPolicy"
_SET: Final = "taint-policy/"


def intents(world: World, now: datetime) -> Iterator[Intent]:
    """Taints of every policy on its clusters, and the clocks that remember who set them."""
    fleet = acting_fleet(world)
    policies = (
        [one for one in fleet.others if (one.key.group, one.key.kind) == (_GROUP, _KIND)]
        if fleet
        else []
    )
    known = clusters(world)
    in_use = set()
    for policy in sorted(policies, key=lambda one: one.name):
        target = ClusterAffinity.decode(policy.at("spec", "targetClusters") or {})
        for name in sorted(target.matching(known.values())):
            in_use.add(_clock(policy, name))
            yield from _on(world, policy, known[name], written(now))
    if world.fleet.frozen:
        return  # what cannot be read may be a policy or a cluster that is still there
    for clock in sorted(world.state.clocks):
        if clock.startswith(_SET) and clock not in in_use:
            yield Clock(name=clock, at="")


def _on(world: World, policy: Manifest, cluster: Cluster, now: str) -> Iterator[Intent]:
    clock = _clock(policy, cluster.name)
    before = world.state.clocks.get(clock, "")
    since = before
    if _hold(policy, "addOnConditions", cluster):
        since = since or now
    is_removed = _hold(policy, "removeOnConditions", cluster)
    if is_removed:
        since = ""
    if since != before:
        yield Clock(name=clock, at=since)
    taints = _taints(policy, since)
    cause = f"ClusterTaintPolicy {policy.name}"
    if is_removed:
        yield TaintCluster(cluster=cluster.name, remove=taints, cause=cause)
    elif since:
        yield TaintCluster(cluster=cluster.name, add=taints, cause=cause)


def _clock(policy: Manifest, cluster: str) -> str:
    return f"{_SET}{policy.name}/{cluster}"


def _hold(policy: Manifest, field: str, cluster: Cluster) -> bool:
    conditions = policy.at("spec", field) or ()
    return bool(conditions) and all(_holds(one, cluster) for one in conditions)


def _holds(wanted: Mapping[str, Any], cluster: Cluster) -> bool:
    facts = cluster.facts
    said = facts.condition(str(wanted.get("conditionType"))) if facts else None
    if said is None:
        return False
    is_listed = said.status in (wanted.get("statusValues") or ())
    return is_listed == (wanted.get("operator") == "In")


def _taints(policy: Manifest, since: str) -> tuple[Taint, ...]:
    return tuple(
        Taint(
            key=str(one["key"]),
            value=str(one.get("value") or ""),
            effect=str(one["effect"]),
            time_added=since,
        )
        for one in policy.at("spec", "taints") or ()
    )
