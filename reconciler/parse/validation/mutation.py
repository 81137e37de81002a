"""What Karmada's mutating webhooks fill into policies (karmada-semantics §1.1, §1.2).

Karmada: pkg/webhook/propagationpolicy, clusterpropagationpolicy, overridepolicy; the enum defaults
are those of the CRDs. Ids and finalizers are not filled in: ids follow from names here (design §5).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final

_TOLERATION_SECONDS: Final = 300
_GRACE_SECONDS: Final = 600

Wire = dict[str, Any]


def fill_policy_defaults(document: Wire) -> Wire:
    """The policy as Karmada's API server stores it; other kinds come back as they are.

    The input is not changed.
    """
    fill = _FILLERS.get(str(document.get("kind")))
    if fill is None:
        return document
    namespace = str((document.get("metadata") or {}).get("namespace") or "")
    return {**document, "spec": fill(document.get("spec") or {}, namespace)}


def _propagation(spec: Wire, namespace: str) -> Wire:
    filled = {
        "preemption": "Never",
        "priority": 0,
        "schedulerName": "default-scheduler",
        "conflictResolution": "Abort",
        **_given(spec),
    }
    filled["resourceSelectors"] = _selectors(spec, namespace)
    filled["placement"] = _placement(spec.get("placement") or {})
    if any(one.get("kind") == "ServiceImport" for one in filled["resourceSelectors"]):
        filled["propagateDeps"] = True
    if spec.get("failover") is not None:
        filled["failover"] = _failover(spec["failover"])
    return filled


def _cluster_propagation(spec: Wire, _: str) -> Wire:
    return _propagation(spec, "")


def _override(spec: Wire, namespace: str) -> Wire:
    if not spec.get("resourceSelectors"):
        return spec
    return {**spec, "resourceSelectors": _selectors(spec, namespace)}


def _given(spec: Mapping[str, Any]) -> Wire:
    """Fields that say something: null is absent to an API server."""
    return {key: value for key, value in spec.items() if value is not None}


def _selectors(spec: Wire, namespace: str) -> list[Wire]:
    selectors = spec.get("resourceSelectors") or []
    if not namespace:
        return list(selectors)
    return [one if one.get("namespace") else {**one, "namespace": namespace} for one in selectors]


def _placement(placement: Wire) -> Wire:
    filled = dict(placement)
    if placement.get("spreadConstraints"):
        filled["spreadConstraints"] = [_spread(one) for one in placement["spreadConstraints"]]
    if placement.get("replicaScheduling") is not None:
        filled["replicaScheduling"] = _replica_scheduling(placement["replicaScheduling"])
    return filled


def _spread(constraint: Wire) -> Wire:
    filled = dict(constraint)
    if not constraint.get("spreadByField") and not constraint.get("spreadByLabel"):
        filled["spreadByField"] = "cluster"
    if not constraint.get("minGroups"):
        filled["minGroups"] = 1
    return filled


def _replica_scheduling(scheduling: Wire) -> Wire:
    filled = {"replicaSchedulingType": "Divided", **_given(scheduling)}
    if filled["replicaSchedulingType"] == "Divided":
        filled["replicaDivisionPreference"] = (
            scheduling.get("replicaDivisionPreference") or "Weighted"
        )
    return filled


def _failover(failover: Wire) -> Wire:
    filled = dict(failover)
    if failover.get("application") is not None:
        filled["application"] = _application_failover(failover["application"])
    if failover.get("cluster") is not None:
        filled["cluster"] = {"purgeMode": "Gracefully", **_given(failover["cluster"])}
    return filled


def _application_failover(application: Wire) -> Wire:
    filled = {"purgeMode": "Gracefully", **_given(application)}
    conditions = _given(application.get("decisionConditions") or {})
    filled["decisionConditions"] = {"tolerationSeconds": _TOLERATION_SECONDS, **conditions}
    if filled["purgeMode"] == "Gracefully" and "gracePeriodSeconds" not in filled:
        filled["gracePeriodSeconds"] = _GRACE_SECONDS
    return filled


_FILLERS: Final[Mapping[str, Callable[[Wire, str], Wire]]] = {
    "PropagationPolicy": _propagation,
    "ClusterPropagationPolicy": _cluster_propagation,
    "OverridePolicy": _override,
}
