"""Doubts: writes of which nobody knows whether they were, or will be, carried out.

A request that was cut off, or that no sound answer came to, may have been carried out, or be so
later. A watch that has fallen silent does not tell. So its place is read on purpose, and what was
recorded there stays recorded, until it was read after the last moment at which the request could
arrive: an object without a record is never pruned.
"""

from __future__ import annotations

import contextlib
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from typing import Final

from reconciler.model.change import Change
from reconciler.model.errors import MemberRefused
from reconciler.model.identity import ObjectKey
from reconciler.model.member import ObjectRef

#: Longer than an API server works on one request (`--request-timeout`, 60 s).
_SECONDS: Final = 70.0
#: Refused before anything was stored.
_NOTHING_DONE: Final = range(400, 500)

#: Cluster and object, in the version that it was written in.
Place = tuple[str, ObjectRef]


@dataclass(slots=True)
class Doubts:
    """Places of one fleet. Times are seconds of a clock that only rises."""

    _open: Counter[Place] = field(default_factory=Counter)
    _until: dict[Place, float] = field(default_factory=dict)

    @contextlib.contextmanager
    def about(self, change: Change, now: Callable[[], float]) -> Iterator[None]:
        """While the block writes, and for some time after it where no sound answer came."""
        place = change.cluster, ObjectRef(api_version=change.api_version, key=change.key)
        self._open[place] += 1
        is_known = False
        try:
            yield
            is_known = True
        except MemberRefused as refusal:
            is_known = refusal.status in _NOTHING_DONE
            raise
        finally:
            self._open[place] -= 1
            if not self._open[place]:
                del self._open[place]
            if not is_known:
                self._until[place] = now() + _SECONDS

    def of(self, cluster: str) -> list[ObjectRef]:
        """What has to be read on a member."""
        return [ref for name, ref in {**self._until, **self._open} if name == cluster]

    def clusters(self) -> frozenset[str]:
        """Members where something is in doubt."""
        return frozenset(name for name, _ in (*self._open, *self._until))

    def read(self, cluster: str, refs: Iterable[ObjectRef], at: float) -> None:
        """These objects were read on a member, not before that moment."""
        for ref in refs:
            if self._until.get((cluster, ref), at) < at:
                del self._until[(cluster, ref)]

    def places(self) -> frozenset[tuple[str, ObjectKey]]:
        """Where something may come to be that was not seen."""
        return frozenset((name, ref.key) for name, ref in (*self._open, *self._until))
