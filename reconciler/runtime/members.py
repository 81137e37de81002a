"""All members of a fleet: opened, probed, observed and closed together, each failing on its own."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Final, Protocol, TypeVar

from reconciler.adapters.members.observe import Reader, observe
from reconciler.model.cluster import Cluster, ClusterFacts
from reconciler.model.errors import ReconcilerError
from reconciler.model.identity import ObjectKey
from reconciler.model.manifest import Manifest
from reconciler.model.member import KindRef, ObjectRef
from reconciler.model.work import Work
from reconciler.model.world import Observed, Outcome
from reconciler.runtime.executor import ChangeResult
from reconciler.runtime.ports import Member

_T = TypeVar("_T")
_NAMESPACES: Final = KindRef(api_version="v1", kind="Namespace")

#: Opens the member of a Cluster; raises NoCredentials or SettingsInvalid.
Opener = Callable[[Cluster], Member]


class PassMembers(Protocol):
    """The members as one pass sees them: asked anew, or kept between passes."""

    @property
    def open(self) -> Mapping[str, Member]:
        """Members to write to."""
        ...

    @property
    def facts(self) -> Mapping[str, ClusterFacts]:
        """What those that answered report."""
        ...

    @property
    def unreadable(self) -> Mapping[str, str]:
        """Why the others are left alone."""
        ...

    async def probe(self, clusters: Iterable[Cluster], opener: Opener) -> None:
        """Find out who answers."""
        ...

    async def observe(
        self, outcome: Outcome, recorded: Mapping[str, frozenset[ObjectKey]]
    ) -> dict[str, Observed | None]:
        """What readable members hold of what is or was placed there; None: could not be read."""
        ...

    def wrote(self, result: ChangeResult) -> None:
        """Hear of a write."""
        ...

    async def close(self) -> None:
        """The pass is over."""
        ...


@dataclass(slots=True)
class Members:
    """The members that answered, and why the others did not, by cluster name."""

    at_once: int = 64
    open: dict[str, Member] = field(default_factory=dict)
    facts: dict[str, ClusterFacts] = field(default_factory=dict)
    unreadable: dict[str, str] = field(default_factory=dict)

    async def probe(self, clusters: Iterable[Cluster], opener: Opener) -> None:
        """Open and probe every push member."""
        pushed = [cluster for cluster in clusters if not cluster.is_pulling]
        for cluster in pushed:
            try:
                self.open[cluster.name] = opener(cluster)
            except ReconcilerError as error:
                self.unreadable[cluster.name] = _sentence(error)
        probes = {name: member.probe() for name, member in self.open.items()}
        self.facts |= await self._each(probes)
        for name, facts in self.facts.items():
            ready = facts.condition("Ready")
            if ready is not None and ready.status != "True":
                self.unreadable[name] = f"the API server is not ready: {ready.message}"

    async def observe(
        self, outcome: Outcome, recorded: Mapping[str, frozenset[ObjectKey]]
    ) -> dict[str, Observed | None]:
        """What every readable member holds of what the outcome places or once placed there."""
        asked = {
            name: observed_of(
                member,
                self.facts[name],
                outcome.works.get(name, {}).values(),
                recorded.get(name, frozenset()),
            )
            for name, member in self.open.items()
            if name in self.facts and name not in self.unreadable
        }
        seen = await self._each(asked)
        return {name: seen.get(name) for name in asked}

    def wrote(self, result: ChangeResult) -> None:
        """Nothing is remembered over a pass."""

    async def close(self) -> None:
        """Give every connection back."""
        await asyncio.gather(*(member.close() for member in self.open.values()))
        self.open.clear()

    async def _each(self, tasks: Mapping[str, Awaitable[_T]]) -> dict[str, _T]:
        """Results by name; a failure freezes its member only."""
        places = asyncio.Semaphore(self.at_once)
        results: dict[str, _T] = {}

        async def one(name: str, task: Awaitable[_T]) -> None:
            async with places:
                try:
                    results[name] = await task
                except ReconcilerError as error:
                    self.unreadable[name] = _sentence(error)

        await asyncio.gather(*(one(name, task) for name, task in tasks.items()))
        return results


def _sentence(error: ReconcilerError) -> str:
    return f"{error} ({error.hint})" if error.hint else str(error)


async def observed_of(
    member: Reader, facts: ClusterFacts, works: Iterable[Work], recorded: frozenset[ObjectKey]
) -> Observed:
    """What a member holds of these Works and of what was placed there once."""
    desired = [ObjectRef(api_version=work.api_version, key=work.key) for work in works]
    wanted = {ref.key for ref in desired}
    left = [
        ObjectRef(api_version=version, key=key)
        for key in recorded - wanted
        if (version := _version(facts, key))
    ]
    objects, namespaces = await asyncio.gather(
        observe(member, desired, left), member.list(_NAMESPACES, metadata_only=True)
    )
    return Observed(
        objects=objects,
        namespaces=frozenset(Manifest(body).name for body in namespaces.items),
        facts=facts,
    )


def _version(facts: ClusterFacts, key: ObjectKey) -> str:
    """An API version in which the member serves the kind, `` when it does not: then it has none."""
    for version, kinds in facts.enablements.items():
        if key.kind in kinds and version.rpartition("/")[0] == key.group:
            return version
    return ""
