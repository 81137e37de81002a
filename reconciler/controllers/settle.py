"""Carry out what the controllers ask for: the World as it is once everything due has happened.

Rules:
- Controllers run in the order of their table, each on the world that those before it left.
- Nothing happens while no fleet is in force: without settings nothing is known.
- The result holds no clock that nobody asked to keep and is the same for every order of mappings.
"""

from __future__ import annotations

from collections.abc import Iterable

from reconciler.controllers.carry_out import carried_out
from reconciler.controllers.evidence import acting_fleet
from reconciler.controllers.table import CONTROLLERS, Controller
from reconciler.model.instant import instant, written
from reconciler.model.intent import Wake
from reconciler.model.world import World


def settle(
    world: World, now: str, controllers: Iterable[Controller] | None = None
) -> tuple[World, str]:
    """The settled world, and when to look again though nothing else may happen, `` for never.

    `now` is RFC 3339. Law: settling twice at one moment changes nothing the second time.
    """
    moment = instant(now)
    assert moment is not None, "now is RFC 3339"
    fleet = acting_fleet(world)
    if fleet is None or fleet.config is None:
        return world, ""
    wakes: list[str] = []
    for controller in CONTROLLERS.values() if controllers is None else controllers:
        intents = tuple(controller(world, moment))
        world = carried_out(world, intents)
        wakes += [one.at for one in intents if isinstance(one, Wake)]
    return world, _earliest(wakes)


def _earliest(times: Iterable[str]) -> str:
    moments = [moment for text in times if (moment := instant(text)) is not None]
    return written(min(moments)) if moments else ""
