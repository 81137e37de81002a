"""Why an object is not healthy, in a clause a person can act on: `1 of 3 replicas available`.

The health hooks of kinds answer yes or no (karmada-semantics §2.15); the clause is read from the
same status, by counters and conditions that kinds have in common.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any, Final

from reconciler.interpret.kstatus import conditions, health_by_conventions, mapping
from reconciler.model.identity import split_api_version

_FALLBACK: Final = "it does not do what its kind is meant to do"
#: Group of the workloads whose zero counters a server leaves out.
_WORKLOADS: Final = "apps"

#: (section and field of what is wanted, field of the status, what is counted), the first that falls
#: short is named.
_COUNTS: Final = (
    ("spec", "replicas", "availableReplicas", "replicas available"),
    ("spec", "replicas", "updatedReplicas", "replicas updated"),
    ("spec", "replicas", "readyReplicas", "replicas ready"),
    ("status", "desiredNumberScheduled", "numberAvailable", "pods available"),
    ("status", "desiredNumberScheduled", "updatedNumberScheduled", "pods updated"),
    ("status", "desiredHealthy", "currentHealthy", "pods healthy"),
)
#: Conditions that say why counters fall short.
_CAUSES: Final = (("ReplicaFailure", "True"), ("Progressing", "False"), ("PodScheduled", "False"))
_ADDRESSES: Final = frozenset({("", "Service"), ("networking.k8s.io", "Ingress")})


def unhealthy_because(observed: Mapping[str, Any]) -> str:
    """The clause; never empty."""
    for explain in _EXPLANATIONS:
        clause = explain(observed)
        if clause:
            return "; ".join(dict.fromkeys((clause, *_causes(observed))))
    return next(_causes(observed), _FALLBACK)


def _unseen(observed: Mapping[str, Any]) -> str:
    metadata, status = mapping(observed.get("metadata")), mapping(observed.get("status"))
    if metadata.get("deletionTimestamp"):
        return "it is being deleted"
    generation, seen = _count(metadata.get("generation")), _count(status.get("observedGeneration"))
    if generation is not None and seen is not None and seen < generation:
        return "its controller has not seen the latest change yet"
    return ""


def _short(observed: Mapping[str, Any]) -> str:
    is_workload = _group_and_kind(observed)[0] == _WORKLOADS
    status = mapping(observed.get("status"))
    for section, field, counter, words in _COUNTS:
        wanted = _count(mapping(observed.get(section)).get(field))
        have = _count(status.get(counter))
        if is_workload and have is None:
            have = 0
        if wanted is not None and have is not None and have < wanted:
            return f"{have} of {wanted} {words}"
    return ""


def _unaddressed(observed: Mapping[str, Any]) -> str:
    if _group_and_kind(observed) in _ADDRESSES:
        return "it has no load balancer address yet"
    return ""


def _waiting(observed: Mapping[str, Any]) -> str:
    """A Pod's phase, and what its containers wait for."""
    if _group_and_kind(observed) != ("", "Pod"):
        return ""
    status = mapping(observed.get("status"))
    phase = f"its phase is {status.get('phase') or 'not known'}"
    return "; ".join((phase, *_containers(status)))


def _containers(status: Mapping[str, Any]) -> Iterator[str]:
    for field in ("initContainerStatuses", "containerStatuses"):
        listed = status.get(field)
        for one in listed if isinstance(listed, list) else ():
            reason = mapping(mapping(mapping(one).get("state")).get("waiting")).get("reason")
            if reason:
                yield f"container {mapping(one).get('name')} waits: {reason}"


def _conventional(observed: Mapping[str, Any]) -> str:
    return health_by_conventions(observed)[1]


def _phase(observed: Mapping[str, Any]) -> str:
    phase = mapping(observed.get("status")).get("phase")
    return f"its phase is {phase}" if isinstance(phase, str) and phase else ""


_EXPLANATIONS: Final[tuple[Callable[[Mapping[str, Any]], str], ...]] = (
    _unseen,
    _short,
    _unaddressed,
    _waiting,
    _conventional,
    _phase,
)


def _causes(observed: Mapping[str, Any]) -> Iterator[str]:
    """Messages of the conditions that are to blame."""
    found = {str(one.get("type")): one for one in conditions(mapping(observed.get("status")))}
    for kind, against in _CAUSES:
        condition = found.get(kind)
        if condition is not None and condition.get("status") == against:
            message = condition.get("message") or condition.get("reason")
            if message:
                yield str(message)


def _count(value: Any) -> int | None:
    return value if isinstance(value, int) and not isinstance(value, bool) else None


def _group_and_kind(observed: Mapping[str, Any]) -> tuple[str, str]:
    group, _ = split_api_version(str(observed.get("apiVersion", "")))
    return group, str(observed.get("kind", ""))
