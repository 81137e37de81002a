"""Rules under which something waits, as files of the state branch: guards of deletions, limits of
folders. Whoever loosens them in the commit that needs it gains nothing.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from reconciler.model.config import Budget, Guards, Limit
from reconciler.model.emit import emit_yaml

GUARDS, LIMITS = "guards.yaml", "limits.yaml"
_API_VERSION = "fleet-reconciler.io/v1alpha1"
_LISTS = ("clusters", "kinds", "namespaces")


def guards_of_file(document: Mapping[str, Any]) -> tuple[Guards, ...]:
    """What `guards.yaml` says."""
    return tuple(
        Guards(
            per_cluster=Budget(**one["perCluster"]),
            per_fleet=Budget(**one["perFleet"]),
            approvers=tuple(one.get("approvers", ())),
        )
        for one in document.get("guards", ())
    )


def guards_file(guards: Iterable[Guards]) -> bytes | None:
    """`guards.yaml`, None where nothing waits."""
    documents = [
        {
            "perCluster": _budget(one.per_cluster),
            "perFleet": _budget(one.per_fleet),
            **({"approvers": list(one.approvers)} if one.approvers else {}),
        }
        for one in guards
    ]
    if not documents:
        return None
    return emit_yaml({"apiVersion": _API_VERSION, "kind": "HeldGuards", "guards": documents})


def limits_of_file(document: Mapping[str, Any]) -> tuple[Limit, ...]:
    """What `limits.yaml` says."""
    return tuple(
        Limit(path=one["path"], **{name: tuple(one.get(name, ())) for name in _LISTS})
        for one in document.get("limits", ())
    )


def limits_file(limits: Iterable[Limit]) -> bytes | None:
    """`limits.yaml`, None where nothing waits."""
    documents = [
        {
            "path": one.path,
            **{name: list(found) for name in _LISTS if (found := getattr(one, name))},
        }
        for one in limits
    ]
    if not documents:
        return None
    return emit_yaml({"apiVersion": _API_VERSION, "kind": "HeldLimits", "limits": documents})


def _budget(budget: Budget) -> dict[str, int]:
    return {"count": budget.count, "percent": budget.percent}
