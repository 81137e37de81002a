"""Gathering: everything a cycle needs to know that Git has, read at one moment.

What cannot be read is never taken for empty: a missing branch, an empty repository or rewritten
history hold the commit as a
Diagnostic, and the last applied fleet stays in force.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from itertools import pairwise
from typing import TYPE_CHECKING, Any, Final, TypeVar

from reconciler.adapters.writeback.branches import BranchContent
from reconciler.audit.holding import held_commits
from reconciler.cycle.in_force import in_force
from reconciler.model.cluster import ClusterFacts
from reconciler.model.codes import HELD_COMMIT, UNSIGNED
from reconciler.model.diagnostic import Diagnostic, Effect, in_order
from reconciler.model.errors import (
    EmptyRepository,
    MissingBranch,
    ReconcilerError,
    RewrittenHistory,
    StateDamaged,
)
from reconciler.model.fleet import Fleet
from reconciler.model.identity import ObjectKey
from reconciler.model.report import TemplateStatus
from reconciler.model.signature import Refused, Verified
from reconciler.model.source import Revision
from reconciler.model.text import printable
from reconciler.model.trailers import FORGET_CLUSTER, trailer_values
from reconciler.model.world import Outcome, State
from reconciler.parse.decode import decode_cluster_facts
from reconciler.plan.guards import guards_of
from reconciler.runtime.approvals import HOLDS, approved, held_deletes
from reconciler.runtime.documents import document
from reconciler.runtime.repository import FleetRepository
from reconciler.runtime.state_files import BINDINGS, recorded_binding, state_of
from reconciler.status.documents import STATUS, SUMMARY, decode_template_status
from reconciler.status.inventory import CLUSTERS

if TYPE_CHECKING:
    from reconciler.adapters.git.signatures import SigningKeys

EMPTY_REPOSITORY, MISSING_BRANCH, REWRITTEN = "RC040", "RC041", "RC042"
#: What reading a document of another shape raises.
_DAMAGED: Final = (ValueError, KeyError, TypeError, AttributeError)

_T = TypeVar("_T")


@dataclass(frozen=True, slots=True, kw_only=True)
class Gathered:
    """What Git says: the newest fleet, the last applied one, the state, and the last report.

    `state_tip` is the commit the state was read at: decisions are pushed on top of it or not at
    all. `forgotten` are clusters of which nothing has to be known any more.
    """

    fleet: Fleet
    last_applied: Fleet | None
    state: State
    inventory: Mapping[str, ClusterFacts] = field(default_factory=dict)
    statuses: Mapping[ObjectKey, TemplateStatus] = field(default_factory=dict)
    diagnostics: tuple[Diagnostic, ...] = ()
    state_tip: str | None = None
    forgotten: frozenset[str] = frozenset()


class Gathering:
    """Reads a repository again and again; what did not change is remembered by blob."""

    def __init__(self, repository: FleetRepository, keys: SigningKeys | None = None) -> None:
        self._repository = repository
        self._keys = keys
        self._memory = repository.documents

    def gather(self) -> Gathered:
        """One consistent reading. Raises `SourceUnavailable` and `StateDamaged`."""
        tip = self._repository.state().tip
        state = self.state()
        inventory = self.inventory()
        last = self.last_applied(state, inventory)
        fleet, problems = self._newest(state, last, inventory)
        commits = self._new_commits(state, fleet)
        state, found = self._approved(state, fleet, last, commits)
        return Gathered(
            fleet=replace(fleet, diagnostics=in_order([*fleet.diagnostics, *problems])),
            last_applied=last,
            state=state,
            inventory=inventory,
            statuses=self.statuses(),
            diagnostics=found,
            state_tip=tip,
            forgotten=_forgotten(commits),
        )

    def state(self) -> State:
        """What the state branch remembers."""
        content = self._repository.state()
        return self._memory.made("state", content, lambda: self._state(content))

    def _state(self, content: BranchContent) -> State:
        files = {
            path: content.read(path) or b""
            for path in content.files
            if not path.startswith(BINDINGS)
        }
        try:
            read = self._memory.below(content, BINDINGS, recorded_binding)
            return state_of(files, document, read.values())
        except _DAMAGED as error:
            raise StateDamaged(f"a file of the state branch is damaged: {error}") from error

    def inventory(self) -> dict[str, ClusterFacts]:
        """What members last reported, by cluster."""
        return dict(self._reported(CLUSTERS, _facts))

    def statuses(self) -> dict[ObjectKey, TemplateStatus]:
        """The last report's templates."""
        return {status.key: status for status in self._reported(STATUS, decode_template_status)}

    def holds(self) -> dict[str, dict[str, Any]]:
        """Documents of holds by digest."""
        return dict(self._reported(HOLDS, _hold))

    def summary(self) -> dict[str, Any] | None:
        """The last report's summary, None when there was none yet."""
        data = self._repository.status().read(SUMMARY)
        try:
            return None if data is None else dict(document(data))
        except _DAMAGED:
            return None

    def _reported(self, folder: str, decode: Callable[[Any], _T]) -> tuple[_T, ...]:
        """What the documents of a folder of the status branch say; nothing where one of them is
        damaged: the next report writes them all again, and nothing is deleted for want of them.
        """
        try:
            return tuple(self._memory.below(self._repository.status(), folder, decode).values())
        except _DAMAGED:
            return ()

    def last_applied(self, state: State, inventory: Mapping[str, ClusterFacts]) -> Fleet | None:
        """The fleet in force after the last applied commit; None before the first.

        Documents that commit could not say stand as earlier ones said them: each revision is read
        over what was in force before it, as it was when it was applied.
        """
        if not state.applied_revision:
            return None
        in_effect: Fleet | None = None
        for revision in (*state.frozen_from, state.applied_revision):
            fleet = self._repository.fleet(
                revision, inventory=inventory, previous=in_effect or Fleet(), was_applied=True
            )
            in_effect = in_force(fleet, in_effect, {}).fleet
        return in_effect

    def frozen_from(self, outcome: Outcome, state: State) -> tuple[str, ...]:
        """The revisions that the next pass needs for documents frozen in this one.

        Where the frozen files change, the last revision before that and the first one after it
        count; what lies between adds nothing.
        """
        if outcome.is_held:
            return state.frozen_from
        paths = _frozen_paths(outcome)
        if not paths or not state.applied_revision:
            return ()
        chain = dict.fromkeys((*state.frozen_from, state.applied_revision, outcome.fleet.revision))
        said = {revision: self._said(revision, paths) for revision in chain}
        revisions = list(chain)
        needed = {
            revision
            for before, after in pairwise(revisions)
            if said[before] != said[after]
            for revision in (before, after)
        }
        return tuple(one for one in revisions[:-1] if one in needed)

    def _said(self, revision: str, paths: frozenset[str]) -> dict[str, str]:
        entries = self._repository.store.tree(revision).entries
        return {path: entries[path].oid for path in paths if path in entries}

    def base(self, revision: str, inventory: Mapping[str, ClusterFacts]) -> Fleet:
        """The fleet of a revision that was never applied here, as a first one."""
        return self._repository.fleet(revision, inventory=inventory, previous=Fleet())

    def head(
        self, revision: str, inventory: Mapping[str, ClusterFacts], previous: Fleet | None
    ) -> Fleet:
        """The fleet of a revision that follows another."""
        return self._repository.fleet(revision, inventory=inventory, previous=previous or Fleet())

    def _newest(
        self, state: State, last: Fleet | None, inventory: Mapping[str, ClusterFacts]
    ) -> tuple[Fleet, tuple[Diagnostic, ...]]:
        try:
            head = self._repository.head()
        except EmptyRepository as error:
            return Fleet(), (_held(EMPTY_REPOSITORY, error),)
        except MissingBranch as error:
            return Fleet(), (_held(MISSING_BRANCH, error),)
        fleet = self.head(head.id, inventory, last)
        held = (
            *self.held_by_people(head.id, state.applied_revision),
            *self._unsigned(head.id),
        )
        allowed = last is not None and last.config is not None and last.config.allow_rewrite
        if not state.applied_revision or allowed:
            return fleet, held
        try:
            self._repository.require_descent(state.applied_revision, head.id)
        except RewrittenHistory as error:
            return fleet, (_held(REWRITTEN, error),)
        return fleet, held

    def held_by_people(self, head: str, applied: str) -> Iterator[Diagnostic]:
        """Commits not applied yet that somebody holds; everything counts where nothing is."""
        try:
            commits = list(self._repository.store.log(head, since=applied or None))
        except MissingBranch:  # the applied commit is gone: history was rewritten, which says more
            return
        for bad, mark in held_commits(commits).items():
            yield Diagnostic(
                code=HELD_COMMIT,
                message=f"commit {bad[:12]} is held by {printable(mark.author.name)}",
                effect=Effect.HOLD,
                hint=f"merge its revert, or run `reconciler rollback {bad[:12]} --release`",
            )

    def _unsigned(self, commit: str) -> Iterator[Diagnostic]:
        """The very commit whose tree is read must be signed by a known key, where keys are set."""
        verdict = self._verdict(commit)
        if isinstance(verdict, Refused):
            yield Diagnostic(
                code=UNSIGNED,
                message=f"commit {commit[:12]} is refused: {printable(verdict.reason)}",
                effect=Effect.HOLD,
                hint="push a commit that is signed with a key the service was started with",
            )

    def _signer(self, commit: str) -> str:
        """Who signed a commit, `` where nobody did whose signature counts."""
        verdict = self._verdict(commit)
        return verdict.signer if isinstance(verdict, Verified) else ""

    def _verdict(self, commit: str) -> Verified | Refused | None:
        """Whether the signature counts; None where no keys are set."""
        if self._keys is None:
            return None
        # Few fleets verify; those that do not need not load the library.
        from reconciler.adapters.git.signatures import verify_commit  # noqa: PLC0415

        return verify_commit(self._repository.store.repository, commit, self._keys)

    def _new_commits(self, state: State, fleet: Fleet) -> tuple[Revision, ...]:
        """Commits that are about to be applied; none while they are held."""
        if fleet.is_held or not fleet.revision:
            return ()
        since = state.applied_revision or None
        return tuple(self._repository.store.log(fleet.revision, since=since))

    def _approved(
        self, state: State, fleet: Fleet, last: Fleet | None, commits: tuple[Revision, ...]
    ) -> tuple[State, tuple[Diagnostic, ...]]:
        if not commits:
            return state, ()
        guards = guards_of(last.config if last else None, fleet.config, state)
        return approved(state, commits, self.holds(), guards, signer=self._signer)


def _forgotten(commits: Iterable[Revision]) -> frozenset[str]:
    return frozenset(
        name for commit in commits for name in trailer_values(commit.message, FORGET_CLUSTER)
    )


def _hold(document: dict[str, Any]) -> tuple[str, dict[str, Any]]:
    """By digest; raises for a hold that says not what it holds."""
    held_deletes(document)
    return str(document["digest"]), document


def _facts(document: Mapping[str, Any]) -> tuple[str, ClusterFacts]:
    return document["metadata"]["name"], decode_cluster_facts(document["status"])


def _frozen_paths(outcome: Outcome) -> frozenset[str]:
    """Files with documents that could not be taken as they stand."""
    fleet = outcome.fleet
    return frozenset(one.position.path for one in fleet.frozen if one.position.path)


def _held(code: str, error: ReconcilerError) -> Diagnostic:
    return Diagnostic(code=code, message=str(error), effect=Effect.HOLD, hint=error.hint)
