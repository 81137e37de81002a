"""Ours and Karmada's API groups: which kinds and versions exist, and where a document belongs."""

from __future__ import annotations

from collections.abc import Mapping
from difflib import get_close_matches
from enum import StrEnum
from typing import Any, Final

from reconciler.model.identity import split_api_version


class Sort(StrEnum):
    """What a document is to the fleet."""

    TEMPLATE = "template"
    PROPAGATION = "propagation"
    OVERRIDE = "override"
    CLUSTER = "cluster"
    CUSTOMIZATION = "customization"
    WEBHOOK = "webhook"
    OTHER = "other"
    CONFIG = "config"
    UNKNOWN = "unknown"


_KARMADA: Final = ".karmada.io"
_OURS: Final = "fleet-reconciler.io"
_ALPHA: Final = ("v1alpha1",)

#: group -> kind -> (sort, versions).
KINDS: Final[Mapping[str, Mapping[str, tuple[Sort, tuple[str, ...]]]]] = {
    "policy.karmada.io": {
        "PropagationPolicy": (Sort.PROPAGATION, _ALPHA),
        "ClusterPropagationPolicy": (Sort.PROPAGATION, _ALPHA),
        "OverridePolicy": (Sort.OVERRIDE, _ALPHA),
        "ClusterOverridePolicy": (Sort.OVERRIDE, _ALPHA),
        "FederatedResourceQuota": (Sort.OTHER, _ALPHA),
        "ClusterTaintPolicy": (Sort.OTHER, _ALPHA),
    },
    "cluster.karmada.io": {"Cluster": (Sort.CLUSTER, _ALPHA)},
    "config.karmada.io": {
        "ResourceInterpreterCustomization": (Sort.CUSTOMIZATION, _ALPHA),
        "ResourceInterpreterWebhookConfiguration": (Sort.WEBHOOK, _ALPHA),
    },
    "work.karmada.io": {
        "Work": (Sort.OTHER, _ALPHA),
        "ResourceBinding": (Sort.OTHER, ("v1alpha2", "v1alpha1")),
        "ClusterResourceBinding": (Sort.OTHER, ("v1alpha2", "v1alpha1")),
    },
    "apps.karmada.io": {"WorkloadRebalancer": (Sort.OTHER, _ALPHA)},
    "autoscaling.karmada.io": {
        "FederatedHPA": (Sort.OTHER, _ALPHA),
        "CronFederatedHPA": (Sort.OTHER, _ALPHA),
    },
    "networking.karmada.io": {
        "MultiClusterService": (Sort.OTHER, _ALPHA),
        "MultiClusterIngress": (Sort.OTHER, _ALPHA),
    },
    "remedy.karmada.io": {"Remedy": (Sort.OTHER, _ALPHA)},
    "search.karmada.io": {"ResourceRegistry": (Sort.OTHER, _ALPHA)},
    _OURS: {"FleetConfig": (Sort.CONFIG, _ALPHA)},
}


#: Kinds that are read and checked, and what is done instead of acting on them.
IDLE: Final[Mapping[str, str]] = {
    **dict.fromkeys(
        (
            "FederatedHPA",
            "CronFederatedHPA",
            "FederatedResourceQuota",
            "MultiClusterService",
            "MultiClusterIngress",
            "Remedy",
            "ResourceRegistry",
        ),
        "it is checked, and no controller here acts on it",
    ),
    **dict.fromkeys(
        ("Work", "ResourceBinding", "ClusterResourceBinding"),
        "it is computed from policies, never read from the source",
    ),
}


def sort_of(body: Mapping[str, Any]) -> Sort:
    """Where a document belongs, by its group and kind; UNKNOWN for what our groups do not have."""
    group, version = split_api_version(str(body.get("apiVersion") or ""))
    if group not in KINDS:
        return Sort.UNKNOWN if _is_ours(group) else Sort.TEMPLATE
    sort, versions = KINDS[group].get(str(body.get("kind")), (Sort.UNKNOWN, ()))
    return sort if version in versions else Sort.UNKNOWN


def unknown_kind(api_version: str, kind: str) -> tuple[str, str]:
    """Message and hint for a kind or version that a group of ours does not have."""
    group, _ = split_api_version(api_version)
    kinds = KINDS.get(group, {})
    if kind in kinds:
        versions = ", ".join(kinds[kind][1])
        return f"{kind} is not served as {api_version[:60]}", f"use {group}/{versions}"
    close = get_close_matches(kind, kinds, n=1)
    known = ", ".join(sorted(kinds or KINDS))
    hint = f"did you mean {close[0]}?" if close else f"known are {known}"
    return f"there is no kind {kind[:60]} in {api_version[:60]}", hint


def _is_ours(group: str) -> bool:
    return group == _OURS or group.endswith((_KARMADA, f".{_OURS}"))
