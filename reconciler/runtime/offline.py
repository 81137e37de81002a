"""The offline plan: what a commit would do on every cluster, from Git alone.

No cluster, no credentials, no network, and `kubernetes` is never imported. Observed are the Works
of the base commit under the same
state; `now` is the head commit's committer time, so the same two commits give the same plan
everywhere.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from reconciler.cycle.engine import Engine
from reconciler.model.change import Plan
from reconciler.model.cluster import ClusterFacts
from reconciler.model.diagnostic import in_order
from reconciler.model.errors import MissingBranch
from reconciler.model.fleet import Fleet
from reconciler.model.source import Revision
from reconciler.model.world import Outcome, State, World
from reconciler.plan.provenance import Provenance, Side
from reconciler.runtime.field_places import places_of
from reconciler.runtime.gathering import Gathering
from reconciler.runtime.known_renderings import renderings_of
from reconciler.runtime.repository import FleetRepository


@dataclass(frozen=True, slots=True, kw_only=True)
class OfflinePlan:
    """Two outcomes: of the base commit, and of the head commit as seen from it. The head's plan is
    the answer.
    """

    base: Outcome
    head: Outcome
    base_name: str
    head_name: str
    state: State = field(default_factory=State)

    @property
    def cluster_count(self) -> int:
        """Clusters looked at."""
        return len(self.head.fleet.clusters)

    @property
    def object_count(self) -> int:
        """Templates looked at."""
        return len(self.head.fleet.templates)


@dataclass(slots=True)
class Planner:
    """Plans over one repository; reads what is needed once."""

    repository: FleetRepository
    engine: Engine = field(default_factory=Engine)
    clusters: Mapping[str, ClusterFacts] = field(default_factory=dict)
    wants_trace: bool = False

    def plan(self, base: str = "", head: str = "HEAD") -> OfflinePlan:
        """From `base` (default: the last applied commit, else nothing at all) to `head`.

        Raises `SourceUnavailable` and its kin for revisions that do not exist.
        """
        with renderings_of(self.repository.disk, self.engine.memory.rendering.known):
            return self._plan(base, head)

    def _plan(self, base: str, head: str) -> OfflinePlan:
        gathering = Gathering(self.repository)
        state = gathering.state()
        facts = {**gathering.inventory(), **self.clusters}
        base = base or state.applied_revision
        newest = self._resolved(head)
        before = self._base(gathering, base, state, facts)
        last = self.engine.reconcile(
            World(fleet=before, state=state, facts=facts, is_offline=True), _moment(newest)
        )
        # Read once: what was new in a commit is not new to itself.
        is_same = before.revision == newest.id
        fleet = before if is_same else gathering.head(newest.id, facts, before)
        world = World(
            fleet=fleet,
            last_applied=before if before.config is not None and not is_same else None,
            state=state,
            facts=facts,
            base=last,
            is_offline=True,
            wants_trace=self.wants_trace,
        )
        decided = self.engine.reconcile(world, _moment(newest))
        decided = _with_holds(gathering, state, before.revision, newest.id, decided)
        return OfflinePlan(
            base=last,
            head=replace(decided, plan=self._with_places(last, decided)),
            base_name=_name(base, before.revision),
            head_name=_name(head, newest.id),
            state=state,
        )

    def _with_places(self, base: Outcome, head: Outcome) -> Plan:
        """The head's plan with its problems, each line with its cause and where that is written."""
        sides = [
            Side(one, places_of(self.repository, one.fleet.revision).nearest)
            for one in (base, head)
        ]
        plan = Provenance(*sides).plan(head.plan)
        return replace(plan, diagnostics=head.diagnostics)

    def fleet(self, head: str = "HEAD") -> Fleet:
        """The fleet of one revision, read as new against the last applied one."""
        gathering = Gathering(self.repository)
        state, facts = gathering.state(), gathering.inventory()
        before = self._base(gathering, state.applied_revision, state, facts)
        return gathering.head(self._resolved(head).id, facts, before)

    def _base(
        self, gathering: Gathering, base: str, state: State, facts: Mapping[str, ClusterFacts]
    ) -> Fleet:
        """The base commit's fleet; the last applied one is read as it was applied."""
        if not base:
            return Fleet()
        revision = self._resolved(base).id
        if revision == state.applied_revision:
            return gathering.last_applied(state, facts) or Fleet()
        return gathering.base(revision, facts)

    def _resolved(self, name: str) -> Revision:
        """A revision by any name; a branch of the remote that was never checked out counts too."""
        try:
            return self.repository.store.resolve(name)
        except MissingBranch as missing:
            try:
                return self.repository.store.resolve(f"refs/remotes/origin/{name}")
            except MissingBranch:
                raise missing from None


def _with_holds(
    gathering: Gathering, state: State, base: str, head: str, decided: Outcome
) -> Outcome:
    """The outcome with the commits that people hold: whoever reviews what a commit would do has to
    know that it is not going to be applied, and that members do not have what the base says.
    """
    since = state.applied_revision or base
    held = list(gathering.held_by_people(head, since))
    known = {one.message for one in held}
    below = [] if base == since else gathering.held_by_people(base, since)
    notes = (
        f"{one.message}, below the base of this plan: members have what was applied before it"
        for one in below
        if one.message not in known
    )
    plan = replace(decided.plan, notes=(*notes, *decided.plan.notes))
    return replace(decided, plan=plan, diagnostics=in_order([*decided.diagnostics, *held]))


def _moment(revision: Revision) -> str:
    return revision.committed_at.strftime("%Y-%m-%dT%H:%M:%SZ")


def _name(given: str, revision: str) -> str:
    if not revision:
        return "nothing"
    short = revision[:7]
    return short if given.startswith(short) or not given else f"{given}@{short}"
