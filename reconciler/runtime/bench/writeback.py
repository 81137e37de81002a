"""`bench writeback`: rendered files into branches of works, all of them and one that changed."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Final

import pygit2

from reconciler.adapters.git import Batch
from reconciler.adapters.writeback.branches import BranchContent
from reconciler.cycle import Engine
from reconciler.model.config import FleetConfig, WriteBack
from reconciler.model.source import Move
from reconciler.model.works import FleetWorks
from reconciler.model.world import World
from reconciler.parse import ParseMemory, parse_fleet
from reconciler.runtime.bench.apart import apart
from reconciler.runtime.bench.documents import cluster_name
from reconciler.runtime.bench.fleet import MadeFleet, source_files
from reconciler.runtime.bench.measure import Row, Watch, timed
from reconciler.runtime.bench.options import Options
from reconciler.runtime.repository import FleetRepository
from reconciler.runtime.works_files import Changes, WorksFiles

PART: Final = "writeback"
_LIMITS: Final = {100_000: (60.0, 0.2)}
_NOW: Final = datetime(2026, 1, 1, tzinfo=UTC)
_CLUSTERS: Final = 10
_CONFIG: Final = FleetConfig(write_back=WriteBack(works="all"))


def rows(options: Options) -> Iterator[Row]:
    """The first commit of every cluster's branch, and those after one object changed."""
    yield from apart(_measured, options)


def _measured(options: Options) -> list[Row]:
    first, again = _LIMITS.get(options.files, (None, None))
    writer = _Writer(options)
    all_files = timed(writer.write)
    changed = Watch()
    for turn in range(options.runs):
        writer.change(turn)
        with changed.lap():
            writer.write()
    size = options.files
    return [
        all_files.row(PART, f"{size} files, first", size=size, count="files", limit=first),
        changed.row(PART, f"{size} files, one object changed", count="passes", limit=again),
    ]


class _Writer:
    """A hub that writes the Works of ten clusters."""

    def __init__(self, options: Options) -> None:
        folder = options.folder / "works"
        pygit2.init_repository(str(folder), bare=True)
        self._repository = FleetRepository.local(folder)
        self._made = MadeFleet(objects=options.files // _CLUSTERS, clusters=_CLUSTERS)
        self._tree = self._made.files()
        self._memory, self._engine, self._files = ParseMemory(), Engine(), WorksFiles()
        self._works = self._decided()

    def change(self, turn: int) -> None:
        """Another image of one workload, decided on and rendered."""
        self._tree |= self._made.change("template", turn)
        self._works = self._decided()

    def write(self) -> None:
        """What a pass does with Works: one commit a cluster, one push."""
        with self._repository.writer.together() as batch:
            moves = [self._write(cluster_name(number), batch) for number in range(_CLUSTERS)]
        self._repository.writer.push([move for move in moves if move is not None])

    def _decided(self) -> FleetWorks:
        fleet = parse_fleet(source_files(self._tree), memory=self._memory)
        world = World(fleet=fleet, is_offline=True)
        return FleetWorks.of(self._engine.reconcile(world, _NOW.isoformat()).works)

    def _write(self, cluster: str, batch: Batch) -> Move | None:
        branch = self._repository.works_branch(cluster, batch)
        works = self._works.of_cluster(cluster)
        tip = branch.reader.tip(branch.ref)
        changes: Changes = self._files.changes(cluster, works, _CONFIG, tip) or self._files.all(
            works, _CONFIG
        )
        content = BranchContent(tip=tip, tree=None)
        move = branch.propose(content, changes.files, message="Render", time=_NOW)
        if move is not None and move.new is not None:
            self._files.remember(cluster, changes, move.new)
        return move
