"""The state after a cycle: bindings, what is recorded on members, whose member is whose.

Rules (design §5, §6): only what is recorded may be pruned, so an object stays recorded from before
it is first applied until
it was seen to be gone. What is wanted up to now may be on its way unseen, so being seen counts from
the next cycle on, and not while the end of a write is unknown. Whatever may not move keeps its
record.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from operator import itemgetter

from reconciler.cycle.bindings import BoundFleet
from reconciler.cycle.in_force import InForce
from reconciler.cycle.members import MemberCheck
from reconciler.cycle.works import RenderedFleet
from reconciler.model.binding import BindingState
from reconciler.model.identity import ObjectKey
from reconciler.model.works import Recorded, places
from reconciler.model.world import Observed, Placed, State, World

_KEEP = "keep"


def next_state(
    world: World,
    force: InForce,
    bound: BoundFleet,
    placed: Mapping[ObjectKey, Placed],
    rendered: RenderedFleet,
    members: MemberCheck,
) -> tuple[State, tuple[ObjectKey, ...]]:
    """The next state, without this cycle's deletions, and the bindings that leave it."""
    before = world.state
    still = force.frozen | bound.waiting
    bindings = {key: one.remembered for key, one in placed.items()}
    kept = {key: before.bindings[key] for key in still if key in before.bindings}
    if kept:
        bindings = dict(sorted({**kept, **bindings}.items(), key=itemgetter(0)))
    gone = before.bindings.keys() - bindings.keys()
    removed = tuple(key for key in before.bindings if key in gone) if gone else ()
    config = force.fleet.config
    released = _released(force, removed) if config and config.on_policy_removed == _KEEP else set()
    state = replace(
        before,
        bindings=bindings,
        applied_revision=before.applied_revision if force.is_held else force.fleet.revision,
        fleet_id=config.fleet_id if config else before.fleet_id,
        recorded=_recorded(world, rendered, members, still, released),
        member_uids={**before.member_uids, **members.uids},
    )
    return state, removed


def _released(force: InForce, removed: tuple[ObjectKey, ...]) -> set[ObjectKey]:
    """Templates that lost their policy and stay in Git: with `onPolicyRemoved: keep` their objects
    stay on members and are ours no longer.
    """
    return {key for key in removed if key in force.fleet.templates}


def _recorded(
    world: World,
    rendered: RenderedFleet,
    members: MemberCheck,
    still: frozenset[ObjectKey],
    released: set[ObjectKey],
) -> Recorded:
    """What has a Work, and what was recorded and may still be there."""
    recorded = {key: works.clusters for key, works in rendered.objects.items()}
    nowhere: frozenset[str] = frozenset()
    for key, names in Recorded.of(world.state.recorded).clusters.items():
        now = recorded.get(key, nowhere)
        if names is now or names <= now or key in released:
            continue
        expected = _expected(world.state.bindings.get(key))
        kept = {
            cluster
            for cluster in names - now
            if key in still
            or (cluster, key) in rendered.untouched
            or cluster in expected
            or (cluster, key) in world.in_doubt
            or _may_be_there(key, members.observed.get(cluster))
        }
        if kept:
            recorded[key] = places(now | kept)
    return Recorded(recorded)


def _expected(binding: BindingState | None) -> frozenset[str]:
    """Clusters that the last decision placed an object on, for its own sake or for others'."""
    if binding is None:
        return frozenset()
    targets = (binding.targets, *(requirer.targets for requirer in binding.requirers))
    return frozenset(target.name for each in targets for target in each)


def _may_be_there(key: ObjectKey, seen: Observed | None) -> bool:
    if seen is None:
        return True
    return key in (seen.objects if seen.works is None else seen.works)
