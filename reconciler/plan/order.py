"""The order of changes on a member: what others need comes first, and goes last.

Waves: everything of one wave may run together; the next one starts when it is done. Namespaces and
CustomResourceDefinitions open, admission webhooks close. Deletes come after everything that is
applied, in the reverse order, so that an object that moves or is renamed is there before it is
gone.
"""

from __future__ import annotations

from collections.abc import Iterable
from itertools import groupby
from typing import Final

from reconciler.model.change import Action, Change
from reconciler.model.identity import ObjectKey

#: Kinds by wave; the place of all others is `...`.
WAVES: Final[tuple[frozenset[tuple[str, str]], ...]] = (
    frozenset({("", "Namespace"), ("apiextensions.k8s.io", "CustomResourceDefinition")}),
    frozenset(
        {
            ("", "LimitRange"),
            ("", "ResourceQuota"),
            ("networking.k8s.io", "IngressClass"),
            ("networking.k8s.io", "NetworkPolicy"),
            ("node.k8s.io", "RuntimeClass"),
            ("scheduling.k8s.io", "PriorityClass"),
            ("storage.k8s.io", "StorageClass"),
        }
    ),
    frozenset(
        {
            ("", "ConfigMap"),
            ("", "PersistentVolume"),
            ("", "Secret"),
            ("", "ServiceAccount"),
            ("rbac.authorization.k8s.io", "ClusterRole"),
            ("rbac.authorization.k8s.io", "Role"),
        }
    ),
    frozenset(
        {
            ("", "PersistentVolumeClaim"),
            ("rbac.authorization.k8s.io", "ClusterRoleBinding"),
            ("rbac.authorization.k8s.io", "RoleBinding"),
        }
    ),
    frozenset({("", "Service"), ("policy", "PodDisruptionBudget")}),
    frozenset(),
    frozenset(
        {
            ("apiregistration.k8s.io", "APIService"),
            ("autoscaling", "HorizontalPodAutoscaler"),
            ("extensions", "Ingress"),
            ("networking.k8s.io", "Ingress"),
        }
    ),
    frozenset(
        {
            ("admissionregistration.k8s.io", "MutatingAdmissionPolicy"),
            ("admissionregistration.k8s.io", "MutatingAdmissionPolicyBinding"),
            ("admissionregistration.k8s.io", "MutatingWebhookConfiguration"),
            ("admissionregistration.k8s.io", "ValidatingAdmissionPolicy"),
            ("admissionregistration.k8s.io", "ValidatingAdmissionPolicyBinding"),
            ("admissionregistration.k8s.io", "ValidatingWebhookConfiguration"),
        }
    ),
)
_OTHERS: Final = next(number for number, kinds in enumerate(WAVES) if not kinds)
_WAVE_OF_KIND: Final = {kind: number for number, kinds in enumerate(WAVES) for kind in kinds}


def wave_of(change: Change) -> int:
    """Number of the change's wave, from 0; held deletes stand where they would run."""
    rank = _WAVE_OF_KIND.get((change.key.group, change.key.kind), _OTHERS)
    return 2 * len(WAVES) - 1 - rank if is_removal(change) else rank


def is_removal(change: Change) -> bool:
    """Whether the object is gone afterwards, now or once it is approved."""
    held = change.action is Action.HOLD and change.desired is None
    return held or change.action is Action.DELETE


def in_order(changes: Iterable[Change]) -> tuple[Change, ...]:
    """By wave, then identity, then cluster."""
    return tuple(sorted(changes, key=_place))


def waves(changes: Iterable[Change]) -> tuple[tuple[Change, ...], ...]:
    """The same changes in order, a tuple for each wave that has any."""
    return tuple(tuple(wave) for _, wave in groupby(in_order(changes), key=wave_of))


def _place(change: Change) -> tuple[int, ObjectKey, str]:
    return (wave_of(change), change.key, change.cluster)
