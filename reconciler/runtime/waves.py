"""Waves: which changes of a member may run together, and which have to wait.

What others live in or are made of comes first: namespaces, then CRDs, then what pods read; webhooks
last, for they judge everything else. Deletes go the other way, after everything that is applied.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Final

from reconciler.model.change import Action, Change

NAMESPACE: Final = ("", "Namespace")
CRD: Final = ("apiextensions.k8s.io", "CustomResourceDefinition")
_FIRST, _SECOND, _READ_BY_PODS, _REST, _LAST = range(5)
RANKS: Final[Mapping[tuple[str, str], int]] = {
    NAMESPACE: _FIRST,
    CRD: _SECOND,
    ("", "ConfigMap"): _READ_BY_PODS,
    ("", "LimitRange"): _READ_BY_PODS,
    ("", "PersistentVolume"): _READ_BY_PODS,
    ("", "PersistentVolumeClaim"): _READ_BY_PODS,
    ("", "ResourceQuota"): _READ_BY_PODS,
    ("", "Secret"): _READ_BY_PODS,
    ("", "ServiceAccount"): _READ_BY_PODS,
    ("node.k8s.io", "RuntimeClass"): _READ_BY_PODS,
    ("rbac.authorization.k8s.io", "ClusterRole"): _READ_BY_PODS,
    ("rbac.authorization.k8s.io", "ClusterRoleBinding"): _READ_BY_PODS,
    ("rbac.authorization.k8s.io", "Role"): _READ_BY_PODS,
    ("rbac.authorization.k8s.io", "RoleBinding"): _READ_BY_PODS,
    ("scheduling.k8s.io", "PriorityClass"): _READ_BY_PODS,
    ("storage.k8s.io", "StorageClass"): _READ_BY_PODS,
    ("admissionregistration.k8s.io", "MutatingWebhookConfiguration"): _LAST,
    ("admissionregistration.k8s.io", "ValidatingWebhookConfiguration"): _LAST,
    ("apiregistration.k8s.io", "APIService"): _LAST,
}
_DELETES_AFTER: Final = 2 * _LAST + 1


def waves(changes: Iterable[Change]) -> list[list[Change]]:
    """The changes in waves; inside one, the order they were given in."""
    by_rank: dict[int, list[Change]] = {}
    for change in changes:
        by_rank.setdefault(rank(change), []).append(change)
    return [by_rank[number] for number in sorted(by_rank)]


def rank(change: Change) -> int:
    """The place of a change's wave."""
    place = RANKS.get((change.key.group, change.key.kind), _REST)
    return _DELETES_AFTER - place if change.action is Action.DELETE else place
