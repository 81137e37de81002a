"""Crew: the members of a fleet, kept between passes; and what one pass sees of them."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Any, Final

from reconciler.model.cluster import Cluster, ClusterFacts
from reconciler.model.errors import MemberUnreachable, ReconcilerError
from reconciler.model.identity import ObjectKey
from reconciler.model.member import ObjectRef
from reconciler.model.world import Observed, Outcome
from reconciler.runtime.executor import ChangeResult, Result
from reconciler.runtime.keeping import Keeper, KeepingOptions
from reconciler.runtime.members import Opener, observed_of
from reconciler.runtime.patience import Patience
from reconciler.runtime.ports import Member

_LATE: Final = "it did not show its objects in time"


class Crew:
    """Keepers by cluster name."""

    def __init__(self, options: KeepingOptions) -> None:
        self._options = options
        self.answer_seconds = options.answer_seconds
        self.keepers: dict[str, Keeper] = {}
        self.patience = Patience(options.changed)

    def for_pass(self) -> CrewPass:
        """The members as the next pass sees them."""
        return CrewPass(self)

    def member(self, name: str) -> Member | None:
        """The member, if it may be acted on."""
        keeper = self.keepers.get(name)
        return keeper.member if keeper is not None and not keeper.problem else None

    def seen(self, name: str, api_version: str, key: ObjectKey) -> dict[str, Any] | None:
        """An object as it was last heard of."""
        keeper = self.keepers.get(name)
        kinds = keeper.kinds if keeper is not None else None
        return kinds.seen(api_version, key) if kinds is not None else None

    def wrote(self, result: ChangeResult) -> None:
        """Know the result of a write at once."""
        change = result.change
        if result.result is Result.DONE and result.observed is not None:
            ref = ObjectRef(api_version=change.api_version, key=change.key)
            self.found(change.cluster, ref, result.observed)

    def found(self, name: str, ref: ObjectRef, body: dict[str, Any]) -> None:
        """Know what was read, whether a watch told of it or not."""
        keeper = self.keepers.get(name)
        if keeper is not None and keeper.kinds is not None:
            keeper.kinds.wrote(ref.api_version, ref.key, body)

    def interrupt(self) -> None:
        """Something newer waits: nobody waits for a slow member any more."""
        self.patience.end()

    def hurry(self, name: str) -> None:
        """Probe the member now, if it is kept still."""
        keeper = self.keepers.get(name)
        if keeper is not None:
            keeper.hurry()

    def late(self, name: str) -> None:
        """What the member answers from now on is for the next pass."""
        keeper = self.keepers.get(name)
        if keeper is not None and keeper.kinds is not None:
            keeper.kinds.keep_answers()

    async def keep(self, clusters: Iterable[Cluster]) -> None:
        """Keep exactly these members, and wait a moment for the first answer of new ones."""
        wanted = {one.name: _plain(one) for one in clusters if not one.is_pulling}
        gone = [name for name, keeper in self.keepers.items() if wanted.get(name) != keeper.cluster]
        await asyncio.gather(*(self.keepers.pop(name).close() for name in gone))
        for name, cluster in wanted.items():
            if name not in self.keepers:
                keeper = self.keepers[name] = Keeper(cluster, self._options)
                keeper.start()
        await self._first_answers()

    async def close(self) -> None:
        """Let go of every member."""
        await self.patience.close()
        await asyncio.gather(*(keeper.close() for keeper in self.keepers.values()))
        self.keepers.clear()

    async def _first_answers(self) -> None:
        waits = [
            asyncio.ensure_future(keeper.asked.wait())
            for keeper in self.keepers.values()
            if not keeper.asked.is_set()
        ]
        if not waits:
            return
        try:
            await asyncio.wait(waits, timeout=self._options.patience_seconds)
        finally:
            for wait in waits:
                wait.cancel()


@dataclass(slots=True)
class CrewPass:
    """What one pass sees: who can be acted on is settled when it begins."""

    crew: Crew
    open: dict[str, Member] = field(default_factory=dict)
    facts: dict[str, ClusterFacts] = field(default_factory=dict)
    unreadable: dict[str, str] = field(default_factory=dict)

    async def probe(self, clusters: Iterable[Cluster], opener: Opener) -> None:
        """Nobody is asked: keepers know."""
        del opener
        await self.crew.keep(clusters)
        for name, keeper in self.crew.keepers.items():
            if keeper.facts is not None:
                self.facts[name] = keeper.facts
            if keeper.problem or keeper.member is None:
                self.unreadable[name] = keeper.problem or "there is no connection to it"
            else:
                self.open[name] = keeper.member

    async def observe(
        self, outcome: Outcome, recorded: Mapping[str, frozenset[ObjectKey]]
    ) -> dict[str, Observed | None]:
        """What the watches know, and single reads of what they do not show."""
        names = [name for name in self.open if name in self.facts]
        seen: dict[str, Observed] = {}

        async def one(name: str) -> None:
            try:
                seen[name] = await self._observed(name, outcome, recorded)
            except ReconcilerError as error:
                self.unreadable[name] = str(error)
                self.crew.hurry(name)
            except TimeoutError:
                self.unreadable[name] = _LATE

        for name in await self.crew.patience.awaited({name: partial(one, name) for name in names}):
            self.unreadable[name] = _LATE
            self.crew.late(name)
        return {name: seen.get(name) for name in names}

    async def _observed(
        self, name: str, outcome: Outcome, recorded: Mapping[str, frozenset[ObjectKey]]
    ) -> Observed:
        keeper = self.crew.keepers.get(name)
        kinds = keeper.kinds if keeper is not None else None
        if kinds is None:
            raise MemberUnreachable(f"{name} is being opened again")
        kinds.begin()
        async with asyncio.timeout(self.crew.answer_seconds):
            found = await observed_of(
                kinds,
                self.facts[name],
                outcome.works.get(name, {}).values(),
                recorded.get(name, frozenset()),
            )
        await kinds.end()
        return found

    def wrote(self, result: ChangeResult) -> None:
        """Know the result of a write at once."""
        self.crew.wrote(result)

    async def close(self) -> None:
        """Members stay open for the next pass."""


def _plain(cluster: Cluster) -> Cluster:
    """What a connection depends on: facts, taints and labels come and go."""
    return replace(
        Cluster(name=cluster.name),
        sync_mode=cluster.sync_mode,
        api_endpoint=cluster.api_endpoint,
        secret_ref=cluster.secret_ref,
        insecure_skip_tls_verification=cluster.insecure_skip_tls_verification,
        proxy_url=cluster.proxy_url,
        proxy_header=cluster.proxy_header,
        resource_models=cluster.resource_models,
    )
