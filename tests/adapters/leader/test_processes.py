"""Two replicas as processes, with the real timing: killed, stopped and woken up."""

from __future__ import annotations

import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from tests.adapters.leader.conftest import LeaseServer
from tests.deploy.manifests import ROOT


@dataclass
class Pair:
    """Processes by identity, and the file in which they say what they do."""

    server: LeaseServer
    path: Path
    processes: dict[str, subprocess.Popen[bytes]] = field(default_factory=dict)

    def start(self, identity: str) -> None:
        """Start a replica."""
        module = "tests.adapters.leader.replica"
        command = [sys.executable, "-m", module, self.server.url, self.server.token]
        self.processes[identity] = subprocess.Popen([*command, identity, str(self.path)], cwd=ROOT)

    def lines(self) -> list[list[str]]:
        """What was said so far, in words."""
        text = self.path.read_text() if self.path.exists() else ""
        return [line.split() for line in text.splitlines()]

    def acts(self, identity: str) -> list[float]:
        """When that replica acted."""
        return [float(line[3]) for line in self.lines() if line[:2] == ["act", identity]]

    def wait(self, condition: Callable[[], object], seconds: float) -> float:
        """Wait; how long it took."""
        began = time.monotonic()
        while not condition():
            assert time.monotonic() - began < seconds, self.lines()[-5:]
            time.sleep(0.02)
        return time.monotonic() - began


@pytest.fixture
def pair(simulated: LeaseServer, tmp_path: Path) -> Iterator[Pair]:
    made = Pair(simulated, tmp_path / "acts")
    yield made
    for process in made.processes.values():
        process.kill()
        process.wait()


@pytest.mark.slow
def test_a_killed_leader_is_followed_and_a_stopped_one_never_acts_again(pair: Pair) -> None:
    pair.start("a")
    pair.wait(lambda: pair.acts("a"), 20)
    pair.start("b")
    time.sleep(3)
    assert not pair.acts("b")

    pair.processes["a"].kill()
    assert pair.wait(lambda: pair.acts("b"), 15) < 15

    pair.start("c")
    time.sleep(3)
    pair.processes["b"].send_signal(signal.SIGSTOP)
    pair.wait(lambda: pair.acts("c"), 15)
    pair.processes["b"].send_signal(signal.SIGCONT)
    pair.wait(lambda: ["refused", "b"] in [line[:2] for line in pair.lines()], 10)
    time.sleep(3)
    assert max(pair.acts("b")) < min(pair.acts("c")), "one act more would have been one too many"
    assert max(pair.acts("a")) < min(pair.acts("b"))
