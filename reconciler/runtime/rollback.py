"""Rolling back: the revert of a source commit for review, and holding a commit until then."""

from __future__ import annotations

from dataclasses import dataclass

from reconciler.adapters.clock import SystemClock
from reconciler.adapters.git import BranchWriter
from reconciler.adapters.git.person import person
from reconciler.adapters.git.revert import Reversal, commit_reversal, reversal
from reconciler.adapters.writeback.messages import commit_message
from reconciler.model.errors import SettingsInvalid
from reconciler.model.source import Move, Revision
from reconciler.model.trailers import HOLD_COMMIT, RELEASE_COMMIT
from reconciler.runtime.gathering import Gathering
from reconciler.runtime.repository import BRANCHES, FleetRepository

_SHORT = 12


@dataclass(frozen=True, slots=True, kw_only=True)
class Rollback:
    """A revert commit on a branch for review."""

    branch: str
    commit: str
    reverted: str


class RollingBack:
    """One repository, and the commits of its source branch that somebody wants back."""

    def __init__(self, repository: FleetRepository) -> None:
        self._repository = repository

    def revision(self, name: str) -> Revision:
        """The commit that is meant; it has to be on the source branch."""
        store = self._repository.store
        found = store.resolve(name)
        if not store.is_ancestor(found.id, self._repository.head().id):
            raise SettingsInvalid(
                f"{found.id[:_SHORT]} is not on the branch {self._repository.branch}",
                hint="name a commit of the source branch",
            )
        return found

    def reversal(self, bad: Revision) -> Reversal:
        """What taking it back comes to; raises `SettingsInvalid` when it cannot be done alone."""
        found = reversal(self._repository.store, bad, self._repository.head())
        if found.conflicts:
            raise SettingsInvalid(
                f"later commits changed the same lines: {', '.join(found.conflicts)}",
                hint="take those commits back first, or resolve it with `git revert`",
            )
        if found.is_empty:
            raise SettingsInvalid(
                f"nothing of {bad.id[:_SHORT]} is left to take back",
                hint="see `reconciler history` for what was applied since",
            )
        return found

    def branch(self, bad: Revision, name: str = "") -> Rollback:
        """Push the revert as a new branch; raises `PushRaced` where that exists already."""
        found = self.reversal(bad)
        repository = self._repository
        short = name or f"rollback-{bad.id[:_SHORT]}"
        ref = BRANCHES + short
        message = commit_message(
            f'Revert "{bad.subject}"', body=(f"This reverts commit {bad.id}.",)
        )
        commit = commit_reversal(
            repository.store,
            found,
            message=message,
            author=person(repository.store),
            time=SystemClock().now(),
        )
        writer = BranchWriter(repository.store, repository.remote, owns=(ref,))
        writer.push([Move(ref=ref, expected=None, new=commit)])
        return Rollback(branch=short, commit=commit, reverted=bad.id)

    def is_applied(self, bad: Revision) -> bool:
        """Whether the fleet has it already: holding it is too late then."""
        applied = Gathering(self._repository).state().applied_revision
        return bool(applied) and self._repository.store.is_ancestor(bad.id, applied)

    def hold(self, bad: Revision) -> str:
        """A commit on the source branch that keeps this one from being applied; its id."""
        return self._mark(f"Hold {bad.id[:_SHORT]}: {bad.subject}", HOLD_COMMIT, bad)

    def release(self, bad: Revision) -> str:
        """A commit on the source branch that ends the hold; its id."""
        return self._mark(f"Release {bad.id[:_SHORT]}: {bad.subject}", RELEASE_COMMIT, bad)

    def _mark(self, subject: str, trailer: str, bad: Revision) -> str:
        repository = self._repository
        ref, head = BRANCHES + repository.branch, repository.head()
        writer = BranchWriter(repository.store, repository.remote, owns=(ref,))
        commit = writer.mark(
            ref,
            head.id,
            message=commit_message(subject, trailers=((trailer, bad.id),)),
            author=person(repository.store),
            time=SystemClock().now(),
        )
        writer.push([Move(ref=ref, expected=head.id, new=commit)])
        return commit
