"""Selectors: metav1.LabelSelector, ResourceSelector and ClusterAffinity of policy.karmada.io."""

from __future__ import annotations

from typing import Any

from reconciler.model.selector import (
    ClusterAffinity,
    LabelSelector,
    ResourceSelector,
)
from reconciler.parse.decode.fields import Wire, text


def decode_label_selector(raw: Wire) -> LabelSelector:
    """`matchLabels` and `matchExpressions`; an empty object selects everything."""
    return LabelSelector.decode(raw)


def decode_resource_selector(raw: Wire) -> ResourceSelector:
    """One entry of `resourceSelectors`; a given but empty label selector stays apart from none."""
    return ResourceSelector(
        api_version=text(raw, "apiVersion"),
        kind=text(raw, "kind"),
        namespace=text(raw, "namespace"),
        name=text(raw, "name"),
        label_selector=_optional_label_selector(raw.get("labelSelector")),
    )


def decode_cluster_affinity(raw: Wire) -> ClusterAffinity:
    """`clusterNames`, `exclude`, `labelSelector`, `fieldSelector`."""
    return ClusterAffinity.decode(raw)


def _optional_label_selector(raw: Any) -> LabelSelector | None:
    return None if raw is None else decode_label_selector(raw)
