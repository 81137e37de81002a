"""One status per template: the members' statuses folded by what the kind says.

Rule: Karmada, aggregation into the template's status (karmada-semantics §2.14); items are sorted by
cluster name.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from reconciler.interpret.chain import Interpreter, InterpretError, Unanswered
from reconciler.model.report import MemberStatus


def aggregated(
    template: dict[str, Any],
    generation: int,
    before: Any,
    members: Iterable[MemberStatus],
    interpreter: Interpreter,
) -> Any:
    """The template's aggregated status, None where its kind has no such operation.

    `before` is the status aggregated last: hooks keep parts of it (an observed generation that has
    not been
    reached everywhere, a finished Job). An interpreter that fails leaves it as it was.
    """
    body = dict(template)
    metadata = dict(body.get("metadata") or {})
    if generation:
        metadata["generation"] = generation
    body["metadata"] = metadata
    if before is not None:
        body["status"] = before
    items = [_item(one) for one in sorted(members, key=lambda member: member.cluster)]
    try:
        result = interpreter.aggregate_status(body, items)
    except (InterpretError, Unanswered):
        return before
    return None if result is None else result.get("status")


def _item(member: MemberStatus) -> dict[str, Any]:
    item: dict[str, Any] = {"clusterName": member.cluster, "health": str(member.health)}
    if member.status is not None:
        item["status"] = member.status
    if member.applied:
        item["applied"] = True
    if member.message and not member.applied:
        item["appliedMessage"] = member.message
    return item
