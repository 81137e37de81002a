"""Meter: hears how long steps took, so that the core need not know what time it is.

Rules: what is told changes nothing that is decided; names are those of `METRICS`, label values come
in the order of the metric's labels.
"""

from __future__ import annotations

from typing import Final, Protocol


class Meter(Protocol):
    """Counts and times; moments are of a scale of its own."""

    def start(self) -> float:
        """The moment at which something begins, to be given back to `took`."""
        ...

    def took(self, metric: str, since: float, *labels: str) -> float:
        """What began at `since` has ended now; the moment, for what begins next."""
        ...

    def count(self, metric: str, *labels: str) -> None:
        """Something happened once."""
        ...


class _Unmetered:
    """Nobody asks."""

    def start(self) -> float:
        return 0.0

    def took(self, metric: str, since: float, *labels: str) -> float:
        del metric, labels
        return since

    def count(self, metric: str, *labels: str) -> None:
        del metric, labels


UNMETERED: Final[Meter] = _Unmetered()
