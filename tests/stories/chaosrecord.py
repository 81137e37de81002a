"""What happened in a chaos run, moment by moment: enough to explain a deletion from its output.

Moments are simulated seconds since the run began, the same that the hub's log and its commits on
our branches are stamped with.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterable, Iterator
from contextvars import ContextVar
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from aiohttp import web

from reconciler.adapters.simulation import SimulatedCluster, SimulatedFleet

#: Kind by the resource that holds it: what the fleet of a run is made of.
KINDS: Final = {("", "configmaps"): "ConfigMap", ("apps", "deployments"): "Deployment"}
#: A deletion may follow a commit that was replaced by so many newer ones: between the last look at
#: the source and the request some time passes, and more where much else runs.
LATEST: Final = 12
_WRITES: Final = frozenset({"POST", "PUT", "PATCH", "DELETE"})
_REQUEST: ContextVar[str] = ContextVar("request", default="no request: a controller of the member")

#: Cluster, kind and name.
Place = tuple[str, str, str]


class AuditedFleet(SimulatedFleet):
    """Members that know which request a change came with, and which hub sent it.

    `term` counts the hubs that were started; a connection belongs to the one it was opened in.
    `writers` has the term of every write, in order.
    """

    term: int = 0

    def __init__(self, members: int, moment: Callable[[], float]) -> None:
        super().__init__(members, nodes=1)
        self.writers: list[int] = []
        self._moment = moment
        self._terms: dict[Any, int] = {}

    async def _answer(self, request: web.BaseRequest) -> web.StreamResponse:
        # The transport itself is the key, so that another one is never taken for it.
        term = self._terms.setdefault(request.transport, self.term)
        if request.method in _WRITES:
            self.writers.append(term)
        agent = request.headers.get("User-Agent", "nobody")
        _REQUEST.set(
            f"{request.method} {request.path_qs} by {agent}, hub {term}, "
            f"received at {self._moment():.2f} s"
        )
        return await super()._answer(request)


@dataclass(frozen=True, slots=True)
class Commit:
    """A source commit, known from the moment it was pushed."""

    id: str
    subject: str
    at: float
    wanted: frozenset[Place]


@dataclass(frozen=True, slots=True)
class Deletion:
    """An object that went, not by the tormentor's hand; `commits` had been pushed before, and the
    state branch was at `state`.
    """

    place: Place
    at: float
    commits: int
    state: str
    request: str
    uid: str

    def __str__(self) -> str:
        cluster, kind, name = self.place
        return (
            f"{kind} {name} on {cluster} (uid {self.uid}) went at {self.at:.2f} s, "
            f"after {self.commits} commits: {self.request}"
        )


@dataclass
class Record:
    """Commits, deletions and deeds of one run. `factor`: simulated seconds in a real one; `state`
    is the file of the state branch's ref.
    """

    factor: float
    state: Path
    began: float = field(default_factory=time.time)
    commits: list[Commit] = field(default_factory=list)
    deletions: list[Deletion] = field(default_factory=list)
    deeds: list[tuple[float, str]] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._tormentor = threading.get_ident()

    def moment(self) -> float:
        """Simulated seconds since the beginning."""
        return (time.time() - self.began) * self.factor

    def did(self, deed: str) -> None:
        """The tormentor did something."""
        self.deeds.append((self.moment(), deed))

    def pushed(self, commit: str, subject: str, wanted: set[Place]) -> None:
        """A commit can be fetched."""
        self.commits.append(Commit(commit, subject, self.moment(), frozenset(wanted)))

    def follow(self, cluster: SimulatedCluster) -> None:
        """Note what is deleted on a member, but by the tormentor itself."""

        def heard(name: tuple[str, str], event: Any) -> None:
            is_ours = threading.get_ident() == self._tormentor
            if event.type == "DELETED" and name in KINDS and not is_ours:
                self.deletions.append(
                    Deletion(
                        place=(cluster.name, KINDS[name], event.key[1]),
                        at=self.moment(),
                        commits=len(self.commits),
                        state=self.state.read_text().strip() if self.state.exists() else "",
                        request=_REQUEST.get(),
                        uid=event.manifest["metadata"]["uid"],
                    )
                )

        cluster.store.listeners.append(heard)

    def wrongly_deleted(self, acted_on: Callable[[str], str]) -> list[Deletion]:
        """What was deleted though the commit that was acted on wanted it, or every one of late.

        `acted_on` tells the source commit of a commit of the state branch: decisions are there
        before they are carried out.
        """
        wanted = {commit.id: commit.wanted for commit in self.commits}
        return [
            one
            for one in self.deletions
            if one.place in wanted.get(acted_on(one.state), ())
            or all(one.place in commit.wanted for commit in self._latest(one.commits))
        ]

    def _latest(self, count: int) -> list[Commit]:
        return self.commits[max(0, count - LATEST) : count]

    def told(self, deletion: Deletion, acted_on: str, *, before: float = 60.0) -> Iterator[str]:
        """What led to a deletion, in words: Git's wishes and what was done to the member."""
        yield str(deletion)
        yield f"  the hub acted on {acted_on[:12]}, by commit {deletion.state[:12]} of its state"
        for commit in self.commits[max(0, deletion.commits - LATEST - 3) : deletion.commits + 2]:
            wish = "wants it" if deletion.place in commit.wanted else "does not want it"
            yield f"  {commit.at:8.2f} s  {commit.id[:12]} {commit.subject}: {wish}"
        yield from self.near(deletion.place[0], deletion.at, before)

    def near(self, member: str, moment: float, before: float) -> Iterator[str]:
        """What was done to a member, to the hub and to the host before a moment."""
        for at, deed in self.deeds:
            is_near = moment - before <= at <= moment + 5
            if is_near and (member in deed.split() or "hub" in deed or "host" in deed):
                yield f"  {at:8.2f} s  {deed}"

    def missing(self, troubles: Iterable[str]) -> list[str]:
        """Kinds of trouble that never came up."""
        return [
            trouble
            for trouble in troubles
            if not any(deed.startswith(trouble) for _, deed in self.deeds)
        ]
