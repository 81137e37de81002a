"""`bench render`: objects to Works, each with the overrides that its fleet has."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from reconciler.cycle import Engine
from reconciler.interpret.chain import Interpreter
from reconciler.model.world import World
from reconciler.parse import parse_fleet
from reconciler.render import OverrideIndex, render
from reconciler.runtime.bench.apart import apart
from reconciler.runtime.bench.fleet import MadeFleet, source_files
from reconciler.runtime.bench.measure import Row, Watch
from reconciler.runtime.bench.options import Options

PART: Final = "render"
_NOW: Final = "2026-01-01T00:00:00Z"


def rows(options: Options) -> Iterator[Row]:
    """One line: an object on all its clusters, and how many Works that makes in a second."""
    yield from apart(_measured, options)


def _measured(options: Options) -> list[Row]:
    made = MadeFleet(objects=min(options.objects, 1000), clusters=options.clusters)
    fleet = parse_fleet(source_files(made.files()))
    placed = Engine().reconcile(World(fleet=fleet, is_offline=True), _NOW).placed
    clusters = {cluster.name: cluster for cluster in fleet.clusters}
    overrides = OverrideIndex(fleet.override_policies, clusters)
    interpreter, watch, works = Interpreter(), Watch(), 0
    for key, one in placed.items():
        with watch.lap():
            rendered = render(
                fleet.templates[key],
                one.binding,
                one.targets,
                overrides=overrides,
                reviser=interpreter,
                generation=one.remembered.generation,
            )
        works += len(rendered.works)
    name = f"one object on {options.clusters} clusters"
    size = works // max(1, len(placed))
    return [watch.row(PART, name, size=size, count="Works")]
