"""WorkloadRebalancer of apps.karmada.io: schedule the workloads it names afresh, once.

Rule (karmada-semantics §2.23): a binding's rescheduleTriggeredAt becomes the rebalancer's creation
time, if that is later. In Git a document is created when it is first seen; editing it triggers
nothing anew, as in Karmada, but naming it differently does.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Any, Final

from reconciler.controllers.evidence import acting_fleet
from reconciler.model.fleet import Fleet
from reconciler.model.identity import ObjectKey, split_api_version
from reconciler.model.instant import instant, written
from reconciler.model.intent import Clock, Intent, Reschedule
from reconciler.model.manifest import Manifest
from reconciler.model.world import World

_GROUP, _KIND = "apps.karmada.io", "WorkloadRebalancer"
_CREATED: Final = "rebalancer/"


def intents(world: World, now: datetime) -> Iterator[Intent]:
    """A trigger for each named binding, and the clocks that remember creation."""
    fleet = acting_fleet(world)
    found = _rebalancers(fleet) if fleet else {}
    clocks = world.state.clocks
    for name, manifest in found.items():
        at = clocks.get(_CREATED + name) or written(now)
        if _CREATED + name not in clocks:
            yield Clock(name=_CREATED + name, at=at)
        yield from _triggers(world, manifest, at)
    if world.fleet.frozen:
        return  # what cannot be read may be a rebalancer that is still there
    for clock in sorted(clocks):
        if clock.startswith(_CREATED) and clock.removeprefix(_CREATED) not in found:
            yield Clock(name=clock, at="")


def _rebalancers(fleet: Fleet) -> dict[str, Manifest]:
    found = {
        one.name: one for one in fleet.others if (one.key.group, one.key.kind) == (_GROUP, _KIND)
    }
    return dict(sorted(found.items()))


def _triggers(world: World, manifest: Manifest, at: str) -> Iterator[Reschedule]:
    asked = instant(at)
    for workload in _workloads(manifest):
        key = _key(workload)
        state = world.state.bindings.get(key)
        if state is None or asked is None:
            continue
        last = instant(state.reschedule_triggered)
        if last is None or asked > last:
            cause = f"WorkloadRebalancer {manifest.name} asks for it"
            yield Reschedule(key=key, at=at, cause=cause)


def _workloads(manifest: Manifest) -> list[dict[str, Any]]:
    listed = manifest.at("spec", "workloads")
    return [one for one in listed if isinstance(one, dict)] if isinstance(listed, list) else []


def _key(workload: dict[str, Any]) -> ObjectKey:
    group, _ = split_api_version(str(workload.get("apiVersion") or ""))
    return ObjectKey(
        group,
        str(workload.get("kind") or ""),
        str(workload.get("namespace") or ""),
        str(workload.get("name") or ""),
    )
