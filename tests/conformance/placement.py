"""Operations of matching and scheduling: names, match, clusterMatches, estimate, schedule."""

from __future__ import annotations

from typing import Any

from reconciler.match import PolicyIndex, claim
from reconciler.model.binding import Target
from reconciler.model.config import FleetConfig
from reconciler.model.decision import ScheduleReason
from reconciler.model.diagnostic import Position
from reconciler.model.features import DEFAULTS
from reconciler.model.fleet import Template
from reconciler.model.identity import binding_name, execution_namespace, work_name
from reconciler.model.manifest import Manifest
from reconciler.parse.decode import (
    decode_binding_spec,
    decode_binding_state,
    decode_cluster,
    decode_cluster_affinity,
    decode_propagation_policy,
)
from reconciler.parse.decode.binding import decode_resource_ref, decode_target, key_of
from reconciler.schedule import Peer, SchedulingContext, place
from reconciler.schedule.capacity import capacities
from reconciler.schedule.scheduler import requests
from tests.conformance.runner import Refused

NOWHERE = Position()


def names(given: dict[str, Any]) -> dict[str, str]:
    """Names derived from an object and a cluster."""
    kind, name = given["kind"], given["name"]
    return {
        "binding": binding_name(kind, name),
        "work": work_name(kind, name, given["namespace"]),
        "executionSpace": execution_namespace(given["cluster"]),
    }


def match(given: dict[str, Any]) -> dict[str, Any]:
    """The policy that claims an object."""
    manifest = Manifest(given["object"])
    template = Template(key=manifest.key, manifest=manifest, digest="", spec_digest="")
    documents = (given["propagationPolicies"] or []) + (given["clusterPropagationPolicies"] or [])
    index = PolicyIndex(decode_propagation_policy(one, NOWHERE) for one in documents)
    won = claim(template, index, previous_claim=None, config=FleetConfig())
    if won is None:
        return {"kind": None}
    return {"kind": str(won.policy.ref.kind), "name": won.policy.ref.name}


def cluster_matches(given: dict[str, Any]) -> dict[str, bool]:
    """Whether an affinity means a cluster, asked both ways."""
    cluster = decode_cluster(given["cluster"], NOWHERE)
    affinity = decode_cluster_affinity(given["affinity"])
    matches = affinity.matches(cluster)
    assert affinity.matching([cluster]) == ({cluster.name} if matches else set())
    return {"matches": matches}


def estimate(given: dict[str, Any]) -> dict[str, int]:
    """Replicas that each cluster can take."""
    clusters = tuple(decode_cluster(one, NOWHERE) for one in given["clusters"])
    spec = {
        "resource": {"apiVersion": "apps/v1", "kind": "Deployment", "name": "x"},
        "replicas": 1,
        "replicaRequirements": given.get("requirements"),
    }
    context = SchedulingContext(clusters=clusters, gates=gates(given))
    (request,) = requests(decode_binding_spec(spec), None, context)
    return dict(capacities(request, clusters) or {})


def schedule(given: dict[str, Any]) -> dict[str, Any]:
    """The whole scheduler, whether or not it has a cause to look."""
    spec, status = given["spec"], given.get("status")
    context = SchedulingContext(
        clusters=tuple(decode_cluster(one, NOWHERE) for one in given["clusters"]),
        gates=gates(given),
        enable_empty=given["enableEmptyWorkloadPropagation"],
        peers=tuple(peer(one) for one in given.get("bindings") or ()),
    )
    state = decode_binding_state({"spec": spec, "status": status})
    decision = place(decode_binding_spec(spec), state, context)
    if decision.reason is not ScheduleReason.SUCCESS:
        raise Refused(decision.message)
    answer: dict[str, Any] = {"clusters": [target(one) for one in decision.targets]}
    if decision.affinity_name:
        answer["affinityName"] = decision.affinity_name
    return answer


def gates(given: dict[str, Any]) -> frozenset[str]:
    """Karmada's default gates and those that the vector switches on; none of our extensions."""
    on = {name for name, is_on in DEFAULTS.items() if is_on}
    return frozenset(on | set(given.get("featureGates") or ()))


def peer(document: dict[str, Any]) -> Peer:
    """Another binding of the fleet."""
    spec = document["spec"]
    groups = spec.get("workloadAffinityGroups") or {}
    return Peer(
        key=key_of(decode_resource_ref(spec["resource"])),
        namespace=document["metadata"].get("namespace", ""),
        affinity_group=groups.get("affinityGroup", ""),
        anti_affinity_group=groups.get("antiAffinityGroup", ""),
        targets=frozenset(decode_target(one).name for one in spec.get("clusters") or ()),
    )


def target(one: Target) -> dict[str, Any]:
    """A target as the vectors write it."""
    answer: dict[str, Any] = {"name": one.name, "replicas": one.replicas}
    if one.components:
        answer["components"] = [
            {"name": name, "replicas": replicas} for name, replicas in one.components
        ]
    return answer
