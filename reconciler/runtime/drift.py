"""Drift: what watches tell, healed member by member, and told to the next pass.

Rules: a change on a member is healed at once; what cannot be healed alone asks for a pass; what
another controller keeps changing back waits as long as `Fights` says.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Final

from reconciler.model.identity import ObjectKey
from reconciler.runtime.crew import Crew
from reconciler.runtime.executor import ChangeResult, Result
from reconciler.runtime.healing import Healing, HealingOptions
from reconciler.runtime.hub import Hub
from reconciler.runtime.queue import Backoff
from reconciler.runtime.workers import Workers

_BACKOFF: Final = Backoff(first_seconds=1.0, longest_seconds=60.0)
_BOOKKEEPING: Final = frozenset({"resourceVersion", "managedFields"})


@dataclass(slots=True)
class Drift:
    """Objects that changed, by cluster. `wrote` hears of every heal, `news` of every change, and
    `stuck` of what is left.
    """

    hub: Hub
    crew: Crew
    chance: Callable[[], float]
    wrote: Callable[[ChangeResult], None]
    news: Callable[[], None]
    stuck: Callable[[], None]
    workers: Workers = field(init=False)
    _dirty: dict[str, set[ObjectKey]] = field(default_factory=dict)
    _healing: Healing | None = None

    def __post_init__(self) -> None:
        self.workers = Workers(self._heal, self.hub.clock, self.chance, _BACKOFF)

    def heard(
        self,
        cluster: str,
        key: ObjectKey,
        before: dict[str, Any] | None,
        now: dict[str, Any] | None,
    ) -> None:
        """A watch told of an object."""
        if before is not None and now is not None and _plain(before) == _plain(now):
            return
        self._dirty.setdefault(cluster, set()).add(key)
        self.workers.ask(cluster)

    async def _heal(self, cluster: str) -> bool:
        """Bring back what changed on one member."""
        keys = self._dirty.pop(cluster, set())
        member = self.crew.member(cluster)
        if not keys or self.hub.standing is None:
            return True
        self.news()
        if member is None:
            return True  # it is frozen; a pass comes when it is back
        healing = self._current()
        wanted = (
            healing.change(
                cluster, key, self.crew.seen(cluster, healing.version(cluster, key), key)
            )
            for key in sorted(keys)
        )
        changes = [change for change in wanted if change is not None]
        if not changes:
            return True
        report = await healing.heal({cluster: member}, changes)
        if cluster in report.frozen:
            self.crew.hurry(cluster)
            return True
        return self._is_healed(cluster, report.results)

    def _is_healed(self, cluster: str, results: tuple[ChangeResult, ...]) -> bool:
        """What failed, or is fought about, comes again later and in a pass."""
        left = {one.change.key for one in results if one.result is not Result.DONE}
        if left:
            self._dirty.setdefault(cluster, set()).update(left)
        if any(one.result is Result.FAILED for one in results):
            self.stuck()
        return not left

    def _current(self) -> Healing:
        """Healing to what was decided last."""
        standing = self.hub.standing
        assert standing is not None, "there is something to heal to"
        if self._healing is None or self._healing.standing is not standing:
            options = HealingOptions(
                clock=self.hub.clock,
                fights=self.hub.fights,
                doubts=self.hub.doubts,
                allowed=self.hub.allowed,
                record=self._recorded,
                concurrency=self.hub.settings.limits.concurrency,
            )
            self._healing = Healing(standing, options)
        return self._healing

    def _recorded(self, result: ChangeResult) -> None:
        self.crew.wrote(result)
        self.wrote(result)


def _plain(body: dict[str, Any]) -> dict[str, Any]:
    """An object without what every write changes."""
    metadata = {name: value for name, value in body["metadata"].items() if name not in _BOOKKEEPING}
    return {**body, "metadata": metadata}
