"""Defaults of who may do what: RBAC bindings, priority classes."""

from __future__ import annotations

from typing import Any

from reconciler.parse.defaults.fill import each, filled, within

_RBAC = "rbac.authorization.k8s.io"


def role_binding(body: dict[str, Any], minor: int) -> dict[str, Any]:
    """RoleBinding and ClusterRoleBinding."""
    del minor
    body = within(body, "roleRef", lambda ref: filled(ref, apiGroup=_RBAC))
    return each(body, "subjects", _subject)


def _subject(subject: dict[str, Any]) -> dict[str, Any]:
    if subject.get("kind") in {"User", "Group"}:
        return filled(subject, apiGroup=_RBAC)
    return subject


def priority_class(body: dict[str, Any], minor: int) -> dict[str, Any]:
    """scheduling.k8s.io PriorityClass."""
    del minor
    return filled(body, preemptionPolicy="PreemptLowerPriority")


DEFAULTS = {
    (_RBAC, "RoleBinding"): role_binding,
    (_RBAC, "ClusterRoleBinding"): role_binding,
    ("scheduling.k8s.io", "PriorityClass"): priority_class,
}
