"""Which groups: the combination of most weight that holds enough clusters.

Karmada walks all combinations depth-first over groups in ascending order of size. A combination is
*recorded* as soon as it holds enough clusters and groups, and is not extended then. The recorded
one of most weight, then most clusters, then found first, is best; where a recorded one is a strict
head of it (groups by weight), the shortest such head replaces it.

Strategy: the same walk, but a branch is left when not even the heaviest groups still to come could
beat the best found; and whether a head was recorded is decided from the head alone. The number of
combinations tried is bounded: beyond it the best so far stands.

Source: Karmada pkg/scheduler/core/spreadconstraint/select_groups.go.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import accumulate
from typing import Final, NamedTuple

LARGEST_SEARCH: Final = 50_000


class Group(NamedTuple):
    """A group with the number of its clusters and its score."""

    name: str
    clusters: int
    weight: int


def best_groups(
    groups: list[Group], *, shortest: int, longest: int, clusters: int
) -> tuple[Group, ...]:
    """The chosen groups, heaviest first; empty when no combination will do."""
    search = Search(
        groups=sorted(groups, key=lambda one: (one.clusters, -one.weight, one.name)),
        shortest=shortest,
        longest=longest,
        clusters=clusters,
    )
    best = search.best()
    if best is None:
        return ()
    ordered = sorted(best, key=lambda one: (-one.weight, one.name))
    for length in range(max(shortest, 1), len(ordered)):
        if search.records(ordered[:length]):
            return tuple(ordered[:length])
    return tuple(ordered)


@dataclass(slots=True, kw_only=True)
class Search:
    """One walk over the combinations; `groups` in the order of the walk."""

    groups: list[Group]
    shortest: int
    longest: int
    clusters: int
    steps: int = 0
    found: tuple[int, int] | None = None
    path: list[Group] | None = None
    bounds: list[tuple[list[int], list[int]]] = field(default_factory=list)

    def best(self) -> list[Group] | None:
        """The best recorded combination, as walked."""
        self.bounds = [self._bounds(begin) for begin in range(len(self.groups) + 1)]
        self._walk([], 0, 0, 0)
        return self.path

    def records(self, combination: list[Group]) -> bool:
        """Whether the walk records exactly this combination: it is enough, and no head of it (in
        the order of the walk) was enough before.
        """
        walked = [group for group in self.groups if group in combination]
        sizes = accumulate(group.clusters for group in walked)
        enough = [self._is_enough(length, size) for length, size in enumerate(sizes, start=1)]
        return enough[-1] and not any(enough[:-1])

    def _is_enough(self, length: int, clusters: int) -> bool:
        return clusters >= self.clusters and self.shortest <= length <= self.longest

    def _walk(self, path: list[Group], begin: int, clusters: int, weight: int) -> None:
        self.steps += 1
        if self._is_enough(len(path), clusters):
            if self.found is None or (weight, clusters) > self.found:
                self.found, self.path = (weight, clusters), list(path)
            return
        if len(path) >= self.longest:
            return
        for at in self._promising(path, begin, clusters, weight):
            group = self.groups[at]
            path.append(group)
            self._walk(path, at + 1, clusters + group.clusters, weight + group.weight)
            path.pop()

    def _promising(
        self, path: list[Group], begin: int, clusters: int, weight: int
    ) -> Iterator[int]:
        """Where to go on: indices from which something better than the best can still come."""
        room = self.longest - len(path)
        for at in range(begin, len(self.groups)):
            weights, sizes = self.bounds[at]
            reach = min(room, len(weights) - 1)
            if clusters + sizes[reach] < self.clusters or len(path) + reach < self.shortest:
                return
            if self.found is not None and (
                self.steps > LARGEST_SEARCH
                or (weight + weights[reach], clusters + sizes[reach]) <= self.found
            ):
                return
            yield at

    def _bounds(self, begin: int) -> tuple[list[int], list[int]]:
        """For n = 0, 1, …: the most weight and the most clusters that n groups from here add."""
        rest = self.groups[begin:]
        weights = sorted((group.weight for group in rest), reverse=True)
        sizes = sorted((group.clusters for group in rest), reverse=True)
        return [0, *accumulate(weights)], [0, *accumulate(sizes)]
