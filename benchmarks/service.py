"""The service at rest, after a restart, and beside bad members: figures for docs/performance.md.

    python -m benchmarks.service rest --members 100 --objects 1000
    python -m benchmarks.service latency --members 100 --bad 10

Members are simulated in this process over real HTTP; the hub runs in one of its own, and its CPU
time is what the kernel counted for it.
"""

from __future__ import annotations

import argparse
import os
import statistics
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from aiohttp import web

from reconciler.adapters.simulation import Faults, SimulatedFleet
from reconciler.adapters.simulation.faults import HEALTHY
from tests.stories.fleetbench import config_map, policy
from tests.stories.servicebench import RunningHub, SourceRepo, eventually, running

_TICKS = os.sysconf("SC_CLK_TCK")


class Counting(SimulatedFleet):
    """A fleet that counts requests."""

    requests = 0
    writes = 0

    async def _answer(self, request: web.BaseRequest) -> web.StreamResponse:
        self.requests += 1
        self.writes += request.method != "GET"
        return await super()._answer(request)


def cpu_seconds(hub: RunningHub) -> float:
    """User and system time of the hub so far."""
    assert hub.process is not None
    fields = Path(f"/proc/{hub.process.pid}/stat").read_text().rpartition(") ")[2].split()
    return (int(fields[11]) + int(fields[12])) / _TICKS


def peak_megabytes(hub: RunningHub) -> int:
    """The most memory it had."""
    assert hub.process is not None
    status = Path(f"/proc/{hub.process.pid}/status").read_text()
    return int(status.partition("VmHWM:")[2].split()[0]) // 1024


def everything_applied(source: SourceRepo, commit: str) -> bool:
    """Whether the last report says so, of this commit."""
    summary: Any = source.document("reconciler/status", "summary.yaml")
    return bool(summary and summary["everythingApplied"] and str(summary["sourceCommit"]) == commit)


def rest(members: int, objects: int, seconds: float) -> None:
    """First apply, the price of doing nothing, and a restart that has nothing to do."""
    fleet = Counting(members, nodes=1, controllers=False)
    with tempfile.TemporaryDirectory() as folder:
        source = SourceRepo(Path(folder), fleet.start())
        for number in range(objects):
            source.documents(f"apps/{number}.yaml", config_map(f"app-{number}", value="1"))
        source.documents("policy.yaml", policy("all", ("v1", "ConfigMap")))
        commit = source.commit("begin")
        hub = RunningHub(source)
        began = time.monotonic()
        with running(hub):
            eventually(lambda: everything_applied(source, commit), 3600, every=1.0)
            print(f"first apply: {members * objects} objects in {time.monotonic() - began:.0f} s")
            time.sleep(25)
            requests, cpu, passes = fleet.requests, cpu_seconds(hub), len(hub.lines("pass"))
            time.sleep(seconds)
            minutes = seconds / 60
            print(
                f"at rest: {(fleet.requests - requests) / minutes:.0f} requests/min, "
                f"{(cpu_seconds(hub) - cpu) / minutes:.2f} CPU s/min, "
                f"{len(hub.lines('pass')) - passes} passes, {peak_megabytes(hub)} MB at most"
            )
            hub.kill()
            fleet.writes, passes = 0, len(hub.lines("pass"))
            began = time.monotonic()
            hub.start()
            eventually(lambda: len(hub.lines("pass")) > passes, 3600, every=0.1)
            print(
                f"restart to in sync: {time.monotonic() - began:.1f} s, "
                f"{cpu_seconds(hub):.1f} CPU s, {fleet.writes} writes"
            )
    fleet.stop()


@dataclass(frozen=True, slots=True, kw_only=True)
class Phase:
    """Latencies of one stretch of commits, in seconds, from the commit to each good member."""

    are_bad: bool
    seconds: tuple[float, ...]

    @property
    def p50(self) -> float:
        """The median."""
        return statistics.median(self.seconds)

    @property
    def p99(self) -> float:
        """What one in a hundred is over."""
        return statistics.quantiles(self.seconds, n=100)[98]


def latency(members: int, bad: int, commits: int, rounds: int) -> None:
    """Distribution latency on the good members, without and with bad ones beside them.

    One hub, one stream of commits; members are bad in every other phase, so that whatever else the
    machine does befalls both. The figure is the median of the phases' P99.
    """
    phases = []
    for phase in _phases(members, bad, commits, rounds):
        phases.append(phase)
        what = f"{bad} bad" if phase.are_bad else "all good"
        print(f"{what}: p50 {phase.p50 * 1000:.0f} ms, p99 {phase.p99 * 1000:.0f} ms", flush=True)
    good, with_bad = (
        statistics.median(one.p99 for one in phases if one.are_bad is are_bad)
        for are_bad in (False, True)
    )
    print(
        f"median p99: all good {good * 1000:.0f} ms, {bad} bad {with_bad * 1000:.0f} ms, "
        f"{with_bad / good - 1:+.0%}; {rounds} rounds of {commits} commits each"
    )


def _phases(members: int, bad: int, commits: int, rounds: int) -> Iterator[Phase]:
    """All good and some bad, by turns; which comes first changes from round to round."""
    fleet = Counting(members, nodes=1, controllers=False)
    names = [cluster.name for cluster in fleet]
    seen: dict[tuple[str, str], float] = {}
    for cluster in fleet:

        def heard(_name: Any, event: Any, where: str = cluster.name) -> None:
            if event.key == ("shop", "settings") and event.manifest:
                seen.setdefault((where, event.manifest["data"]["level"]), time.monotonic())

        cluster.store.listeners.append(heard)
    with tempfile.TemporaryDirectory() as folder:
        source = SourceRepo(Path(folder), fleet.start())
        source.documents("settings.yaml", config_map("settings", level="start"))
        source.documents("policy.yaml", policy("all", ("v1", "ConfigMap")))
        source.commit("begin")
        with running(RunningHub(source)) as hub:
            eventually(lambda: len(seen) == len(names), 120)
            for number in range(2 * rounds):
                are_bad = number % 4 in {1, 2}
                turned(fleet, bad, are_bad=are_bad)
                # Who answers garbage says so at the next write only; who hangs is known by then.
                wanted = range((bad + 1) // 2, bad + 1) if are_bad else range(1)
                eventually(lambda: frozen(hub) in wanted, 180, every=0.5)  # noqa: B023
                time.sleep(3)
                seen.clear()
                found = tuple(_measured(source, seen, names[bad:], commits, f"{number}-"))
                yield Phase(are_bad=are_bad, seconds=found)
    fleet.stop()


def _measured(
    source: SourceRepo,
    seen: Mapping[tuple[str, str], float],
    names: Sequence[str],
    commits: int,
    prefix: str,
) -> Iterator[float]:
    """Commits, each once the one before is everywhere, and how long each took to each member."""
    for number in range(commits):
        level = f"{prefix}{number}"
        source.documents("settings.yaml", config_map("settings", level=level))
        source.commit(level)
        began = time.monotonic()
        eventually(lambda: all((one, level) in seen for one in names), 120, every=0.02)  # noqa: B023
        yield from (seen[one, level] - began for one in names)
        # Not in step with the half second in which a folder is looked at.
        time.sleep(1.0 + number % 7 * 0.07)


def turned(fleet: SimulatedFleet, bad: int, *, are_bad: bool) -> None:
    """Half of the bad members hang, half answer garbage; or all are well."""
    for number, cluster in enumerate(list(fleet)[:bad]):
        hangs = number % 2 == 0
        fault = Faults(partition=hangs, garbage_probability=float(not hangs))
        cluster.faults = fault if are_bad else HEALTHY


def frozen(hub: RunningHub) -> int:
    """How many members the last whole pass left alone; -1 before the first one."""
    whole = [one for one in hub.lines("pass") if not one["interrupted"]]
    return len(whole[-1]["frozen"]) if whole else -1


def main() -> None:
    """Print what was asked for."""
    parser = argparse.ArgumentParser()
    parser.add_argument("what", choices=["rest", "latency"])
    parser.add_argument("--members", type=int, default=100)
    parser.add_argument("--objects", type=int, default=1000)
    parser.add_argument("--seconds", type=float, default=60.0)
    parser.add_argument("--bad", type=int, default=10)
    parser.add_argument("--commits", type=int, default=12, help="in a phase")
    parser.add_argument("--rounds", type=int, default=3)
    said = parser.parse_args()
    if said.what == "rest":
        rest(said.members, said.objects, said.seconds)
    else:
        latency(said.members, said.bad, said.commits, said.rounds)


if __name__ == "__main__":
    main()
