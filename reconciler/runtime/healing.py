"""Healing: objects that changed on a member are brought back without a whole pass.

Rules: only what was decided and recorded is written, only on members that pass was allowed to act
on, and only after the object was read again; nothing is ever deleted here. What cannot be healed
alone (its namespace went too) is left to a pass.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Final

from reconciler.cycle.changes import recomparing
from reconciler.model.change import Action, Change, Plan
from reconciler.model.identity import ObjectKey
from reconciler.model.work import Work
from reconciler.runtime.doubts import Doubts
from reconciler.runtime.executor import ChangeResult, ExecutionOptions, ExecutionReport, execute
from reconciler.runtime.fights import Fights
from reconciler.runtime.ports import Member
from reconciler.runtime.results import Clock, Standing
from reconciler.runtime.secrecy import known_secrets

_HEALED: Final = frozenset({Action.CREATE, Action.UPDATE})


@dataclass(frozen=True, slots=True, kw_only=True)
class HealingOptions:
    """What healing shares with passes."""

    clock: Clock
    fights: Fights
    doubts: Doubts
    allowed: Callable[[], None]
    record: Callable[[ChangeResult], None]
    concurrency: int = 8


class Healing:
    """What one standing decision says about single objects."""

    def __init__(self, standing: Standing, options: HealingOptions) -> None:
        self.standing = standing
        self._options = options

    def change(self, cluster: str, key: ObjectKey, body: dict[str, Any] | None) -> Change | None:
        """The change that brings an object back; None when it is as it should be, or not ours."""
        work = self._work(cluster, key)
        if work is None:
            return None
        change = Change(
            cluster=cluster,
            key=key,
            action=Action.UPDATE,
            api_version=work.api_version,
            desired=work,
        )
        decided = self._again(change, body)
        # Without a payload the executor reads the object before it decides.
        return change if decided.action in _HEALED else None

    def version(self, cluster: str, key: ObjectKey) -> str:
        """The API version that an object is written in, `` when it is not ours to write."""
        work = self._work(cluster, key)
        return work.api_version if work is not None else ""

    async def heal(
        self, members: Mapping[str, Member], changes: Iterable[Change]
    ) -> ExecutionReport:
        """Bring objects back, each read again first."""
        options = ExecutionOptions(
            recompare=self._again,
            redact=self._redact,
            now=self._options.clock.monotonic,
            wait=self._options.clock.sleep,
            record=self._options.record,
            allowed=self._options.allowed,
            fights=self._options.fights,
            doubts=self._options.doubts,
            concurrency=self._options.concurrency,
            settle_seconds=1.0,
        )
        return await execute(Plan(changes=tuple(changes)), members, options)

    def _work(self, cluster: str, key: ObjectKey) -> Work | None:
        outcome = self.standing.outcome
        if cluster in outcome.frozen_clusters or key in self.standing.untouchable:
            return None
        work = outcome.works.get(cluster, {}).get(key)
        return None if work is None or work.is_suspended else work

    @cached_property
    def _again(self) -> Callable[[Change, dict[str, Any] | None], Change]:
        return recomparing(self.standing.outcome, self.standing.world)

    @cached_property
    def _redact(self) -> Callable[[str], str]:
        return known_secrets(self.standing.world, self.standing.outcome).redact
