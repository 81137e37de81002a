"""What a pass writes to our branches: decisions before it acts, report and Works after it.

Each is proposed on the branch as it was gathered and moved by compare-and-set; whoever was faster
shows as `PushRaced`. Nothing is written without a byte changed.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, replace
from datetime import datetime

from reconciler.adapters.git import Batch
from reconciler.adapters.writeback.branches import BranchContent
from reconciler.adapters.writeback.messages import commit_message
from reconciler.model.cluster import ClusterFacts
from reconciler.model.config import FleetConfig
from reconciler.model.diagnostic import Diagnostic
from reconciler.model.errors import PushRaced, PushRejected
from reconciler.model.identity import ObjectKey
from reconciler.model.report import FleetReport
from reconciler.model.source import Move
from reconciler.model.text import count_of
from reconciler.model.trailers import SOURCE_COMMIT
from reconciler.model.works import ClusterWorks, FleetWorks
from reconciler.model.world import Outcome
from reconciler.runtime.executor import ExecutionReport
from reconciler.runtime.followed import Followed
from reconciler.runtime.gathering import Gathered, Gathering
from reconciler.runtime.recording import records
from reconciler.runtime.reporting import report_files, subject
from reconciler.runtime.repository import BRANCHES, FleetRepository
from reconciler.runtime.results import Progress
from reconciler.runtime.state_files import StateFiles
from reconciler.runtime.works_files import (
    WorksFiles,
    accompanied_clusters,
    leftovers,
    withheld,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Publishing:
    """The branches of one fleet at the moment of a pass.

    `allowed` raises when this process may not write any more; it is asked before every push.
    `pushed` hears of every branch, and whether it moved; it may be called from any thread.
    """

    repository: FleetRepository
    gathering: Gathering
    files: StateFiles
    works: WorksFiles
    followed: Mapping[str, Followed]
    allowed: Callable[[], None]
    progress: Progress
    now: datetime
    pushed: Callable[[str, bool], None] = lambda _branch, _is_good: None

    def state(self, gathered: Gathered, outcome: Outcome) -> None:
        """Push decisions; raises `PushRejected`, `PushRaced` or `SourceUnavailable`."""
        if outcome.state == gathered.state and not outcome.removed and not outcome.placed:
            return
        branch, content = self.repository.state_branch, self.repository.state()
        first = gathered.state_tip
        if content.tip != first:
            raise PushRaced(f"{branch.ref} has moved since it was read")
        for record in records(outcome, gathered.state, self.files):
            message = commit_message(record.subject, body=record.body, trailers=record.trailers)
            move = branch.propose(content, record.files, message=message, time=self.now)
            if move is not None:
                content = replace(content, tip=move.new)
        if content.tip != first:
            self.progress("state", "writing decisions to reconciler/state")
            self._push([Move(ref=branch.ref, expected=first, new=content.tip)])

    def report(
        self,
        gathered: Gathered,
        outcome: Outcome,
        report: FleetReport,
        facts: Mapping[str, ClusterFacts],
        execution: ExecutionReport,
    ) -> list[Diagnostic]:
        """Push status and works branches; what is not distributed there."""
        diagnostics: list[Diagnostic] = []
        moves = [
            *self._status(gathered, outcome, report, facts),
            *self._works(outcome, execution, diagnostics),
        ]
        if moves:
            self.progress("status", subject(report))
            self._push(moves)
        return diagnostics

    def _push(self, moves: list[Move]) -> None:
        self.allowed()
        landed: Collection[str] = ()
        try:
            self.repository.writer.push(moves)
            landed = [move.ref for move in moves]
        except PushRejected as refusal:
            landed = refusal.landed
            raise
        finally:
            for move in moves:
                self.pushed(move.ref.removeprefix(BRANCHES), move.ref in landed)

    def _status(
        self,
        gathered: Gathered,
        outcome: Outcome,
        report: FleetReport,
        facts: Mapping[str, ClusterFacts],
    ) -> list[Move]:
        config = outcome.fleet.config
        branch = self.repository.status_branch(config.write_back.status_keep if config else 0)
        files = report_files(
            report,
            gathered.statuses,
            outcome,
            clusters={cluster.name: cluster for cluster in outcome.fleet.clusters},
            facts=facts,
            inventory=gathered.inventory,
            old_holds=self.gathering.holds(),
        )
        message = commit_message(
            subject(report), trailers=((SOURCE_COMMIT, outcome.fleet.revision),)
        )
        move = branch.propose(self.repository.status(), files, message=message, time=self.now)
        return [move] if move else []

    def _works(
        self, outcome: Outcome, execution: ExecutionReport, diagnostics: list[Diagnostic]
    ) -> list[Move]:
        config = outcome.fleet.config
        if config is None or outcome.is_held:
            return []
        works = FleetWorks.of(outcome.works)
        accompanied = accompanied_clusters(config, outcome.fleet.clusters)
        if any(key.is_secret for key in works.objects):
            for cluster in (*self.followed, *accompanied):
                diagnostics += withheld(works.of_cluster(cluster), cluster, config)
        with self.repository.writer.together() as batch:
            moves = [
                *(self._distributed(name, outcome, execution, batch) for name in self.followed),
                *(
                    self._works_of(works.of_cluster(name), outcome, execution, config, batch)
                    for name in accompanied
                ),
            ]
        return [move for move in moves if move is not None]

    def _distributed(
        self, cluster: str, outcome: Outcome, execution: ExecutionReport, batch: Batch
    ) -> Move | None:
        """The branch that stands for a member, after what was decided about it."""
        followed, done = self.followed[cluster], execution.done_on(cluster)
        files, paths = followed.files(done)
        branch = self.repository.works_branch(cluster, batch)
        message = _message(cluster, len(paths), outcome)
        return branch.propose(followed.content, files, message=message, time=self.now)

    def _works_of(
        self,
        works: ClusterWorks,
        outcome: Outcome,
        execution: ExecutionReport,
        config: FleetConfig,
        batch: Batch,
    ) -> Move | None:
        """One cluster's branch; what this process wrote there last is not looked at again. The file
        of what is left on the member stays, too.
        """
        cluster = works.cluster
        branch = self.repository.works_branch(cluster, batch)
        message = _message(cluster, len(works), outcome)
        tip, left = branch.reader.tip(branch.ref), _left_there(cluster, outcome, execution)
        changes = None if left else self.works.changes(cluster, works, config, tip)
        if changes is not None:
            content = BranchContent(tip=tip, tree=None)
            move = branch.propose(content, changes.files, message=message, time=self.now)
        else:
            content = branch.content()
            changes = self.works.all(works, config, leftovers(content, left))
            tip, every = content.tip, {k: v for k, v in changes.files.items() if v is not None}
            move = branch.propose_all(content, every, message=message, time=self.now)
        written = move.new if move else tip
        if written is not None:
            self.works.remember(cluster, changes, written)
        return move


def _message(cluster: str, count: int, outcome: Outcome) -> str:
    return commit_message(
        f"Render {count_of(count, 'object')} for {cluster}",
        trailers=((SOURCE_COMMIT, outcome.fleet.revision),),
    )


def _left_there(cluster: str, outcome: Outcome, execution: ExecutionReport) -> frozenset[ObjectKey]:
    """What has no Work any more and may stand on the member still: nobody who follows the branch
    may take it for deleted.
    """
    deleted = {one.key for one in execution.deleted if one.cluster == cluster}
    recorded = outcome.state.recorded.get(cluster, frozenset[ObjectKey]())
    return recorded - outcome.works.get(cluster, {}).keys() - deleted
