"""A member's budget: requests a second, requests at once, attempts, and when to leave it alone.

Each member has its own. Time comes from the event loop, chance from an injected source.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field

from reconciler.model.errors import MemberUnreachable


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """What one member may cost."""

    concurrency: int = 8
    requests_per_second: float = 50.0
    burst: int = 100
    timeout_seconds: float = 30.0
    connect_seconds: float = 5.0
    response_bytes: int = 64 << 20
    list_bytes: int = 512 << 20
    page_size: int = 500
    attempts: int = 3
    backoff_seconds: float = 0.25
    backoff_most_seconds: float = 8.0
    failures_to_open: int = 5
    open_seconds: float = 30.0
    watch_seconds: int = 300


@dataclass(frozen=True, slots=True, kw_only=True)
class Time:
    """Time and chance, injected: seconds that only rise, waiting, and a number in [0, 1)."""

    now: Callable[[], float]
    wait: Callable[[float], Awaitable[None]]
    chance: Callable[[], float]


@dataclass(slots=True)
class TokenBucket:
    """So many requests a second on average, so many at once."""

    limits: Limits
    time: Time
    _tokens: float = field(init=False)
    _filled_at: float = field(init=False)

    def __post_init__(self) -> None:
        self._tokens = float(self.limits.burst)
        self._filled_at = self.time.now()

    async def take(self) -> None:
        """Wait until there is a token and take it. Tokens may go into debt, so order is kept."""
        now = self.time.now()
        gained = (now - self._filled_at) * self.limits.requests_per_second
        self._tokens = min(float(self.limits.burst), self._tokens + gained) - 1
        self._filled_at = now
        if self._tokens < 0:
            await self.time.wait(-self._tokens / self.limits.requests_per_second)


@dataclass(slots=True)
class Breaker:
    """Open after several failures in a row: nothing is asked until some time has passed, then one
    request finds out.
    """

    limits: Limits
    time: Time
    _failures: int = 0
    _opened_at: float | None = None

    @property
    def is_open(self) -> bool:
        """Whether nothing is asked, but to find out."""
        return self._opened_at is not None

    def check(self, name: str) -> None:
        """MemberUnreachable while open; after the pause the next caller may try."""
        if self._opened_at is None:
            return
        if self.time.now() - self._opened_at < self.limits.open_seconds:
            raise MemberUnreachable(
                f"{name} failed {self._failures} times in a row and is left alone for a while"
            )
        self._opened_at = self.time.now()

    def succeeded(self) -> None:
        """The server answered."""
        self._failures = 0
        self._opened_at = None

    def failed(self) -> None:
        """The server did not answer."""
        self._failures += 1
        if self._failures >= self.limits.failures_to_open:
            self._opened_at = self.time.now()


def backoff(limits: Limits, attempt: int, chance: float) -> float:
    """Seconds before the next attempt (0 is the first): doubling, with full jitter."""
    most = min(limits.backoff_most_seconds, limits.backoff_seconds * 2.0**attempt)
    return most * chance


def loop_time(chance: Callable[[], float]) -> Time:
    """The event loop's time."""
    # Offline verbs know limits and have no loop: loading one is a tenth of their start.
    import asyncio  # noqa: PLC0415

    return Time(now=asyncio.get_running_loop().time, wait=asyncio.sleep, chance=chance)
