"""SecondLook: what is in doubt is read again until it is not, beside passes and healing.

Rules: each member is read on its own, a few objects at a time, so that a slow one delays nobody.
What turns out to be there is told to the next pass, which knows whether it is wanted.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Final

from reconciler.model.errors import ReconcilerError
from reconciler.model.member import ObjectRef
from reconciler.runtime.crew import Crew
from reconciler.runtime.hub import Hub
from reconciler.runtime.queue import Backoff
from reconciler.runtime.workers import Workers

_BACKOFF: Final = Backoff(first_seconds=3.0, longest_seconds=60.0)
_SECONDS: Final = 3.0
_MOST_READ: Final = 32


@dataclass(slots=True)
class SecondLook:
    """Members by cluster name. `news` hears that something is there that nobody has seen."""

    hub: Hub
    crew: Crew
    chance: Callable[[], float]
    news: Callable[[], None]
    workers: Workers = field(init=False)

    def __post_init__(self) -> None:
        self.workers = Workers(self._look, self.hub.clock, self.chance, _BACKOFF)

    def soon(self) -> None:
        """Look at every member where something is in doubt."""
        for cluster in self.hub.doubts.clusters():
            self.workers.ask(cluster, _SECONDS)

    async def _look(self, cluster: str) -> bool:
        """Read some of what is in doubt; the rest, and what may still arrive, a moment later."""
        member, doubts = self.crew.member(cluster), self.hub.doubts
        if member is None:
            return True  # it is frozen; a pass comes when it is back
        for ref in doubts.of(cluster)[:_MOST_READ]:
            began = self.hub.clock.monotonic()
            try:
                body = await member.get(ref)
            except ReconcilerError:
                return False
            doubts.read(cluster, [ref], began)
            if body is not None:
                self._found(cluster, ref, body)
        if doubts.of(cluster):
            self.workers.ask(cluster, _SECONDS)
        return True

    def _found(self, cluster: str, ref: ObjectRef, body: dict[str, Any]) -> None:
        seen = self.crew.seen(cluster, ref.api_version, ref.key)
        if seen is None or _identity(seen) != _identity(body):
            self.crew.found(cluster, ref, body)
            self.news()


def _identity(body: dict[str, Any]) -> tuple[Any, Any]:
    return body["metadata"].get("uid"), body["metadata"].get("resourceVersion")
