"""What each cluster is known to be: documents of the fleet joined with what members reported.

Rules (design §4, Cluster facts): facts come from the world, a fresh report or the last inventory.
Offline, a cluster without any is assumed ready, with every API and unknown capacity; in apply it is
frozen. Custom resource definitions that this commit places on a cluster count as served there.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any

from reconciler.model.cluster import Cluster, ClusterFacts, Condition
from reconciler.model.manifest import Manifest
from reconciler.model.world import World

CRD_GROUP, CRD_KIND = "apiextensions.k8s.io", "CustomResourceDefinition"

ASSUMED = ClusterFacts(
    conditions=(Condition(type="Ready", status="True", reason="Assumed"),), is_assumed=True
)


def known_clusters(clusters: Iterable[Cluster], world: World) -> tuple[Cluster, ...]:
    """Every cluster of the fleet with the facts to decide on, sorted by name."""
    joined = [replace(cluster, facts=_facts(cluster, world)) for cluster in clusters]
    return tuple(sorted(joined, key=lambda cluster: cluster.name))


def _facts(cluster: Cluster, world: World) -> ClusterFacts | None:
    facts = world.facts.get(cluster.name) or cluster.facts
    return ASSUMED if facts is None and world.is_offline else facts


def serving(cluster: Cluster, definitions: Iterable[Manifest]) -> Cluster:
    """The cluster, as if those custom resource definitions were established there."""
    if cluster.facts is None or cluster.facts.is_assumed:
        return cluster
    added: dict[str, tuple[str, ...]] = {}
    for definition in definitions:
        for version, kind in served_kinds(definition):
            known = added.get(version) or cluster.facts.enablements.get(version, ())
            added[version] = known if kind in known else (*known, kind)
    if not added:
        return cluster
    enablements = {**cluster.facts.enablements, **added}
    return replace(cluster, facts=replace(cluster.facts, enablements=enablements))


def served_kinds(definition: Manifest) -> Iterable[tuple[str, str]]:
    """(`group/version`, kind) of every served version of a CustomResourceDefinition."""
    group = definition.at("spec", "group")
    kind = definition.at("spec", "names", "kind")
    versions: Any = definition.at("spec", "versions")
    for version in versions if isinstance(versions, list) else ():
        if isinstance(version, Mapping) and version.get("served", True):
            yield f"{group}/{version.get('name')}", str(kind)
