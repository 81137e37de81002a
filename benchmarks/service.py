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
from pathlib import Path
from typing import Any

from aiohttp import web

from reconciler.adapters.simulation import Faults, SimulatedFleet
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


def latency(members: int, bad: int, commits: int) -> None:
    """Distribution latency on the good members, without and with bad ones beside them."""
    found = [_latencies(members, bad, commits, are_bad=are_bad) for are_bad in (False, True)]
    for times, what in zip(found, ("all good", f"{bad} bad"), strict=True):
        p50, p99 = statistics.median(times), statistics.quantiles(times, n=100)[98]
        print(f"{what}: p50 {p50 * 1000:.0f} ms, p99 {p99 * 1000:.0f} ms, {len(times)} samples")
    before, after = (statistics.quantiles(times, n=100)[98] for times in found)
    print(f"p99 with bad members: {after / before - 1:+.0%}")


def _latencies(members: int, bad: int, commits: int, *, are_bad: bool) -> list[float]:
    fleet = Counting(members, nodes=1, controllers=False)
    good = list(fleet)[bad:]
    seen: dict[tuple[str, str], float] = {}
    for cluster in good:

        def heard(_name: Any, event: Any, where: str = cluster.name) -> None:
            if event.key == ("shop", "settings") and event.manifest:
                seen.setdefault((where, event.manifest["data"]["level"]), time.monotonic())

        cluster.store.listeners.append(heard)
    with tempfile.TemporaryDirectory() as folder:
        source = SourceRepo(Path(folder), fleet.start())
        source.documents("settings.yaml", config_map("settings", level="0"))
        source.documents("policy.yaml", policy("all", ("v1", "ConfigMap")))
        source.commit("begin")
        hub = RunningHub(source)
        with running(hub):
            eventually(lambda: len(seen) == len(good), 120)
            for number, cluster in enumerate(fleet):
                if are_bad and number < bad:
                    hangs = number % 2 == 0
                    cluster.faults = Faults(partition=hangs, garbage_probability=float(not hangs))
            time.sleep(40)
            times = []
            for number in range(1, commits + 1):
                source.documents("settings.yaml", config_map("settings", level=str(number)))
                source.commit(str(number))
                began, level = time.monotonic(), str(number)
                eventually(lambda: all((one.name, level) in seen for one in good), 120, every=0.02)  # noqa: B023
                times += [seen[one.name, level] - began for one in good]
                time.sleep(2.0)
    fleet.stop()
    return times


def main() -> None:
    """Print what was asked for."""
    parser = argparse.ArgumentParser()
    parser.add_argument("what", choices=["rest", "latency"])
    parser.add_argument("--members", type=int, default=100)
    parser.add_argument("--objects", type=int, default=1000)
    parser.add_argument("--seconds", type=float, default=60.0)
    parser.add_argument("--bad", type=int, default=10)
    parser.add_argument("--commits", type=int, default=20)
    said = parser.parse_args()
    if said.what == "rest":
        rest(said.members, said.objects, said.seconds)
    else:
        latency(said.members, said.bad, said.commits)


if __name__ == "__main__":
    main()
