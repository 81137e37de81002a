"""WorkQueue: what is to be done, each key once, the urgent first, the failing later and later.

Rules: a key that is added while it waits stays one key, with the earlier moment and the higher
priority; a key that is added while it runs is run once more afterwards, never beside itself. Times
are arguments, in seconds of a clock that only rises.
"""

from __future__ import annotations

from collections.abc import Hashable
from dataclasses import dataclass, field
from typing import Final, Generic, TypeVar

K = TypeVar("K", bound=Hashable)

URGENT: Final = 0
NORMAL: Final = 10
LAZY: Final = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Backoff:
    """Seconds before another try: doubling from the first to the longest."""

    first_seconds: float = 1.0
    longest_seconds: float = 60.0

    def pause(self, failures: int, chance: float = 1.0) -> float:
        """After so many failures in a row; `chance` in [0, 1) spreads the upper half."""
        whole = min(self.longest_seconds, self.first_seconds * 2.0 ** min(failures - 1, 40))
        return whole / 2 + whole / 2 * chance


@dataclass(slots=True)
class _Waiting:
    due: float
    priority: int
    order: int


@dataclass(slots=True)
class WorkQueue(Generic[K]):
    """Keys that wait, keys that run, and how often each failed in a row."""

    backoff: Backoff = field(default_factory=Backoff)
    _waiting: dict[K, _Waiting] = field(default_factory=dict)
    _running: set[K] = field(default_factory=set)
    _failures: dict[K, int] = field(default_factory=dict)
    _order: int = 0

    def __len__(self) -> int:
        """How many keys wait."""
        return len(self._waiting)

    def add(self, key: K, *, due: float, priority: int = NORMAL) -> None:
        """Ask for a key at a moment; the earlier moment and the higher priority count."""
        known = self._waiting.get(key)
        if known is None:
            self._order += 1
            self._waiting[key] = _Waiting(due, priority, self._order)
            return
        known.due = min(known.due, due)
        known.priority = min(known.priority, priority)

    def take(self, now: float) -> K | None:
        """The most urgent key that is due and not running, which runs from now on."""
        ready = [
            (one.priority, one.order, key)
            for key, one in self._waiting.items()
            if one.due <= now and key not in self._running
        ]
        if not ready:
            return None
        _, _, key = min(ready, key=lambda one: one[:2])
        del self._waiting[key]
        self._running.add(key)
        return key

    def done(self, key: K) -> None:
        """The key ran well; its failures are forgotten."""
        self._running.discard(key)
        self._failures.pop(key, None)

    def failed(self, key: K, now: float, *, chance: float = 1.0, priority: int = NORMAL) -> float:
        """The key failed and is tried again later; after how many seconds."""
        self._running.discard(key)
        self._failures[key] = self._failures.get(key, 0) + 1
        pause = self.backoff.pause(self._failures[key], chance)
        self.add(key, due=now + pause, priority=priority)
        return pause

    def failures(self, key: K) -> int:
        """How often the key failed in a row."""
        return self._failures.get(key, 0)

    def next_due(self) -> float | None:
        """The moment at which a waiting key can be taken; None when none can."""
        return min(
            (one.due for key, one in self._waiting.items() if key not in self._running),
            default=None,
        )
