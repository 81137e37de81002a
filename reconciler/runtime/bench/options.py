"""What a measurement is made of."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """Size of the fleet, and what members there are; `folder` is scratch space.

    `members` is `real:N` or `simulated:N`; `runs` how often a change of a kind is planned.
    """

    folder: Path
    objects: int = 1000
    clusters: int = 100
    members: str = "simulated:5"
    apps: int = 200
    files: int = 100_000
    runs: int = 10

    def sized(self, objects: int, clusters: int, folder: str) -> Options:
        """The same with a fleet of another size, in a folder of its own."""
        return replace(self, objects=objects, clusters=clusters, folder=self.folder / folder)
