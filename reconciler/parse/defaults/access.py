"""Defaults of who may do what and how much: RBAC bindings, priorities, limits, quotas."""

from __future__ import annotations

from typing import Any

from reconciler.parse.defaults.fill import each, filled, in_spec, within
from reconciler.parse.defaults.quantities import resource_list

_RBAC = "rbac.authorization.k8s.io"


def role_binding(body: dict[str, Any], minor: int) -> dict[str, Any]:
    """RoleBinding and ClusterRoleBinding."""
    del minor
    body = within(body, "roleRef", lambda ref: filled(ref, apiGroup=_RBAC))
    return each(body, "subjects", _subject)


def _subject(subject: dict[str, Any]) -> dict[str, Any]:
    if subject.get("kind") in ("User", "Group"):
        return filled(subject, apiGroup=_RBAC)
    return subject


def priority_class(body: dict[str, Any], minor: int) -> dict[str, Any]:
    """scheduling.k8s.io PriorityClass."""
    del minor
    return filled(body, preemptionPolicy="PreemptLowerPriority")


def limit_range(body: dict[str, Any], minor: int) -> dict[str, Any]:
    """core/v1 LimitRange: a container's default limit follows the maximum, its default request the
    default limit, else the minimum.
    """
    del minor
    return in_spec(body, lambda spec: each(spec, "limits", _limit))


def _limit(limit: dict[str, Any]) -> dict[str, Any]:
    for key in ("max", "min", "default", "defaultRequest", "maxLimitRequestRatio"):
        limit = within(limit, key, resource_list)
    if limit.get("type") != "Container":
        return limit
    largest, smallest, default, request = (
        _map(limit.get(key)) for key in ("max", "min", "default", "defaultRequest")
    )
    default = {**largest, **default}
    request = {**smallest, **default, **request}
    filling = {"default": default, "defaultRequest": request}
    return {**limit, **{key: value for key, value in filling.items() if value}}


def _map(value: Any) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}


def resource_quota(body: dict[str, Any], minor: int) -> dict[str, Any]:
    """core/v1 ResourceQuota."""
    del minor
    return in_spec(body, lambda spec: within(spec, "hard", resource_list))


DEFAULTS = {
    ("", "LimitRange"): limit_range,
    ("", "ResourceQuota"): resource_quota,
    (_RBAC, "RoleBinding"): role_binding,
    (_RBAC, "ClusterRoleBinding"): role_binding,
    ("scheduling.k8s.io", "PriorityClass"): priority_class,
}
