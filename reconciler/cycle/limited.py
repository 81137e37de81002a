"""Documents beyond the limits of their folders keep what they have: nothing of them moves."""

from __future__ import annotations

from collections.abc import Iterable

from reconciler.cycle.bindings import BoundFleet
from reconciler.cycle.works import RenderedFleet
from reconciler.model.cluster import Cluster
from reconciler.model.config import Limit
from reconciler.model.fleet import Fleet
from reconciler.model.identity import ObjectKey
from reconciler.model.world import Placed
from reconciler.plan.limits import Decided, violations


def withdraw(
    fleet: Fleet,
    limits: tuple[Limit, ...],
    earlier: tuple[Limit, ...],
    clusters: Iterable[Cluster],
    bound: BoundFleet,
    placed: dict[ObjectKey, Placed],
    rendered: RenderedFleet,
) -> tuple[Limit, ...]:
    """Take out what no folder may do, and say so; what members have of it stays.

    The earlier limits come back where something waits because of them alone.
    """
    decided = Decided(
        fleet=fleet, claims=bound.claims, overrides=rendered.overrides, works=rendered.works
    )
    names = [cluster.name for cluster in clusters]
    found = violations(limits, decided, earlier)
    for violation in found:
        bound.diagnostics.append(violation.diagnostic)
        for key in violation.keys:
            _withdraw(key, names, bound, placed, rendered)
        if violation.cluster:
            untouched = rendered.take_off(violation.cluster)
            rendered.untouched |= {(violation.cluster, key) for key in untouched}
    return earlier if any(one.is_earlier for one in found) else ()


def _withdraw(
    key: ObjectKey,
    names: Iterable[str],
    bound: BoundFleet,
    placed: dict[ObjectKey, Placed],
    rendered: RenderedFleet,
) -> None:
    placed.pop(key, None)
    bound.waiting.add(key)
    rendered.objects.pop(key, None)
    rendered.untouched |= {(name, key) for name in names}
