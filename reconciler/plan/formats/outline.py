"""The parts of a plan in the order in which every format tells them: what takes away comes first.

Deletes, recreates and what waits are one object at a time with every cluster named; the rest is
folded by clusters.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from reconciler.model.change import Action, Change, Plan
from reconciler.plan.grouping import Group, Move, Section, groups, moves, sections

_TAKING_AWAY: Final = frozenset({Action.DELETE, Action.RECREATE, Action.HOLD})


@dataclass(frozen=True, slots=True, kw_only=True)
class Outline:
    """`removals` and `conflicts` are never folded; `moves` and `sections` are."""

    moves: tuple[Move, ...]
    removals: tuple[Group, ...]
    conflicts: tuple[Group, ...]
    sections: tuple[Section, ...]


def outline(plan: Plan) -> Outline:
    """The parts of a plan."""

    def chosen(wanted: Callable[[Change], bool]) -> list[Change]:
        return [change for change in plan.changes if wanted(change)]

    def is_plain(change: Change) -> bool:
        return change.action not in _TAKING_AWAY and change.action is not Action.CONFLICT

    return Outline(
        moves=moves(plan.placements),
        removals=groups(chosen(lambda change: change.action in _TAKING_AWAY)),
        conflicts=groups(chosen(lambda change: change.action is Action.CONFLICT)),
        sections=sections(chosen(is_plain)),
    )
