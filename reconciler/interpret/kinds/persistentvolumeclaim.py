"""PersistentVolumeClaim: bound by the member; lost anywhere is lost."""

from __future__ import annotations

from typing import Final

from reconciler.interpret import typed, workload
from reconciler.interpret.body import map_at, statuses, text_at, with_value
from reconciler.interpret.operation import Body, KindInterpreter

BOUND: Final = "Bound"
LOST: Final = "Lost"


def retain(desired: Body, observed: Body) -> Body:
    """The volume that the member bound."""
    volume = text_at(map_at(observed, "spec"), "volumeName")
    return with_value(desired, ("spec", "volumeName"), volume) if volume else desired


def aggregate_status(template: Body, items: list[Body]) -> Body:
    """Lost wins, then the last phase that is not Bound; Karmada drops every other field."""
    phases = [text_at(status, "phase") for _, status in statuses(items)]
    unbound = [phase for phase in phases if phase != BOUND]
    phase = LOST if LOST in phases else unbound[-1] if unbound else BOUND
    new = {"phase": phase} if phase else {}
    if map_at(template, "status") == new:
        return template
    return typed.written(template, typed.CLAIM_KIND) | {"status": new}


def is_healthy(body: Body) -> bool:
    """Bound."""
    return text_at(map_at(body, "status"), "phase") == BOUND


INTERPRETER: Final = KindInterpreter(
    api_version="v1",
    kind="PersistentVolumeClaim",
    retain=retain,
    reflect_status=workload.whole_status,
    aggregate_status=aggregate_status,
    interpret_health=is_healthy,
)
