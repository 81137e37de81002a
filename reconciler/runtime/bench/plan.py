"""`bench plan`: what a commit would do, from a cold start, after one file, from a warm start."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from reconciler.runtime.bench.apart import apart
from reconciler.runtime.bench.fleet import CHANGES, MadeFleet
from reconciler.runtime.bench.measure import Row, Watch, timed
from reconciler.runtime.bench.options import Options
from reconciler.runtime.bench.repository import BenchRepository
from reconciler.runtime.collecting import keep
from reconciler.runtime.offline import OfflinePlan, Planner

PART: Final = "plan"
#: (objects, clusters) -> seconds: cold, after one file, warm.
_LIMITS: Final = {(1000, 100): (10.0, 0.3, None), (10_000, 100): (90.0, 0.5, 10.0)}
#: What a change is planned from: the commit before it.
_PARENT: Final = "HEAD~1"
_NO_LIMITS: Final = (None, None, None)


def rows(options: Options) -> Iterator[Row]:
    """Every measure in a process of its own."""
    apart(_make, options)
    yield from apart(_resident, options)
    apart(_fill_cache, options)
    yield from apart(_warm, options)


def fleet_of(options: Options) -> MadeFleet:
    """The fleet that the options speak of."""
    return MadeFleet(objects=options.objects, clusters=options.clusters)


def _make(options: Options) -> list[Row]:
    fleet = fleet_of(options)
    made = BenchRepository.made(options.folder / "fleet", fleet)
    made.commit(fleet.change("template", 0))
    return []


def _resident(options: Options) -> list[Row]:
    """The first plan of a process, and those after one-file changes of every kind."""
    cold_limit, limit, _ = _LIMITS.get((options.objects, options.clusters), _NO_LIMITS)
    made = BenchRepository(options.folder / "fleet")
    planner = Planner(made.repository)
    plans: list[OfflinePlan] = []
    cold = timed(lambda: plans.append(planner.plan()))
    works = sum(map(len, plans[0].head.works.values()))
    name = f"{options.objects} objects x {options.clusters} clusters"
    found = [cold.row(PART, f"{name}, cold", size=works, count="Works", limit=cold_limit)]
    keep()  # as a service does after its first pass
    return found + [_changed(made, planner, options, kind, limit) for kind in CHANGES]


def _changed(
    made: BenchRepository, planner: Planner, options: Options, kind: str, limit: float | None
) -> Row:
    fleet, watch = fleet_of(options), Watch()
    for turn in range(options.runs):
        made.commit(fleet.change(kind, turn + 1))
        with watch.lap():
            planner.plan(base=_PARENT)
    is_promised = "many" not in kind
    return watch.row(PART, f"one file: {kind}", count="plans", limit=limit if is_promised else None)


def _fill_cache(options: Options) -> list[Row]:
    _planner(options).plan(base=_PARENT)
    return []


def _warm(options: Options) -> list[Row]:
    """The first plan of a process that finds what it read before, when nothing has changed."""
    limit = _LIMITS.get((options.objects, options.clusters), _NO_LIMITS)[2]
    watch = timed(lambda: _planner(options).plan(base=_PARENT))
    return [watch.row(PART, "warm start, nothing changed", count="plans", limit=limit)]


def _planner(options: Options) -> Planner:
    cache = options.folder / "cache.db"
    return Planner(BenchRepository(options.folder / "fleet", cache).repository)
