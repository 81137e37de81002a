"""The plan as a JSON document, for programs; its shape is schemas/plan.schema.json.

Changes that are the same on several clusters are one entry with all cluster names.
"""

from __future__ import annotations

from typing import Any, Final

import orjson

from reconciler.model.binding import Target
from reconciler.model.change import Action, Edit, Hold, PlacementChange, Plan, Rename
from reconciler.model.diagnostic import Diagnostic, Position
from reconciler.model.identity import ObjectKey
from reconciler.plan.formats.context import Context
from reconciler.plan.grouping import Group, groups

API_VERSION: Final = "fleet-reconciler.io/v1alpha1"


def show(plan: Plan, context: Context) -> str:
    """JSON with a line for each member, keys in a fixed order."""
    return orjson.dumps(document(plan, context), option=orjson.OPT_INDENT_2).decode() + "\n"


def document(plan: Plan, context: Context) -> dict[str, Any]:
    """The plan as JSON values."""
    return {
        "apiVersion": API_VERSION,
        "kind": "Plan",
        "base": context.base,
        "head": context.head,
        "digest": plan.digest,
        "isBlocked": plan.is_blocked,
        "summary": _summary(plan, context),
        "hold": _hold(plan.hold) if plan.hold else None,
        "placements": [_placement(one) for one in plan.placements],
        "renames": [_rename(one) for one in plan.renames],
        "changes": [_change(one) for one in groups(plan.changes)],
        "diagnostics": [_diagnostic(one) for one in plan.diagnostics],
        "notes": list(plan.notes),
    }


def _summary(plan: Plan, context: Context) -> dict[str, int]:
    counts = {
        action.value: plan.count(action) for action in Action if action is not Action.UNCHANGED
    }
    return {
        "clusters": context.clusters,
        "objects": context.objects,
        "placements": len(plan.placements),
        **counts,
        "unchanged": plan.unchanged,
    }


def _object(key: ObjectKey) -> dict[str, str]:
    return {"group": key.group, "kind": key.kind, "namespace": key.namespace, "name": key.name}


def _position(position: Position) -> dict[str, Any] | None:
    if not position.path:
        return None
    # A file name need not be UTF-8, JSON has to be.
    path = position.path.encode("utf-8", "backslashreplace").decode()
    return {"path": path, "line": position.line, "column": position.column}


def _hold(hold: Hold) -> dict[str, Any]:
    return {
        "digest": hold.digest,
        "reasons": list(hold.reasons),
        "deletes": [
            {"cluster": one.cluster, "object": _object(one.key), "uid": one.uid, "why": one.why}
            for one in hold.deletes
        ],
    }


def _placement(change: PlacementChange) -> dict[str, Any]:
    return {
        "object": _object(change.key),
        "before": [_target(one) for one in change.before],
        "after": [_target(one) for one in change.after],
        "cause": change.cause,
        "position": _position(change.position),
    }


def _target(target: Target) -> dict[str, Any]:
    return {"cluster": target.name, "replicas": target.replicas}


def _rename(rename: Rename) -> dict[str, Any]:
    return {
        "before": _object(rename.before),
        "after": _object(rename.after),
        "clusters": list(rename.clusters),
    }


def _change(group: Group) -> dict[str, Any]:
    return {
        "action": group.action.value,
        "object": _object(group.key),
        "apiVersion": group.api_version,
        "clusters": list(group.clusters),
        "wave": group.wave,
        "isRemoval": group.is_removal,
        "isProtected": group.is_protected,
        "reason": group.reason,
        "position": _position(group.position),
        "edits": [encode_edit(one) for one in group.edits],
    }


def encode_edit(edit: Edit) -> dict[str, Any]:
    """One field that changes, for programs."""
    return {
        "path": edit.path,
        "before": edit.before,
        "after": edit.after,
        "isAdded": edit.is_added,
        "isRemoved": edit.is_removed,
        "isSensitive": edit.is_sensitive,
        "isImmutable": edit.is_immutable,
        "cause": edit.cause,
        "position": _position(edit.position),
    }


def _diagnostic(one: Diagnostic) -> dict[str, Any]:
    return {
        "code": one.code,
        "severity": one.severity.value,
        "effect": one.effect.value,
        "message": one.message,
        "hint": one.hint,
        "subject": one.subject,
        "position": _position(one.position),
    }
