"""Measuring: times, percentiles, peak memory and CPU seconds of this process."""

from __future__ import annotations

import gc
import resource
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from typing import Any, Final

_KIB: Final = 1024


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One line of a result. Times in seconds, memory in MiB, `count` is what `throughput` is of.

    `floor` is the raw time of the same run, where there is one; `limit` what the project promises,
    in seconds of the 50th or, where `is_tail`, of the 99th percentile.
    """

    part: str
    measure: str
    p50: float
    p90: float
    p99: float
    runs: int
    throughput: float
    count: str
    cpu: float
    peak: float
    floor: float | None = None
    limit: float | None = None
    is_tail: bool = False

    @property
    def ratio(self) -> float | None:
        """Times the floor."""
        return self.p50 / self.floor if self.floor else None

    @property
    def is_within(self) -> bool | None:
        """Whether the promise holds; None without one."""
        if self.limit is None:
            return None
        return (self.p99 if self.is_tail else self.p50) <= self.limit

    def document(self) -> dict[str, Any]:
        """For programs."""
        return {**asdict(self), "ratio": self.ratio, "isWithin": self.is_within}


@dataclass(slots=True)
class Watch:
    """Laps of one measure."""

    laps: list[float] = field(default_factory=list)
    cpu: float = 0.0

    @contextmanager
    def lap(self) -> Iterator[None]:
        """One lap."""
        used, start = time.process_time(), time.perf_counter()
        yield
        self.laps.append(time.perf_counter() - start)
        self.cpu += time.process_time() - used

    def row(  # every part of the line
        self,
        part: str,
        measure: str,
        *,
        size: int = 1,
        count: str = "runs",
        floor: float | None = None,
        limit: float | None = None,
        is_tail: bool = False,
    ) -> Row:
        """The line of these laps; `size` is how many of `count` one lap does."""
        total = sum(self.laps)
        return Row(
            part=part,
            measure=measure,
            p50=percentile(self.laps, 50),
            p90=percentile(self.laps, 90),
            p99=percentile(self.laps, 99),
            runs=len(self.laps),
            throughput=size * len(self.laps) / total if total else 0.0,
            count=count,
            cpu=self.cpu,
            peak=peak(),
            floor=floor,
            limit=limit,
            is_tail=is_tail,
        )


def percentile(values: Sequence[float], percent: int) -> float:
    """The smallest value that so many percent do not exceed."""
    ordered = sorted(values)
    return ordered[max(0, -(-len(ordered) * percent // 100) - 1)]


def peak() -> float:
    """The most memory that this process had, MiB."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / _KIB


def timed(action: Callable[[], object], runs: int = 1) -> Watch:
    """So many laps of an action, garbage collected before each."""
    watch = Watch()
    for _ in range(runs):
        gc.collect()
        with watch.lap():
            action()
    return watch
