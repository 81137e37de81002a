"""Status beyond Karmada: conditions of workloads over all clusters, and a true observedGeneration.

Karmada's reflected status leaves conditions out, and its StatefulSet compares generations wrongly
(karmada-semantics §2.15), so that health checks of GitOps tools wait forever. These functions add
to what the interpreter answers; without them the answers are Karmada's to the byte.
"""

from __future__ import annotations

from typing import Final

from reconciler.interpret.body import list_at, map_at, statuses, text_at, whole_at
from reconciler.interpret.operation import Body

KINDS: Final = frozenset({("apps/v1", kind) for kind in ("Deployment", "StatefulSet", "DaemonSet")})
# Conditions whose being true is bad news: true anywhere is true.
BAD_NEWS: Final = frozenset({"ReplicaFailure"})
WORST_FIRST: Final = {False: ("False", "Unknown", "True"), True: ("True", "Unknown", "False")}


def is_extended(body: Body) -> bool:
    """Whether this module has anything to add for the kind."""
    return (body.get("apiVersion"), body.get("kind")) in KINDS


def extended_reflection(reflected: Body, observed: Body) -> Body:
    """A member's reflected status, with its conditions and the generation it speaks of."""
    status = map_at(observed, "status")
    added: Body = {"observedGeneration": whole_at(status, "observedGeneration")}
    if list_at(status, "conditions"):
        added["conditions"] = list_at(status, "conditions")
    return reflected | added


def extended_aggregation(aggregated: Body, items: list[Body]) -> Body:
    """An aggregated template, with one condition of each type and a true observedGeneration.

    `items` carry what `extended_reflection` made of each member.
    """
    found = statuses(items)
    status = dict(map_at(aggregated, "status"))
    merged = merged_conditions(found)
    if merged:
        status["conditions"] = merged
    status["observedGeneration"] = observed_generation(aggregated, found, len(items))
    return aggregated | {"status": {name: each for name, each in status.items() if each != []}}


def observed_generation(template: Body, found: list[tuple[str, Body]], expected: int) -> int:
    """The template's generation where every member has acted on it; else the one before."""
    generation = whole_at(map_at(template, "metadata"), "generation")
    seen = [
        whole_at(status, "resourceTemplateGeneration") for _, status in found if is_settled(status)
    ]
    if len(seen) < expected or not seen:
        before = whole_at(map_at(template, "status"), "observedGeneration")
        return max(min(before, generation - 1), 0)
    return min(generation, *seen)


def is_settled(status: Body) -> bool:
    """Whether the member's controller has seen the member's present object."""
    return whole_at(status, "observedGeneration") >= whole_at(status, "generation")


def merged_conditions(found: list[tuple[str, Body]]) -> list[Body]:
    """One condition of each type that any member reports, sorted by type."""
    by_type: dict[str, list[tuple[str, Body]]] = {}
    for cluster, status in found:
        for condition in list_at(status, "conditions"):
            by_type.setdefault(text_at(condition, "type"), []).append((cluster, condition))
    return [merged_condition(kind, reports) for kind, reports in sorted(by_type.items())]


def merged_condition(kind: str, reports: list[tuple[str, Body]]) -> Body:
    """The worst of the reports, naming the clusters that give it."""
    order = WORST_FIRST[kind in BAD_NEWS]
    rank = min(order.index(shown_status(one)) for _, one in reports)
    worst = [(cluster, one) for cluster, one in reports if shown_status(one) == order[rank]]
    condition: Body = {
        "type": kind,
        "status": order[rank],
        "lastTransitionTime": max(text_at(one, "lastTransitionTime") for _, one in worst),
        "reason": text_at(worst[0][1], "reason"),
        "message": message_of(worst, len(reports)),
    }
    return {name: each for name, each in condition.items() if each}


def shown_status(condition: Body) -> str:
    """The condition's status; anything odd is Unknown."""
    status = condition.get("status")
    return status if status in {"True", "False"} else "Unknown"


def message_of(worst: list[tuple[str, Body]], reported: int) -> str:
    """The first message, and where it comes from unless from everywhere."""
    message = text_at(worst[0][1], "message")
    if len(worst) == reported:
        return message
    clusters = ", ".join(cluster for cluster, _ in worst)
    return f"{clusters}: {message}" if message else clusters
