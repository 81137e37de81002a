"""What controllers may act on: the fleet in force, its clusters, what members said.

Unreadable never means empty: a commit that is held changes nothing, and a document that could not
be read stands for its last applied version.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace

from reconciler.model.binding import BindingState
from reconciler.model.cluster import Cluster
from reconciler.model.features import enabled
from reconciler.model.fleet import Fleet
from reconciler.model.identity import ObjectKey
from reconciler.model.report import MemberStatus
from reconciler.model.world import World

_CLUSTER = ("cluster.karmada.io", "Cluster")


def acting_fleet(world: World) -> Fleet | None:
    """The fleet that controllers act for: the last applied one while a commit is held."""
    is_held = world.fleet.is_held or world.fleet.config is None
    return world.last_applied if is_held else world.fleet


def gates(world: World) -> frozenset[str]:
    """Names of the feature gates that are on."""
    fleet = acting_fleet(world)
    return enabled(fleet.config.feature_gates if fleet and fleet.config else {})


def clusters(world: World) -> dict[str, Cluster]:
    """Clusters in force with what they reported, by name in order; those whose document could not
    be read are the last applied ones.
    """
    fleet = acting_fleet(world)
    found = {one.name: one for one in fleet.clusters} if fleet else {}
    for one in world.last_applied.clusters if world.last_applied else ():
        if one.name not in found and is_unreadable(
            world, ObjectKey(*_CLUSTER, "", one.name), one.position.path
        ):
            found[one.name] = one
    return {
        name: replace(one, facts=world.facts.get(name) or one.facts)
        for name, one in sorted(found.items())
    }


def is_unreadable(world: World, key: ObjectKey, path: str) -> bool:
    """Whether the last applied version of a document stays in force: it, or the file it stood in,
    could not be read.
    """
    for one in world.fleet.frozen:
        if one.key == key or (one.key is None and one.position.path == path):
            return True
    return False


def bindings(
    world: World, concerns: Callable[[BindingState], object]
) -> list[tuple[ObjectKey, BindingState]]:
    """The bindings that concern somebody, by identity: all are looked at, few are sorted."""
    return sorted(
        ((key, one) for key, one in world.state.bindings.items() if concerns(one)),
        key=lambda pair: pair[0],
    )


def members(world: World, key: ObjectKey) -> Mapping[str, MemberStatus]:
    """What the last pass reported of a template, by cluster."""
    status = world.report.get(key)
    return {one.cluster: one for one in status.members} if status else {}
