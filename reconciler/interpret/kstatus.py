"""Health by convention, for kinds that nobody described: generations and well-known conditions.

Rules, the first that applies: an object being deleted is not healthy; a status that speaks of an
older generation says nothing yet; `Stalled` and `Failed` are failures; `Reconciling` is unfinished;
`Ready` and `Available` decide. An object that says nothing is healthy, as Karmada has it.

Source: sigs.k8s.io/cli-utils `pkg/kstatus` (its documentation), karmada-semantics §2.14.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final

from reconciler.model.report import Health

# Type, the status that speaks against the object, and what is said where it gives no message.
AGAINST: Final = (
    ("Stalled", "True", "the controller gave up"),
    ("Failed", "True", "it failed"),
    ("Reconciling", "True", "the controller is still at work"),
    ("Ready", "False", "it is not ready"),
    ("Available", "False", "it is not available"),
)
UNDECIDED: Final = ("Ready", "Available")


def health_by_conventions(observed: Mapping[str, Any]) -> tuple[Health, str]:
    """Health and the clause that explains it, empty for a healthy object."""
    metadata, status = mapping(observed.get("metadata")), mapping(observed.get("status"))
    if metadata.get("deletionTimestamp"):
        return Health.UNHEALTHY, "it is being deleted"
    generation, seen = metadata.get("generation"), status.get("observedGeneration")
    if isinstance(generation, int) and isinstance(seen, int) and seen < generation:
        return Health.UNKNOWN, f"its status is of generation {seen}, it is at {generation}"
    found = {str(one.get("type")): one for one in conditions(status)}
    for kind, against, clause in AGAINST:
        condition = found.get(kind)
        if condition is not None and condition.get("status") == against:
            return Health.UNHEALTHY, f"{kind}: {condition.get('message') or clause}"
    for kind in UNDECIDED:
        condition = found.get(kind)
        if condition is not None and condition.get("status") != "True":
            return Health.UNKNOWN, f"{kind} is {condition.get('status') or 'not known'}"
    return Health.HEALTHY, ""


def conditions(status: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    """The conditions that have the usual shape."""
    listed = status.get("conditions")
    if isinstance(listed, list):
        yield from (one for one in listed if isinstance(one, Mapping))


def mapping(value: Any) -> Mapping[str, Any]:
    """The value if it is a map, else an empty one: an odd status is no reason to fail."""
    return value if isinstance(value, Mapping) else {}
