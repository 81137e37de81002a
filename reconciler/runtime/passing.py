"""One pass: gather, decide, push state, execute, report (design §2, §5).

State is pushed before the first member write that depends on it. While the remote is down, drift
healing to the last applied commit goes on and new decisions wait.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Final

from reconciler.cycle import interpreter_of
from reconciler.cycle.changes import recomparing
from reconciler.model.change import Action, Plan
from reconciler.model.cluster import Cluster, ClusterFacts
from reconciler.model.diagnostic import in_order
from reconciler.model.errors import (
    EmptyRepository,
    MissingBranch,
    PushRaced,
    PushRejected,
    SettingsInvalid,
    SourceUnavailable,
    StalePlan,
)
from reconciler.model.fleet import Fleet
from reconciler.model.identity import ObjectKey
from reconciler.model.report import FleetReport
from reconciler.model.world import Outcome, World
from reconciler.runtime.approvals import spent
from reconciler.runtime.executor import ChangeResult, ExecutionOptions, ExecutionReport, execute
from reconciler.runtime.followed import (
    Followed,
    distributed,
    facts_of,
    observed_of,
    split,
)
from reconciler.runtime.forgetting import without as forgetting
from reconciler.runtime.gathering import Gathered
from reconciler.runtime.losses import with_losses
from reconciler.runtime.publishing import Publishing
from reconciler.runtime.questions import ROUNDS
from reconciler.runtime.readiness import with_last_known
from reconciler.runtime.reporting import failures, observed_after
from reconciler.runtime.results import PassResult, Standing
from reconciler.runtime.secrecy import known_secrets
from reconciler.status.report import Evidence, fleet_report

if TYPE_CHECKING:
    from reconciler.runtime.hub import Hub

_DELETING: Final = frozenset({Action.DELETE, Action.RECREATE})


@dataclass(frozen=True, slots=True, kw_only=True)
class PassOptions:
    """How to pass. `fetch`: look at the remote first; somebody else does it in a service. `drift`:
    only look how members differ from the last applied commit; nothing is written anywhere.
    """

    dry_run: bool = False
    drift: bool = False
    plan_digest: str = ""
    fetch: bool = True


@dataclass(slots=True)
class _Interruption:
    """What was carried out before somebody asked for the next pass."""

    results: list[ChangeResult] = field(default_factory=list)


class Pass:
    """One pass of a hub."""

    def __init__(self, hub: Hub, options: PassOptions) -> None:
        self.hub = hub
        self.options = options
        self.members = hub.pass_members()
        self.followed: dict[str, Followed] = {}
        self._unreadable_branches: dict[str, str] = {}
        self.now = hub.clock.now()

    @property
    def stamp(self) -> str:
        """The moment of the pass, RFC 3339 in whole seconds."""
        return self.now.strftime("%Y-%m-%dT%H:%M:%SZ")

    async def run(self) -> PassResult:
        """Gather, decide, push state, execute, report."""
        hub = self.hub
        hub.is_superseded, hub.has_postponed = hub.is_closing, False
        async with hub.reading:
            if self.options.fetch:
                hub.progress("fetch", "reading the repository")
                await asyncio.to_thread(hub.repository.fetch)
            gathered = await asyncio.to_thread(hub.gathering.gather)
        try:
            done = await self._with(gathered)
            return replace(done, before=gathered.state.applied_revision)
        finally:
            await self.members.close()
            await hub.questioning.close()

    async def _with(self, gathered: Gathered) -> PassResult:
        hub = self.hub
        hub.redactor.learn((gathered.fleet, gathered.last_applied))
        clusters = _clusters(gathered)
        hub.progress("probe", f"asking {len(clusters)} members")
        await self.members.probe(clusters, hub.opener)
        await self._read_branches(gathered, clusters)
        world = World(
            fleet=self._wanted(gathered),
            last_applied=gathered.last_applied,
            state=gathered.state,
            facts=self._facts(gathered),
            unreadable=self._unreadable(),
            report=gathered.statuses,
            answers=hub.questioning.begin(),
        )
        world, outcome = await self._decided(world)
        digest = self.options.plan_digest
        if digest and outcome.plan.digest != digest:
            raise StalePlan(f"the plan is now {outcome.plan.digest[:12]}, not {digest[:12]}")
        if self.options.drift:
            return PassResult(outcome=outcome, diagnostics=outcome.diagnostics)
        if self.options.dry_run:
            return await self._rehearsed(gathered, world, outcome)
        return await self._carried_out(gathered, world, outcome)

    def _wanted(self, gathered: Gathered) -> Fleet:
        """The newest fleet; the last applied one where only drift is asked for."""
        if not self.options.drift:
            return gathered.fleet
        if gathered.last_applied is None:
            raise SettingsInvalid("nothing is applied yet", hint="run `reconciler apply` first")
        return gathered.last_applied

    def _facts(self, gathered: Gathered) -> dict[str, ClusterFacts]:
        """What members say now; what they last said where they cannot be asked."""
        facts = dict(gathered.inventory)
        for name, probed in self.members.facts.items():
            facts[name] = with_last_known(probed, gathered.inventory.get(name))
        uids = gathered.state.member_uids
        return facts | {name: facts_of(name, uids) for name in self.followed}

    async def _read_branches(self, gathered: Gathered, clusters: Iterable[Cluster]) -> None:
        """The branches that stand for members nobody writes to."""
        fleet = gathered.fleet if gathered.fleet.config is not None else gathered.last_applied
        if fleet is not None and fleet.config is not None and fleet.config.write_back.has_works:
            found = await asyncio.to_thread(self.hub.followed.of, clusters)
            self.followed, self._unreadable_branches = found

    def _unreadable(self) -> dict[str, str]:
        return {**self.members.unreadable, **self._unreadable_branches}

    async def _decided(self, world: World) -> tuple[World, Outcome]:
        """Decide twice: which objects matter, then what to do about what they are."""
        world, first = await self._answered(world)
        if self.hub.is_superseded:
            return world, first  # nothing of it is carried out
        self.hub.progress("observe", f"looking at {sum(map(len, first.works.values()))} objects")
        world = await self._observed(world, first)
        return await self._answered(with_losses(world, first))

    async def _observed(self, world: World, first: Outcome) -> World:
        """What members hold; what is in doubt still, once they were read."""
        began, doubts = self.hub.clock.monotonic(), self.hub.doubts
        observed = await self.members.observe(first, world.state.recorded)
        if self.hub.kept_members is None:  # everything was read afresh
            for name in (name for name, seen in observed.items() if seen is not None):
                doubts.read(name, doubts.of(name), began)
        branches = {name: observed_of(one) for name, one in self.followed.items()}
        return replace(
            world,
            observed={**observed, **branches},
            unreadable=self._unreadable(),
            in_doubt=doubts.places(),
        )

    async def _answered(self, world: World) -> tuple[World, Outcome]:
        """Decide, ask webhooks what is not known, and decide again."""
        outcome = await self._settled(world)
        for _ in range(ROUNDS):
            if not await self.hub.questioning.ask(outcome.questions):
                break
            world = replace(world, answers=self.hub.questioning.answers())
            outcome = await self._settled(world)
        return world, outcome

    async def _settled(self, world: World) -> Outcome:
        """Decided in a thread: leases are renewed and probes answered meanwhile."""
        return await asyncio.to_thread(self.hub.engine.reconcile, world, self.stamp)

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
        if hub.is_superseded or world.state.is_lost:
            return self._left_alone(gathered, outcome)
        outcome = forgetting(outcome, gathered.forgotten)
        frozen_from = hub.gathering.frozen_from(outcome, gathered.state)
        state = replace(spent(outcome), frozen_from=frozen_from)
        outcome = replace(outcome, state=state)
        publishing, untouchable = self._publishing(), frozenset[ObjectKey]()
        try:
            async with hub.reading:
                is_newest = await asyncio.to_thread(self._may_delete, gathered, outcome)
                await asyncio.to_thread(publishing.state, gathered, outcome)
            hub.recorded()
            outcome = outcome if is_newest else _without_deletes(outcome)
        except (SourceUnavailable, PushRejected) as problem:
            if isinstance(problem, PushRaced):
                raise
            error = f"decisions could not be written: {problem}"
            outcome, untouchable = await self._without_new_decisions(world)
        hub.progress("execute", f"{len(outcome.plan.changes)} changes")
        hub.standing = Standing(world=world, outcome=outcome, untouchable=untouchable)
        execution = await self._executed(world, outcome, outcome.plan)
        if execution.is_interrupted:
            return self._interrupted(gathered, outcome, execution, error)
        return await self._published(publishing, gathered, world, outcome, execution, error)

    def _left_alone(self, gathered: Gathered, outcome: Outcome) -> PassResult:
        """Nothing is recorded or done: a newer commit waits, or nobody knows what was decided."""
        is_interrupted = self.hub.is_superseded
        execution = ExecutionReport(is_interrupted=is_interrupted)
        return self._interrupted(gathered, outcome, execution, "")

    def _may_delete(self, gathered: Gathered, outcome: Outcome) -> bool:
        """Whether the commit is still the newest: what is deleted may not be wanted again already.

        Asked only where something would be deleted; raises `SourceUnavailable`. The executor asks
        again before each delete, of what the service has come to know since.
        """
        if not _deletes(outcome):
            return True
        self.hub.repository.fetch()
        if self._head() != gathered.fleet.revision:
            self.hub.postpone_deletes()
        return not self.hub.has_postponed

    def _head(self) -> str:
        try:
            return self.hub.repository.head().id
        except (EmptyRepository, MissingBranch):
            return ""

    async def _published(
        self,
        publishing: Publishing,
        gathered: Gathered,
        world: World,
        outcome: Outcome,
        execution: ExecutionReport,
        error: str,
    ) -> PassResult:
        hub = self.hub
        report = await self._reported(gathered, world, outcome, execution)
        extra = [
            *report.diagnostics,
            *hub.questioning.diagnostics((*outcome.questions, *report.questions)),
        ]
        if not error:
            try:
                async with hub.reading:
                    extra += await asyncio.to_thread(
                        publishing.report, gathered, outcome, report, world.facts, execution
                    )
            except PushRaced:
                raise
            except (SourceUnavailable, PushRejected) as problem:
                error = f"the report could not be written: {problem}"
        return PassResult(
            outcome=outcome,
            execution=execution,
            report=report,
            diagnostics=in_order([*outcome.diagnostics, *gathered.diagnostics, *extra]),
            error=error,
        )

    def _interrupted(
        self, gathered: Gathered, outcome: Outcome, execution: ExecutionReport, error: str
    ) -> PassResult:
        """What is left is decided anew by the pass that interrupted this one; so is the report."""
        return PassResult(
            outcome=outcome,
            execution=execution,
            diagnostics=in_order([*outcome.diagnostics, *gathered.diagnostics]),
            error=error,
        )

    async def _without_new_decisions(self, world: World) -> tuple[Outcome, frozenset[ObjectKey]]:
        """Drift healing alone: the last applied commit, and nothing that deletes or moves."""
        if world.last_applied is None:
            return Outcome(fleet=world.fleet, state=world.state, is_held=True), frozenset()
        healed = await self._settled(replace(world, fleet=world.last_applied))
        moved = frozenset(move.key for move in healed.plan.placements)
        healed = _without_deletes(healed)
        changes = tuple(change for change in healed.plan.changes if change.key not in moved)
        plan = replace(healed.plan, changes=changes)
        return replace(healed, plan=plan, state=world.state), moved

    async def _executed(self, world: World, outcome: Outcome, plan: Plan) -> ExecutionReport:
        clock, done = self.hub.clock, _Interruption()
        if self.hub.is_superseded:
            return ExecutionReport(is_interrupted=True)

        def record(result: ChangeResult) -> None:
            done.results.append(result)
            self.members.wrote(result)
            self.hub.heard(result)

        options = ExecutionOptions(
            recompare=recomparing(outcome, world),
            redact=known_secrets(world, outcome).redact,
            now=clock.monotonic,
            wait=clock.sleep,
            record=record,
            allowed=self.hub.allowed,
            may_delete=self.hub.may_delete,
            fights=self.hub.fights,
            doubts=self.hub.doubts,
            concurrency=self.hub.settings.limits.concurrency,
            dry_run=self.options.dry_run,
        )
        pushed, pulled = split(plan, self.followed)
        task = asyncio.ensure_future(
            execute(replace(plan, changes=pushed), self.members.open, options)
        )
        try:
            with self.hub.interruptible(task):
                report = await task
            branches = distributed(pulled, may_delete=self.hub.may_delete())
            return replace(report, results=(*report.results, *branches))
        except asyncio.CancelledError:
            running = asyncio.current_task()
            if running is not None and running.cancelling():
                raise
            return ExecutionReport(results=tuple(done.results), is_interrupted=True)

    async def _reported(
        self, gathered: Gathered, world: World, outcome: Outcome, execution: ExecutionReport
    ) -> FleetReport:
        """The report, after webhooks were asked what they make of the members' statuses."""

        async def made() -> FleetReport:
            return await asyncio.to_thread(self._report, gathered, world, outcome, execution)

        report = await made()
        for _ in range(ROUNDS):
            if not await self.hub.questioning.ask(report.questions):
                break
            world = replace(world, answers=self.hub.questioning.answers())
            report = await made()
        return report

    def _report(
        self, gathered: Gathered, world: World, outcome: Outcome, execution: ExecutionReport
    ) -> FleetReport:
        fleet, secrets = outcome.fleet, known_secrets(world, outcome)
        evidence = Evidence(
            observed=observed_after(world.observed, execution),
            failures=failures(execution),
            redact=secrets.redact,
            memory=self.hub.statuses,
            basis=(fleet.customizations, fleet.webhooks, dict(world.answers), secrets),
        )
        return fleet_report(
            outcome,
            evidence,
            gathered.statuses,
            interpreter_of(outcome.fleet, world),
            self.stamp,
        )

    def _publishing(self) -> Publishing:
        hub = self.hub
        return Publishing(
            repository=hub.repository,
            gathering=hub.gathering,
            files=hub.files,
            works=hub.works,
            followed=self.followed,
            allowed=hub.allowed,
            progress=hub.progress,
            now=self.now,
            pushed=hub.pushed,
        )


def _deletes(outcome: Outcome) -> bool:
    return any(change.action in _DELETING for change in outcome.plan.changes)


def _without_deletes(outcome: Outcome) -> Outcome:
    """Deletes wait for the next pass; what is recorded of them stays recorded until then."""
    kept = tuple(one for one in outcome.plan.changes if one.action not in _DELETING)
    return replace(outcome, plan=replace(outcome.plan, changes=kept))


def _clusters(gathered: Gathered) -> tuple[Cluster, ...]:
    """Clusters of the new fleet and of the last applied one: a held commit still heals."""
    last: Iterable[Cluster] = gathered.last_applied.clusters if gathered.last_applied else ()
    by_name: Mapping[str, Cluster] = {
        cluster.name: cluster for cluster in (*last, *gathered.fleet.clusters)
    }
    return tuple(by_name[name] for name in sorted(by_name))
