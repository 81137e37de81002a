"""Selectors: which objects and which clusters something speaks of.

Semantics are those of Kubernetes' metav1.LabelSelector and of Karmada (karmada-semantics §2.2 and
§2.5). They live
here because matching, scheduling, overriding and quota all ask the same question and may not import
each other.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import IntEnum
from typing import Any

from reconciler.model.cluster import Cluster


@dataclass(frozen=True, slots=True)
class Requirement:
    """One expression: key, operator (In, NotIn, Exists, DoesNotExist), values."""

    key: str
    operator: str
    values: tuple[str, ...] = ()

    def holds(self, labels: Mapping[str, str]) -> bool:
        """Whether labels satisfy it. NotIn holds for a missing key; what Kubernetes refuses to read
        (an unknown operator, In or NotIn without values, Exists with values) holds for nothing.
        """
        match self.operator:
            case "In":
                return self.key in labels and labels[self.key] in self.values
            case "NotIn":
                return bool(self.values) and (
                    self.key not in labels or labels[self.key] not in self.values
                )
            case "Exists":
                return not self.values and self.key in labels
            case "DoesNotExist":
                return not self.values and self.key not in labels
            case _:
                return False


def decode_requirements(raw: Iterable[Mapping[str, Any]]) -> tuple[Requirement, ...]:
    """`matchExpressions` in wire form."""
    return tuple(
        Requirement(one.get("key") or "", one.get("operator") or "", tuple(one.get("values") or ()))
        for one in raw
    )


@dataclass(frozen=True, slots=True)
class LabelSelector:
    """metav1.LabelSelector: all parts must hold; an empty selector holds for everything."""

    match_labels: tuple[tuple[str, str], ...] = ()
    match_expressions: tuple[Requirement, ...] = ()

    @classmethod
    def decode(cls, raw: Mapping[str, Any]) -> LabelSelector:
        """From the wire form, which manifests and policies share."""
        labels = raw.get("matchLabels") or {}
        return cls(
            match_labels=tuple(sorted((key, value or "") for key, value in labels.items())),
            match_expressions=decode_requirements(raw.get("matchExpressions") or ()),
        )

    def matches(self, labels: Mapping[str, str]) -> bool:
        """Whether every label and expression holds."""
        return all(labels.get(key) == value for key, value in self.match_labels) and all(
            one.holds(labels) for one in self.match_expressions
        )


class ImplicitPriority(IntEnum):
    """How specific a resource selector is (karmada-semantics §2.2, rule 1)."""

    MISS = 0
    ALL = 1
    LABEL = 2
    NAME = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class ResourceSelector:
    """Which templates a policy speaks of; `name` wins over `label_selector`."""

    api_version: str
    kind: str
    namespace: str = ""
    name: str = ""
    label_selector: LabelSelector | None = None

    def priority(
        self, api_version: str, kind: str, namespace: str, name: str, labels: Mapping[str, str]
    ) -> ImplicitPriority:
        """How specifically it selects that object; MISS when it does not."""
        if (self.kind, self.api_version) != (kind, api_version):
            return ImplicitPriority.MISS
        if self.namespace and self.namespace != namespace:
            return ImplicitPriority.MISS
        if self.name:
            return ImplicitPriority.NAME if self.name == name else ImplicitPriority.MISS
        if self.label_selector is not None:
            matched = self.label_selector.matches(labels)
            return ImplicitPriority.LABEL if matched else ImplicitPriority.MISS
        return ImplicitPriority.ALL


@dataclass(frozen=True, slots=True, kw_only=True)
class ClusterAffinity:
    """Which clusters: all present parts must hold, an empty affinity matches every cluster (§2.5).

    `field_requirements` None: no field selector was given; an empty one selects nothing, as in
    Karmada.
    """

    cluster_names: tuple[str, ...] = ()
    exclude: tuple[str, ...] = ()
    label_selector: LabelSelector | None = None
    field_requirements: tuple[Requirement, ...] | None = None

    @classmethod
    def decode(cls, raw: Mapping[str, Any]) -> ClusterAffinity:
        """From the wire form, which policies of all kinds share; other keys are not read."""
        labels, fields = raw.get("labelSelector"), raw.get("fieldSelector")
        return cls(
            cluster_names=tuple(raw.get("clusterNames") or ()),
            exclude=tuple(raw.get("exclude") or ()),
            label_selector=None if labels is None else LabelSelector.decode(labels),
            field_requirements=None
            if fields is None
            else decode_requirements(fields.get("matchExpressions") or ()),
        )

    def matches(self, cluster: Cluster) -> bool:
        """Whether the cluster is meant."""
        if cluster.name in self.exclude:
            return False
        if self.cluster_names and cluster.name not in self.cluster_names:
            return False
        return self._properties_hold(cluster)

    def matching(self, clusters: Iterable[Cluster]) -> frozenset[str]:
        """Names of those that are meant: `matches` for many clusters, long name lists read once."""
        names, exclude = frozenset(self.cluster_names), frozenset(self.exclude)
        if self.label_selector is None and self.field_requirements is None:
            found = frozenset(cluster.name for cluster in clusters) - exclude
            return found & names if names else found
        return frozenset(
            cluster.name
            for cluster in clusters
            if cluster.name not in exclude
            and (not names or cluster.name in names)
            and self._properties_hold(cluster)
        )

    def _properties_hold(self, cluster: Cluster) -> bool:
        if self.label_selector is not None and not self.label_selector.matches(cluster.labels):
            return False
        return self.field_requirements is None or self._fields_hold(
            cluster, self.field_requirements
        )

    @staticmethod
    def _fields_hold(cluster: Cluster, requirements: tuple[Requirement, ...]) -> bool:
        fields = {
            key: value
            for key, value in (("provider", cluster.provider), ("region", cluster.region))
            if value
        }
        return bool(requirements) and all(
            _zones_hold(one, cluster.zones) if one.key == "zone" else one.holds(fields)
            for one in requirements
        )


def _zones_hold(requirement: Requirement, zones: tuple[str, ...]) -> bool:
    overlap = any(zone in requirement.values for zone in zones)
    match requirement.operator:
        case "In":
            return overlap
        case "NotIn":
            return not overlap
        case "Exists":
            return bool(zones)
        case "DoesNotExist":
            return not zones
        case _:
            return False
