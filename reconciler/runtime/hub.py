"""The hub: one pass from the newest commit to every member and back to the branches.

Order (design §2, §5): gather, decide, push state, execute, report. State is pushed before the first
member write that depends on it. While the remote is down, drift healing to the last applied commit
goes on and new decisions wait.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any, Final, Protocol

from reconciler.adapters.interpreters import InterpreterWebhooks
from reconciler.adapters.writeback.messages import commit_message
from reconciler.cycle import Engine, interpreter_of
from reconciler.cycle.changes import recomparing
from reconciler.model.change import Action, Plan
from reconciler.model.diagnostic import Diagnostic, in_order
from reconciler.model.errors import PushRaced, PushRejected, SourceUnavailable, StalePlan
from reconciler.model.report import FleetReport
from reconciler.model.source import Move
from reconciler.model.trailers import SOURCE_COMMIT
from reconciler.model.world import Outcome, World
from reconciler.runtime.approvals import spent
from reconciler.runtime.executor import ExecutionOptions, ExecutionReport, Result, execute
from reconciler.runtime.fights import Fights
from reconciler.runtime.gathering import Gathered, Gathering
from reconciler.runtime.members import Members, Opener
from reconciler.runtime.questions import ROUNDS, Questioning
from reconciler.runtime.recording import records
from reconciler.runtime.redactor import Redactor
from reconciler.runtime.reporting import failures, observed_after, report_files, subject
from reconciler.runtime.repository import FleetRepository
from reconciler.runtime.secrecy import known_secrets
from reconciler.runtime.settings import Settings
from reconciler.runtime.state_files import StateFiles
from reconciler.runtime.works_files import followed_clusters, withheld, works_files
from reconciler.status.report import Evidence, fleet_report

ENGINE_VERSION: Final = "1"
_RACES: Final = 5
_DELETING: Final = frozenset({Action.DELETE, Action.RECREATE})

#: Hears of steps of a pass: a word for the step, and a sentence.
Progress = Callable[[str, str], None]


class Clock(Protocol):
    """The time that a pass runs in."""

    def now(self) -> datetime:
        """The present moment, in UTC."""
        ...

    def monotonic(self) -> float:
        """Seconds that only rise."""
        ...

    async def sleep(self, seconds: float) -> None:
        """Wait."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class PassResult:
    """What came of one pass. `error` says why new decisions could not be written, `` when they
    were.
    """

    outcome: Outcome
    execution: ExecutionReport = field(default_factory=ExecutionReport)
    report: FleetReport = field(default_factory=FleetReport)
    diagnostics: tuple[Diagnostic, ...] = ()
    error: str = ""

    @property
    def has_failures(self) -> bool:
        """Whether a member is frozen or an object could not be applied."""
        bad = self.execution.count(Result.FAILED) + self.execution.count(Result.CONFLICT)
        waits = self.outcome.questions or self.report.questions
        frozen = self.outcome.frozen_clusters or self.execution.frozen
        return bool(self.error or frozen or waits or bad)


@dataclass(slots=True)
class Hub:
    """Reconciles one fleet; keeps nothing that could not be gathered again."""

    settings: Settings
    repository: FleetRepository
    opener: Opener
    clock: Clock
    engine: Engine = field(default_factory=Engine)
    progress: Progress = lambda _step, _text: None
    redactor: Redactor = field(default_factory=Redactor)
    fights: Fights = field(default_factory=Fights)
    gathering: Gathering = field(init=False)
    files: StateFiles = field(init=False)
    questioning: Questioning = field(init=False)

    def __post_init__(self) -> None:
        self.gathering = Gathering(self.repository)
        self.files = StateFiles(ENGINE_VERSION)
        self.questioning = Questioning(InterpreterWebhooks(), self.clock.monotonic)

    async def reconcile(self, *, dry_run: bool = False, plan_digest: str = "") -> PassResult:
        """One pass; a lost race for a branch is run again from the start.

        Raises `SourceUnavailable` when nothing can be read, `StalePlan` when the plan differs from
        the
        expected digest.
        """
        for attempt in range(1, _RACES + 1):
            try:
                return await _Pass(self, dry_run=dry_run, plan_digest=plan_digest).run()
            except PushRaced:
                self.progress("race", "somebody else wrote to our branches; starting again")
                if attempt == _RACES:
                    raise
        raise AssertionError("unreachable")


class _Pass:
    """One pass."""

    def __init__(self, hub: Hub, *, dry_run: bool, plan_digest: str) -> None:
        self.hub = hub
        self.dry_run = dry_run
        self.plan_digest = plan_digest
        self.members = Members(at_once=hub.settings.members_at_once)
        self.now = hub.clock.now()

    @property
    def stamp(self) -> str:
        """The moment of the pass, RFC 3339 in whole seconds."""
        return self.now.strftime("%Y-%m-%dT%H:%M:%SZ")

    async def run(self) -> PassResult:
        """Gather, decide, push state, execute, report."""
        hub = self.hub
        hub.progress("fetch", "reading the repository")
        await asyncio.to_thread(hub.repository.fetch)
        gathered = await asyncio.to_thread(hub.gathering.gather)
        try:
            return await self._with(gathered)
        finally:
            await self.members.close()
            await hub.questioning.close()

    async def _with(self, gathered: Gathered) -> PassResult:
        hub = self.hub
        hub.redactor.learn((gathered.fleet, gathered.last_applied))
        clusters = _clusters(gathered)
        hub.progress("probe", f"asking {len(clusters)} members")
        await self.members.probe(clusters, hub.opener)
        world = World(
            fleet=gathered.fleet,
            last_applied=gathered.last_applied,
            state=gathered.state,
            facts={**gathered.inventory, **self.members.facts},
            unreadable=self.members.unreadable,
            answers=hub.questioning.begin(),
        )
        world, outcome = await self._decided(world)
        if self.plan_digest and outcome.plan.digest != self.plan_digest:
            raise StalePlan(
                f"the plan is now {outcome.plan.digest[:12]}, not {self.plan_digest[:12]}"
            )
        if self.dry_run:
            return await self._rehearsed(gathered, world, outcome)
        return await self._carried_out(gathered, world, outcome)

    async def _decided(self, world: World) -> tuple[World, Outcome]:
        """Decide twice: which objects matter, then what to do about what they are."""
        world, first = await self._answered(world)
        self.hub.progress("observe", f"looking at {sum(map(len, first.works.values()))} objects")
        observed = await self.members.observe(first, world.state.recorded)
        world = replace(world, observed=observed, unreadable=dict(self.members.unreadable))
        return await self._answered(world)

    async def _answered(self, world: World) -> tuple[World, Outcome]:
        """Decide, ask webhooks what is not known, and decide again."""
        outcome = self._settled(world)
        for _ in range(ROUNDS):
            if not await self.hub.questioning.ask(outcome.questions):
                break
            world = replace(world, answers=self.hub.questioning.answers())
            outcome = self._settled(world)
        return world, outcome

    def _settled(self, world: World) -> Outcome:
        return self.hub.engine.reconcile(world, self.stamp)

    async def _rehearsed(self, gathered: Gathered, world: World, outcome: Outcome) -> PassResult:
        """A dry run: members check every write and keep none."""
        execution = await self._executed(world, outcome, outcome.plan)
        return PassResult(
            outcome=outcome,
            execution=execution,
            diagnostics=in_order([*outcome.diagnostics, *gathered.diagnostics]),
        )

    async def _carried_out(self, gathered: Gathered, world: World, outcome: Outcome) -> PassResult:
        error, hub = "", self.hub
        frozen_from = self.hub.gathering.frozen_from(outcome, gathered.state)
        state = replace(spent(outcome.state), frozen_from=frozen_from)
        outcome = replace(outcome, state=state)
        try:
            await asyncio.to_thread(self._push_state, gathered, outcome)
        except (SourceUnavailable, PushRejected) as problem:
            if isinstance(problem, PushRaced):
                raise
            error = f"decisions could not be written: {problem}"
            outcome = self._without_new_decisions(world)
        self.hub.progress("execute", f"{len(outcome.plan.changes)} changes")
        execution = await self._executed(world, outcome, outcome.plan)
        report = await self._reported(gathered, world, outcome, execution)
        extra = [
            *report.diagnostics,
            *hub.questioning.diagnostics((*outcome.questions, *report.questions)),
        ]
        if not error:
            extra += await asyncio.to_thread(self._push_rest, gathered, outcome, report)
        return PassResult(
            outcome=outcome,
            execution=execution,
            report=report,
            diagnostics=in_order([*outcome.diagnostics, *gathered.diagnostics, *extra]),
            error=error,
        )

    def _without_new_decisions(self, world: World) -> Outcome:
        """Drift healing alone: the last applied commit, and nothing that deletes."""
        if world.last_applied is None:
            return Outcome(fleet=world.fleet, state=world.state, is_held=True)
        healed = self._settled(replace(world, fleet=world.last_applied))
        moved = {move.key for move in healed.plan.placements}
        changes = tuple(
            change
            for change in healed.plan.changes
            if change.action not in _DELETING and change.key not in moved
        )
        return replace(healed, plan=replace(healed.plan, changes=changes), state=world.state)

    async def _executed(self, world: World, outcome: Outcome, plan: Plan) -> ExecutionReport:
        clock = self.hub.clock
        options = ExecutionOptions(
            recompare=recomparing(outcome, world),
            redact=known_secrets(world, outcome).redact,
            now=clock.monotonic,
            wait=clock.sleep,
            fights=self.hub.fights,
            concurrency=self.hub.settings.limits.concurrency,
            dry_run=self.dry_run,
        )
        return await execute(plan, self.members.open, options)

    def _push_state(self, gathered: Gathered, outcome: Outcome) -> None:
        if outcome.state == gathered.state and not outcome.removed and not outcome.placed:
            return
        repository = self.hub.repository
        branch, content = repository.state_branch, repository.state()
        first = content.tip
        for record in records(outcome, gathered.state, self.hub.files):
            message = commit_message(record.subject, body=record.body, trailers=record.trailers)
            move = branch.propose(content, record.files, message=message, time=self.now)
            if move is not None:
                content = replace(content, tip=move.new)
        if content.tip != first:
            self.hub.progress("state", "writing decisions to reconciler/state")
            repository.writer.push([Move(ref=branch.ref, expected=first, new=content.tip)])

    async def _reported(
        self, gathered: Gathered, world: World, outcome: Outcome, execution: ExecutionReport
    ) -> FleetReport:
        """The report, after webhooks were asked what they make of the members' statuses."""
        report = self._report(gathered, world, outcome, execution)
        for _ in range(ROUNDS):
            if not await self.hub.questioning.ask(report.questions):
                break
            world = replace(world, answers=self.hub.questioning.answers())
            report = self._report(gathered, world, outcome, execution)
        return report

    def _report(
        self, gathered: Gathered, world: World, outcome: Outcome, execution: ExecutionReport
    ) -> FleetReport:
        evidence = Evidence(
            observed=observed_after(world.observed, execution),
            failures=failures(execution),
            redact=known_secrets(world, outcome).redact,
        )
        return fleet_report(
            outcome,
            evidence,
            gathered.statuses,
            interpreter_of(outcome.fleet, world),
            self.stamp,
        )

    def _push_rest(
        self, gathered: Gathered, outcome: Outcome, report: FleetReport
    ) -> list[Diagnostic]:
        """Status and works branches."""
        diagnostics: list[Diagnostic] = []
        moves = [*self._status(gathered, outcome, report), *self._works(outcome, diagnostics)]
        if moves:
            self.hub.progress("status", subject(report))
            self.hub.repository.writer.push(moves)
        return diagnostics

    def _status(self, gathered: Gathered, outcome: Outcome, report: FleetReport) -> list[Move]:
        config = outcome.fleet.config
        repository = self.hub.repository
        branch = repository.status_branch(config.write_back.status_keep if config else 0)
        files = report_files(
            report,
            gathered.statuses,
            outcome,
            clusters={cluster.name: cluster for cluster in outcome.fleet.clusters},
            facts=self.members.facts,
            inventory=gathered.inventory,
            old_holds=self.hub.gathering.holds(),
        )
        message = commit_message(
            subject(report), trailers=((SOURCE_COMMIT, outcome.fleet.revision),)
        )
        move = branch.propose(repository.status(), files, message=message, time=self.now)
        return [move] if move else []

    def _works(self, outcome: Outcome, diagnostics: list[Diagnostic]) -> list[Move]:
        config = outcome.fleet.config
        if config is None or outcome.is_held:
            return []
        moves = []
        for cluster in followed_clusters(config, outcome.fleet.clusters):
            branch = self.hub.repository.works_branch(cluster)
            works = outcome.works.get(cluster, {})
            diagnostics += withheld(works, cluster, config)
            message = commit_message(
                f"Render {len(works)} objects for {cluster}",
                trailers=((SOURCE_COMMIT, outcome.fleet.revision),),
            )
            files = works_files(works, config)
            move = branch.propose_all(branch.content(), files, message=message, time=self.now)
            moves += [move] if move else []
        return moves


def _clusters(gathered: Gathered) -> tuple[Any, ...]:
    """Clusters of the new fleet and of the last applied one: a held commit still heals."""
    last = gathered.last_applied.clusters if gathered.last_applied else ()
    by_name = {cluster.name: cluster for cluster in (*last, *gathered.fleet.clusters)}
    return tuple(by_name[name] for name in sorted(by_name))
