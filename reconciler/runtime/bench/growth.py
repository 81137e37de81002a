"""`bench growth`: objects, clusters and changes each doubled twice, and the exponent of the
processor time.

An exponent of 1 means as much more time as there is more of it, 0 that it makes no difference.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Final

from reconciler.runtime.bench import plan
from reconciler.runtime.bench.apart import apart
from reconciler.runtime.bench.measure import Row, Watch
from reconciler.runtime.bench.options import Options
from reconciler.runtime.bench.repository import BenchRepository
from reconciler.runtime.collecting import keep
from reconciler.runtime.offline import Planner

PART: Final = "growth"
_STEPS: Final = (1, 2, 4)


def rows(options: Options) -> Iterator[Row]:
    """Every dimension: a line for each size, the exponent in the words of the last one."""
    for name in ("objects", "clusters"):
        found = [apart(_sized, _with(options, name, step)) for step in _STEPS]
        for number, measure in enumerate(("cold", "one file")):
            yield from _told([one[number] for one in found], f"{measure}, {name}")
    yield from _told(apart(_changes, _with(options, "changes", 1)), "changed files")


def _with(options: Options, name: str, step: int) -> Options:
    """A quarter of the fleet, one dimension of it multiplied."""
    objects, clusters = max(20, options.objects // 4), max(5, options.clusters // 4)
    objects *= step if name == "objects" else 1
    clusters *= step if name == "clusters" else 1
    return options.sized(objects, clusters, f"{name}-{step}")


def _sized(options: Options) -> list[Row]:
    """Cold, and after one template."""
    fleet = plan.fleet_of(options)
    made = BenchRepository.made(options.folder / "fleet", fleet)
    made.commit(fleet.change("template", 0))
    planner = Planner(BenchRepository(options.folder / "fleet").repository)
    cold, one = Watch(), Watch()
    with cold.lap():
        planner.plan()
    keep()
    for turn in range(options.runs):
        made.commit(fleet.change("template", turn + 1))
        with one.lap():
            planner.plan(base="HEAD~1")
    name = f"{options.objects} x {options.clusters}"
    return [cold.row(PART, name), one.row(PART, name)]


def _changes(options: Options) -> list[Row]:
    """One, two and four files in one commit."""
    fleet, found = plan.fleet_of(options), []
    made = BenchRepository.made(options.folder / "fleet", fleet)
    planner = Planner(made.repository)
    planner.plan()
    turn = 0
    for step in _STEPS:
        watch = Watch()
        for _ in range(options.runs):
            files: dict[str, bytes] = {}
            for _ in range(step):
                turn += 1
                files |= fleet.change("template", turn)
            made.commit(files)
            with watch.lap():
                planner.plan(base="HEAD~1")
        found.append(watch.row(PART, f"{step} files"))
    return found


def _told(found: Sequence[Row], name: str) -> Iterator[Row]:
    """The lines of one dimension, the last one with the exponent."""
    # Of processor time: what else the machine does would grow and shrink with it.
    exponent = math.log(found[-1].cpu / found[0].cpu) / math.log(_STEPS[-1] / _STEPS[0])
    for one in found:
        last = f", exponent {exponent:.2f}" if one is found[-1] else ""
        yield replace(one, measure=f"{name}: {one.measure}{last}")
