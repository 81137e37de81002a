"""PropagationPolicy and ClusterPropagationPolicy (karmada-semantics §1.1).

Karmada: pkg/util/validation, ValidatePropagationSpec.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from typing import Any, Final

from reconciler.parse.validation.errors import FieldErrors, Path, invalid
from reconciler.parse.validation.names import qualified_name
from reconciler.parse.validation.selectors import affinity_errors, selector_namespace_errors

Wire = Mapping[str, Any]

_AFFINITY_NAME_LENGTH: Final = 32
_AFFINITY_FIELDS: Final = ("labelSelector", "fieldSelector", "clusterNames", "exclude")


def validate_propagation(spec: Wire, namespace: str) -> FieldErrors:
    """Every error of a policy's spec; `namespace` is empty for the cluster form."""
    yield from _placement(spec.get("placement") or {}, ("spec", "placement"))
    yield from _failover(spec)
    yield from selector_namespace_errors(spec, namespace)
    yield from _preemption(spec)
    yield from _suspension(spec.get("suspension") or {})


def _placement(placement: Wire, path: Path) -> FieldErrors:
    if placement.get("clusterAffinity") is not None and placement.get("clusterAffinities"):
        yield invalid(path, "clusterAffinity and clusterAffinities exclude each other")
    yield from affinity_errors(placement.get("clusterAffinity"), (*path, "clusterAffinity"))
    yield from _affinities(placement, (*path, "clusterAffinities"))
    yield from _spread(placement.get("spreadConstraints") or (), (*path, "spreadConstraints"))
    yield from _tolerations(
        placement.get("clusterTolerations") or (), (*path, "clusterTolerations")
    )
    yield from _workload_affinity(placement.get("workloadAffinity"), (*path, "workloadAffinity"))


def _affinities(placement: Wire, path: Path) -> FieldErrors:
    terms = placement.get("clusterAffinities") or ()
    names: Counter[str] = Counter()
    for index, term in enumerate(terms):
        tiers = term.get("overflowAffinities") or ()
        for one, where in [(term, (*path, index)), *_tiers(tiers, (*path, index))]:
            name = one.get("affinityName") or ""
            names[name] += 1
            for clause in _affinity_name(name):
                yield invalid((*where, "affinityName"), clause)
            yield from affinity_errors(one, where)
        yield from _overflow(term, placement, (*path, index))
    if any(count > 1 for count in names.values()):
        yield invalid(path, "each term needs a name of its own")


def _tiers(tiers: Any, path: Path) -> list[tuple[Wire, Path]]:
    return [(tier, (*path, "overflowAffinities", index)) for index, tier in enumerate(tiers)]


def _affinity_name(name: str) -> list[str]:
    if not name:
        return ["a name is required"]
    if len(name) > _AFFINITY_NAME_LENGTH:
        return [f"is longer than {_AFFINITY_NAME_LENGTH} characters"]
    return list(qualified_name(name))


def _overflow(term: Wire, placement: Wire, path: Path) -> FieldErrors:
    """Overflow tiers only make sense where replicas are shared out by what clusters have."""
    if not term.get("overflowAffinities"):
        return
    if not any(term.get(field) for field in _AFFINITY_FIELDS):
        yield invalid(path, "a term with overflowAffinities must itself select clusters")
    if not _divides_dynamically(placement.get("replicaScheduling") or {}):
        where = (*path, "overflowAffinities")
        yield invalid(where, "needs Divided with Aggregated, or with Weighted and dynamicWeight")


def _divides_dynamically(scheduling: Wire) -> bool:
    if scheduling.get("replicaSchedulingType", "Divided") != "Divided":
        return False
    if scheduling.get("replicaDivisionPreference") == "Aggregated":
        return True
    return bool((scheduling.get("weightPreference") or {}).get("dynamicWeight"))


def _spread(constraints: Any, path: Path) -> FieldErrors:
    fields: Counter[str] = Counter()
    for index, constraint in enumerate(constraints):
        by_field = constraint.get("spreadByField") or ""
        fields[by_field] += 1
        for clause in _groups(constraint):
            yield invalid((*path, index), clause)
    del fields[""]
    for field, count in fields.items():
        if count > 1:
            yield invalid(path, f"spreadByField {field} is given more than once")
    if fields and "cluster" not in fields:
        yield invalid(path, "spreadByField needs a constraint for `cluster` as well")


def _groups(constraint: Wire) -> list[str]:
    least, most = constraint.get("minGroups") or 0, constraint.get("maxGroups") or 0
    broken = {
        "spreadByField and spreadByLabel exclude each other": bool(
            constraint.get("spreadByField") and constraint.get("spreadByLabel")
        ),
        "minGroups must not be negative": least < 0,
        "maxGroups must not be negative": most < 0,
        "maxGroups must not be lower than minGroups": 0 < most < least,
    }
    return [clause for clause, is_broken in broken.items() if is_broken]


def _tolerations(tolerations: Any, path: Path) -> FieldErrors:
    """Only comparisons are refused: no taint of a cluster has a number for a value."""
    for index, toleration in enumerate(tolerations):
        if toleration.get("operator") in {"Lt", "Gt"}:
            yield invalid((*path, index, "operator"), "must be Equal or Exists")


def _workload_affinity(affinity: Wire | None, path: Path) -> FieldErrors:
    keys = {
        side: str(((affinity or {}).get(side) or {}).get("groupByLabelKey") or "")
        for side in ("affinity", "antiAffinity")
        if (affinity or {}).get(side) is not None
    }
    for side, key in keys.items():
        for clause in qualified_name(key):
            yield invalid((*path, side, "groupByLabelKey"), clause)
    if len(keys) > len(set(keys.values())):
        yield invalid(path, "affinity and antiAffinity must not use the same label key")


def _failover(spec: Wire) -> FieldErrors:
    failover = spec.get("failover") or {}
    application = failover.get("application")
    if application is not None:
        if not spec.get("propagateDeps"):
            yield invalid(("spec", "propagateDeps"), "must be true with failover.application")
        yield from _application_failover(application, ("spec", "failover", "application"))
    for part in ("application", "cluster"):
        yield from _preservation(failover.get(part) or {}, ("spec", "failover", part))


def _application_failover(application: Wire, path: Path) -> FieldErrors:
    conditions = application.get("decisionConditions") or {}
    if (conditions.get("tolerationSeconds") or 0) < 0:
        where = (*path, "decisionConditions", "tolerationSeconds")
        yield invalid(where, "must not be negative")
    grace, where = application.get("gracePeriodSeconds"), (*path, "gracePeriodSeconds")
    is_graceful = application.get("purgeMode") == "Gracefully"
    if grace is None:
        if is_graceful:
            yield invalid(where, "is required with purgeMode Gracefully")
        return
    if not is_graceful:
        yield invalid(where, "only takes effect with purgeMode Gracefully")
    if grace <= 0:
        yield invalid(where, "must be greater than 0")


def _preservation(part: Wire, path: Path) -> FieldErrors:
    rules = (part.get("statePreservation") or {}).get("rules") or ()
    for index, rule in enumerate(rules):
        where = (*path, "statePreservation", "rules", index, "aliasLabelName")
        for clause in qualified_name(str(rule.get("aliasLabelName") or "")):
            yield invalid(where, clause)


def _preemption(spec: Wire) -> FieldErrors:
    if spec.get("preemption") != "Always":
        return
    for index, selector in enumerate(spec.get("resourceSelectors") or ()):
        if not selector.get("name"):
            where = ("spec", "resourceSelectors", index, "name")
            yield invalid(where, "is required with preemption Always")


def _suspension(suspension: Wire) -> FieldErrors:
    if suspension.get("dispatching") and suspension.get("dispatchingOnClusters") is not None:
        where = ("spec", "suspension", "suspension")
        yield invalid(where, "dispatching and dispatchingOnClusters exclude each other")
