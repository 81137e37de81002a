"""Carry out what the controllers ask for: the World as it is once everything due has happened.

Rules:
- Controllers run in the order of their table, each on the world that those before it left.
- Nothing happens while no fleet is in force: without settings nothing is known.
- Bindings that are frozen are not shown to controllers: what may not be scheduled anew may not be
  evicted either.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from reconciler.controllers.carry_out import carried_out
from reconciler.controllers.evidence import acting_fleet
from reconciler.controllers.table import CONTROLLERS
from reconciler.model.identity import ObjectKey
from reconciler.model.instant import instant, written
from reconciler.model.intent import Wake
from reconciler.model.world import World


def settle(
    world: World, now: str, *, frozen: frozenset[ObjectKey] = frozenset()
) -> tuple[World, str]:
    """The settled world, and when to look again though nothing else may happen, `` for never.

    `now` is RFC 3339. Law: settling twice at one moment changes nothing the second time.
    """
    moment = instant(now)
    assert moment is not None, "now is RFC 3339"
    fleet = acting_fleet(world)
    if fleet is None or fleet.config is None:
        return world, ""
    settled = _without(world, frozen)
    wakes: list[str] = []
    for controller in CONTROLLERS.values():
        intents = tuple(controller(settled, moment))
        settled = carried_out(settled, intents)
        wakes += [one.at for one in intents if isinstance(one, Wake)]
    return _with_those_of(settled, world, frozen), _earliest(wakes)


def _without(world: World, frozen: frozenset[ObjectKey]) -> World:
    if not frozen:
        return world
    free = {key: one for key, one in world.state.bindings.items() if key not in frozen}
    return replace(world, state=replace(world.state, bindings=free))


def _with_those_of(settled: World, before: World, frozen: frozenset[ObjectKey]) -> World:
    if not frozen:
        return settled
    every = {**before.state.bindings, **settled.state.bindings}
    return replace(settled, state=replace(settled.state, bindings=every))


def _earliest(times: Iterable[str]) -> str:
    moments = [moment for text in times if (moment := instant(text)) is not None]
    return written(min(moments)) if moments else ""
