"""One status per template: the members' statuses folded by what the kind says.

Rule: Karmada, aggregation into the template's status (karmada-semantics §2.14); items are sorted by
cluster name. Beyond Karmada: conditions of workloads are folded too, and observedGeneration is
right for every one of them (`interpret/extension.py`).
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Final

from reconciler.interpret.chain import Interpreter, InterpretError
from reconciler.interpret.extension import extended_aggregation, is_extended
from reconciler.model.report import MemberStatus

#: What reading a status of another shape than its kind has may raise: members send what they like.
ODD: Final = (TypeError, AttributeError, KeyError, ValueError)


def aggregated(
    template: dict[str, Any],
    generation: int,
    before: Any,
    members: Iterable[MemberStatus],
    interpreter: Interpreter,
) -> Any:
    """The template's aggregated status, None where its kind has no such operation.

    `before` is the status aggregated last: hooks keep parts of it (an observed generation that has
    not been reached everywhere, a finished Job). Raises InterpretError and Unanswered.
    """
    body = {name: value for name, value in template.items() if name != "status"}
    metadata = dict(body.get("metadata") or {})
    if generation:
        metadata["generation"] = generation
    body["metadata"] = metadata
    if before is not None:
        body["status"] = before
    items = [aggregated_item(one) for one in sorted(members, key=lambda one: one.cluster)]
    result = interpreter.aggregate_status(body, items)
    if result is None:
        return None
    return _extended(result, items).get("status")


def _extended(result: dict[str, Any], items: list[dict[str, Any]]) -> dict[str, Any]:
    if not is_extended(result):
        return result
    try:
        return extended_aggregation(result, items)
    except ODD as problem:
        raise InterpretError(f"conditions of {result.get('kind')}: {problem}") from problem


def aggregated_item(member: MemberStatus) -> dict[str, Any]:
    """The member's report as hooks know it: Karmada's AggregatedStatusItem."""
    item: dict[str, Any] = {"clusterName": member.cluster, "health": str(member.health)}
    if member.status is not None:
        item["status"] = member.status
    if member.applied:
        item["applied"] = True
    if member.message and not member.applied:
        item["appliedMessage"] = member.message
    return item
