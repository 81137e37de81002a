"""PersistentVolume: claimed in the member; the worst phase of all clusters counts."""

from __future__ import annotations

from typing import Final

from reconciler.interpret import typed, workload
from reconciler.interpret.body import map_at, statuses, text_at, with_value
from reconciler.interpret.operation import Body, KindInterpreter

# The first of these that any cluster reports is the phase of the template.
PHASES: Final = ("Failed", "Pending", "Available", "Bound", "Released")


def retain(desired: Body, observed: Body) -> Body:
    """The claim that the member bound to the volume."""
    claim = map_at(observed, "spec").get("claimRef")
    return desired if claim is None else with_value(desired, ("spec", "claimRef"), claim)


def aggregate_status(template: Body, items: list[Body]) -> Body:
    """The worst phase; a cluster that has not reported yet counts as pending."""
    found = [status for _, status in statuses(items)]
    phases = {text_at(status, "phase") for status in found}
    phases |= {"Pending"} if len(found) < len(items) else set()
    phase = next((phase for phase in PHASES if phase in phases), "")
    new = {"phase": phase} if phase else {}
    if map_at(template, "status") == new:
        return template
    return typed.written(template, typed.VOLUME_KIND) | {"status": new}


INTERPRETER: Final = KindInterpreter(
    api_version="v1",
    kind="PersistentVolume",
    retain=retain,
    reflect_status=workload.whole_status,
    aggregate_status=aggregate_status,
)
