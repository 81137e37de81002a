"""A state branch that is gone: told from a first run by what stands on members.

Rule (design §5): no branch and no object of ours on any member is a first run; no branch but our
objects exist, on members or on branches that members follow, means that it was lost, and nothing is
decided until `reconciler recover`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

from reconciler.diff.ownership import FLEET_ANNOTATION
from reconciler.model.world import Outcome, State, World


def with_losses(world: World, outcome: Outcome) -> World:
    """The world, with its state marked as lost when it is."""
    if not is_blank(world.state) or outcome.fleet.config is None:
        return world
    fleet_id = outcome.fleet.config.fleet_id
    is_lost = any(is_ours(body, fleet_id) for body in _bodies(world)) or any(
        seen.works for seen in world.observed.values() if seen is not None
    )
    return replace(world, state=replace(world.state, is_lost=is_lost)) if is_lost else world


def is_blank(state: State) -> bool:
    """Whether nothing was ever recorded, or the record is gone."""
    return not state.applied_revision and not state.bindings and not state.recorded


def is_ours(body: Mapping[str, Any], fleet_id: str) -> bool:
    """Whether an object carries this fleet's mark."""
    annotations = (body.get("metadata") or {}).get("annotations")
    return isinstance(annotations, dict) and annotations.get(FLEET_ANNOTATION) == fleet_id


def _bodies(world: World) -> Iterator[dict[str, Any]]:
    for observed in world.observed.values():
        if observed is not None:
            yield from observed.objects.values()
