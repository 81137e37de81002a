"""The order of changes on a member: what others need comes first, and goes last.

Waves: everything of one wave may run together; the next one starts when it is done. Namespaces and
CustomResourceDefinitions open, admission webhooks close. Deletes come after everything that is
applied, in the reverse order, so that an object that moves or is renamed is there before it is
gone.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from itertools import groupby
from typing import Final

from reconciler.model.change import Action, Change


@dataclass(frozen=True, slots=True)
class Wave:
    """Kinds that may run together, as (group, kind); none at all: the kinds no other wave names."""

    name: str
    kinds: frozenset[tuple[str, str]]


WAVES: Final[tuple[Wave, ...]] = (
    Wave(
        "namespaces and CRDs",
        frozenset({("", "Namespace"), ("apiextensions.k8s.io", "CustomResourceDefinition")}),
    ),
    Wave(
        "limits and classes",
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
    ),
    Wave(
        "configuration and accounts",
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
    ),
    Wave(
        "claims and role bindings",
        frozenset(
            {
                ("", "PersistentVolumeClaim"),
                ("rbac.authorization.k8s.io", "ClusterRoleBinding"),
                ("rbac.authorization.k8s.io", "RoleBinding"),
            }
        ),
    ),
    Wave("services", frozenset({("", "Service"), ("policy", "PodDisruptionBudget")})),
    Wave("workloads and all others", frozenset()),
    Wave(
        "routes and autoscalers",
        frozenset(
            {
                ("apiregistration.k8s.io", "APIService"),
                ("autoscaling", "HorizontalPodAutoscaler"),
                ("extensions", "Ingress"),
                ("networking.k8s.io", "Ingress"),
            }
        ),
    ),
    Wave(
        "admission webhooks",
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
    ),
)
_OTHERS: Final = next(number for number, wave in enumerate(WAVES) if not wave.kinds)
_WAVE_OF_KIND: Final = {kind: number for number, wave in enumerate(WAVES) for kind in wave.kinds}


def wave_of(change: Change) -> int:
    """Number of the change's wave, from 0; held deletes stand where they would run."""
    rank = _WAVE_OF_KIND.get((change.key.group, change.key.kind), _OTHERS)
    return 2 * len(WAVES) - 1 - rank if is_removal(change) else rank


def wave_name(number: int) -> str:
    """What runs in that wave, in words."""
    if number < len(WAVES):
        return WAVES[number].name
    return f"deletes of {WAVES[2 * len(WAVES) - 1 - number].name}"


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


def _place(change: Change) -> tuple[int, str, str, str, str, str]:
    key = change.key
    return (wave_of(change), key.group, key.kind, key.namespace, key.name, change.cluster)
