"""Placement of a propagation policy or a binding (karmada-semantics §1.1)."""

from __future__ import annotations

from reconciler.model.policy import (
    AffinityTerm,
    DivisionPreference,
    Placement,
    ReplicaScheduling,
    ReplicaSchedulingType,
    SpreadConstraint,
    Toleration,
    WeightRule,
    WorkloadAffinity,
)
from reconciler.parse.decode.fields import Wire, items, number, sub, text
from reconciler.parse.decode.selectors import decode_cluster_affinity


def decode_placement(raw: Wire) -> Placement:
    """The whole placement; `document` keeps the wire form."""
    affinity, scheduling = raw.get("clusterAffinity"), raw.get("replicaScheduling")
    workload_affinity = raw.get("workloadAffinity")
    return Placement(
        affinity=None if affinity is None else decode_cluster_affinity(affinity),
        affinities=tuple(_term(one) for one in items(raw, "clusterAffinities")),
        tolerations=tuple(_toleration(one) for one in items(raw, "clusterTolerations")),
        spread_constraints=tuple(
            _spread_constraint(one) for one in items(raw, "spreadConstraints")
        ),
        replica_scheduling=None if scheduling is None else _replica_scheduling(scheduling),
        workload_affinity=(
            None if workload_affinity is None else _workload_affinity(workload_affinity)
        ),
        document=raw,
    )


def _term(raw: Wire) -> AffinityTerm:
    return AffinityTerm(
        name=text(raw, "affinityName"),
        affinity=decode_cluster_affinity(raw),
        overflow=tuple(_term(one) for one in items(raw, "overflowAffinities")),
    )


def _toleration(raw: Wire) -> Toleration:
    seconds = raw.get("tolerationSeconds")
    return Toleration(
        key=text(raw, "key"),
        operator=text(raw, "operator"),
        value=text(raw, "value"),
        effect=text(raw, "effect"),
        toleration_seconds=None if seconds is None else int(seconds),
    )


def _spread_constraint(raw: Wire) -> SpreadConstraint:
    return SpreadConstraint(
        by_field=text(raw, "spreadByField"),
        by_label=text(raw, "spreadByLabel"),
        min_groups=number(raw, "minGroups"),
        max_groups=number(raw, "maxGroups"),
    )


def _replica_scheduling(raw: Wire) -> ReplicaScheduling:
    preference, weights = raw.get("replicaDivisionPreference"), raw.get("weightPreference")
    return ReplicaScheduling(
        # Karmada: the CRD's default, so that an object without the field means Divided.
        type=ReplicaSchedulingType(text(raw, "replicaSchedulingType") or "Divided"),
        preference=DivisionPreference(preference) if preference else None,
        weights=None if weights is None else _weight_rules(weights),
        dynamic_weight=text(weights or {}, "dynamicWeight"),
    )


def _weight_rules(raw: Wire) -> tuple[WeightRule, ...]:
    return tuple(
        WeightRule(
            target=decode_cluster_affinity(sub(one, "targetCluster")), weight=number(one, "weight")
        )
        for one in items(raw, "staticWeightList")
    )


def _workload_affinity(raw: Wire) -> WorkloadAffinity:
    return WorkloadAffinity(
        affinity_key=text(sub(raw, "affinity"), "groupByLabelKey"),
        anti_affinity_key=text(sub(raw, "antiAffinity"), "groupByLabelKey"),
    )
