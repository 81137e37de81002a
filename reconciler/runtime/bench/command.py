"""`bench command`: plans as a person or a pipeline runs them, each a process of its own with the
cache on disk that the one before it left.
"""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Final

from reconciler.model.errors import ReconcilerError
from reconciler.runtime.bench.apart import apart
from reconciler.runtime.bench.measure import Row, Watch
from reconciler.runtime.bench.options import Options
from reconciler.runtime.bench.plan import fleet_of
from reconciler.runtime.bench.repository import BenchRepository

PART: Final = "command"
#: (objects, clusters) -> seconds: cold, after one file.
_LIMITS: Final = {(1000, 100): (10.0, 1.0)}
_KIB: Final = 1024


def rows(options: Options) -> Iterator[Row]:
    """Without a cache, after one file, and after a commit that changes every image."""
    apart(_make, options)
    yield from apart(_measured, options)


def _make(options: Options) -> list[Row]:
    """Apart, for what starts another process lends it its own memory for a moment."""
    fleet = fleet_of(options)
    made = BenchRepository.made(options.folder / "fleet", fleet)
    made.commit(fleet.change("template", 0))
    return []


def _measured(options: Options) -> list[Row]:
    fleet, made = fleet_of(options), BenchRepository(options.folder / "fleet")
    cold_limit, limit = _LIMITS.get((options.objects, options.clusters), (None, None))
    cold = _Runs()
    cold.plan(options.folder)
    one = _Runs()
    for turn in range(options.runs):
        made.commit(fleet.change("template", turn + 1))
        one.plan(options.folder)
    every = _Runs()
    made.commit(fleet.images("2.0.0"))
    every.plan(options.folder)
    size = f"{options.objects} x {options.clusters}"
    return [
        cold.row(f"plan of {size}, no cache", cold_limit),
        one.row(f"plan of {size}, one file", limit),
        every.row(f"plan of {size}, every image", None),
    ]


@dataclass(slots=True)
class _Runs:
    """Runs of the command: their times, and the most memory that one of them took."""

    watch: Watch = field(default_factory=Watch)
    peak: float = 0.0

    def plan(self, folder: Path) -> None:
        """One run; raises `ReconcilerError` when it fails."""
        program = (sys.executable, "-m", "reconciler", "plan", "--base", "HEAD~1")
        place = {**os.environ, "XDG_STATE_HOME": str(folder / "state")}
        start = time.perf_counter()
        process = subprocess.Popen(
            [*program, "--repo", str(folder / "fleet")], stdout=subprocess.DEVNULL, env=place
        )
        _, status, used = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
        if process.returncode != 0:
            raise ReconcilerError(f"`reconciler plan` ended with {process.returncode}")
        self.watch.laps.append(time.perf_counter() - start)
        self.watch.cpu += used.ru_utime + used.ru_stime
        self.peak = max(self.peak, used.ru_maxrss / _KIB)

    def row(self, name: str, limit: float | None) -> Row:
        """The line of these runs."""
        return replace(self.watch.row(PART, name, count="plans", limit=limit), peak=self.peak)
