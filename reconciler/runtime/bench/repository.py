"""A made-up fleet in a real repository: commits on its source branch, and our branches beside."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final

import pygit2

from reconciler.adapters.git import BranchWriter
from reconciler.adapters.writeback.messages import commit_message
from reconciler.model.source import Identity, Move
from reconciler.model.world import Outcome, State
from reconciler.runtime.bench.fleet import MadeFleet
from reconciler.runtime.hub import ENGINE_VERSION
from reconciler.runtime.offline import Planner
from reconciler.runtime.recording import records
from reconciler.runtime.repository import FleetRepository
from reconciler.runtime.state_files import StateFiles

MAIN: Final = "refs/heads/main"
_PERSON: Final = Identity(name="Alex Example", email="alex@shop.example")
_START: Final = datetime(2026, 1, 1, tzinfo=UTC)


class BenchRepository:
    """One repository on this machine, that a person and the hub write to."""

    def __init__(self, folder: Path, cache: Path | None = None) -> None:
        self.repository = FleetRepository.local(folder, "main", cache)
        self._person = BranchWriter(self.repository.store, None, owns=(MAIN,))
        self._commits = 0

    @classmethod
    def made(cls, folder: Path, fleet: MadeFleet) -> BenchRepository:
        """With a fleet, of which everything is applied."""
        pygit2.init_repository(str(folder), bare=True, initial_head="main")
        made = cls(folder)
        made.commit(fleet.files())
        made.record(Planner(made.repository).plan().head, State())
        return made

    def commit(self, files: Mapping[str, bytes]) -> None:
        """A person's commit."""
        store = self.repository.store
        tip = store.tip(MAIN)
        self._commits += 1
        new = self._person.commit(
            MAIN,
            tip,
            files,
            message=f"Change {len(files)} files",
            author=_PERSON,
            time=_START + timedelta(minutes=self._commits),
        )
        assert new is not None, "a commit that changes something"
        if new != tip:
            self._person.push([Move(ref=MAIN, expected=tip, new=new)])

    def record(self, outcome: Outcome, before: State) -> int:
        """Write the state that an outcome leaves, as the hub does; the number of files."""
        branch, content = self.repository.state_branch, self.repository.state()
        tip, written = content.tip, 0
        for record in records(outcome, before, StateFiles(ENGINE_VERSION)):
            written += len(record.files)
            message = commit_message(record.subject, body=record.body, trailers=record.trailers)
            move = branch.propose(
                type(content)(tip=tip, tree=content.tree),
                record.files,
                message=message,
                time=_START,
            )
            tip = move.new if move else tip
        if tip is not None and tip != content.tip:
            self.repository.writer.push([Move(ref=branch.ref, expected=content.tip, new=tip)])
        return written
