"""Changes of all members to one Plan: counted, guarded, ordered, digested."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from reconciler.model.change import Action, Change, PlacementChange, Plan
from reconciler.model.config import FleetConfig
from reconciler.model.diagnostic import Diagnostic
from reconciler.model.diagnostic import in_order as diagnostics_in_order
from reconciler.model.world import State
from reconciler.plan.digest import plan_digest
from reconciler.plan.guards import GuardInput, Place, guarded, guards_of
from reconciler.plan.masking import numbered
from reconciler.plan.order import in_order
from reconciler.plan.renames import RemovedBodies, renames


def build_plan(
    changes: Iterable[Change],
    placements: Iterable[PlacementChange],
    *,
    config_old: FleetConfig | None,
    config_new: FleetConfig | None,
    state: State,
    now: str,
    managed: Mapping[str, int],
    moved: frozenset[Place] = frozenset(),
    removed: RemovedBodies | None = None,
    unchanged: int = 0,
    diagnostics: Iterable[Diagnostic] = (),
    notes: Iterable[str] = (),
) -> Plan:
    """The plan of one cycle.

    `config_old` is that of the last applied commit, None where there is none; at least one is
    given. `managed` counts objects of ours by cluster, `unchanged` those nobody had to look at.
    `moved`, and `removed` for detecting renames, as in `guards` and `renames`.
    """
    changes = list(changes)
    effective = [one for one in changes if one.action is not Action.UNCHANGED]
    guards = guards_of(config_old, config_new, state)
    assert guards, "a plan needs the guards of at least one configuration"
    given = GuardInput(
        guards=guards,
        state=state,
        now=now,
        managed=managed,
        moved=moved,
    )
    judged, hold = guarded(effective, given)
    ordered = numbered(in_order(judged))
    return Plan(
        changes=ordered,
        placements=tuple(sorted(placements, key=lambda one: one.key)),
        renames=renames(ordered, removed or {}),
        unchanged=unchanged + len(changes) - len(effective),
        hold=hold,
        diagnostics=diagnostics_in_order(list(diagnostics)),
        notes=tuple(notes),
        digest=plan_digest(ordered),
    )
