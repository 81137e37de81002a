"""CycleMeter: what the core tells of its steps, kept until the cycle is over.

A cycle runs in a thread of its own and may place a hundred thousand bindings: its times are kept as
plain numbers, and put on the board together once nobody writes any more.
"""

from __future__ import annotations

from array import array
from collections import Counter, defaultdict
from collections.abc import Callable
from dataclasses import dataclass, field

from reconciler.adapters.web import MetricsBoard
from reconciler.model.metric import METRICS, Sample

_Series = tuple[str, tuple[str, ...]]


def _times() -> defaultdict[_Series, array[float]]:
    return defaultdict(lambda: array("d"))


@dataclass(slots=True)
class CycleMeter:
    """A `Meter` over a clock; one cycle at a time."""

    now: Callable[[], float]
    _seconds: defaultdict[_Series, array[float]] = field(default_factory=_times)
    _counts: Counter[_Series] = field(default_factory=Counter)

    def start(self) -> float:
        """Now."""
        return self.now()

    def took(self, metric: str, since: float, *labels: str) -> float:
        """Keep the time from then to now."""
        moment = self.now()
        self._seconds[metric, labels].append(moment - since)
        return moment

    def count(self, metric: str, *labels: str) -> None:
        """Keep one more."""
        self._counts[metric, labels] += 1

    def told_to(self, board: MetricsBoard) -> None:
        """Put everything on the board, and begin anew."""
        seconds, counts = self._seconds, self._counts
        self._seconds, self._counts = _times(), Counter()
        for (name, labels), values in seconds.items():
            board.observe(name, values, _named(name, labels))
        for (name, labels), number in counts.items():
            board.record(Sample(name=name, value=number, labels=_named(name, labels)))


def _named(metric: str, labels: tuple[str, ...]) -> dict[str, str]:
    return dict(zip(METRICS[metric].labels, labels, strict=True))
