"""Approving: a commit of a person's on the source branch that names a hold."""

from __future__ import annotations

from typing import Any

from reconciler.adapters.clock import SystemClock
from reconciler.adapters.git import BranchWriter
from reconciler.adapters.git.person import person
from reconciler.adapters.writeback.messages import commit_message
from reconciler.model.source import Move
from reconciler.model.text import count_of
from reconciler.model.trailers import APPROVE_DELETES
from reconciler.runtime.gathering import Gathering
from reconciler.runtime.repository import BRANCHES, FleetRepository


class Approving:
    """Holds of one fleet, and the commits that permit them."""

    def __init__(self, repository: FleetRepository) -> None:
        self._repository = repository

    def holds(self) -> dict[str, dict[str, Any]]:
        """Hold documents by digest."""
        return Gathering(self._repository).holds()

    def approve(self, digest: str) -> str:
        """Make and push the commit; raises `PushRaced` or `PushRejected`. Its id."""
        repository = self._repository
        ref, head = BRANCHES + repository.branch, repository.head()
        writer = BranchWriter(repository.store, repository.remote, owns=(ref,))
        hold = self.holds()[digest]
        message = commit_message(
            f"Approve {count_of(len(hold['deletes']), 'deletion')}",
            body=tuple(hold.get("reasons", ())),
            trailers=((APPROVE_DELETES, digest),),
        )
        commit = writer.mark(
            ref,
            head.id,
            message=message,
            author=person(repository.store),
            time=SystemClock().now(),
        )
        writer.push([Move(ref=ref, expected=head.id, new=commit)])
        return commit
