"""The command line as a person runs it: a process of its own, read line by line."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO


@dataclass(frozen=True, slots=True, kw_only=True)
class Ended:
    """What a program left."""

    code: int
    output: str
    errors: str


@dataclass
class Running:
    """One running program; both streams are collected as they come."""

    process: subprocess.Popen[str]
    lines: dict[str, list[str]] = field(default_factory=lambda: {"out": [], "err": []})
    readers: list[threading.Thread] = field(default_factory=list)

    def __post_init__(self) -> None:
        streams = {"out": self.process.stdout, "err": self.process.stderr}
        for name, stream in streams.items():
            assert stream is not None
            reader = threading.Thread(target=self._collect, args=(name, stream), daemon=True)
            reader.start()
            self.readers.append(reader)

    @property
    def is_running(self) -> bool:
        """Whether it has not ended."""
        return self.process.poll() is None

    def text(self, name: str) -> str:
        """What one stream said so far."""
        return "".join(self.lines[name])

    def reads(self, wanted: str, seconds: float = 30.0, stream: str = "err") -> None:
        """Wait until a stream says this."""
        end = time.monotonic() + seconds
        while wanted not in self.text(stream):
            assert time.monotonic() < end, (wanted, self.text("out"), self.text("err"))
            time.sleep(0.05)

    def interrupt(self) -> None:
        """Control-C."""
        self.process.send_signal(signal.SIGINT)

    def ended(self, seconds: float) -> Ended:
        """Wait for the end."""
        code = self.process.wait(timeout=seconds)
        for reader in self.readers:
            reader.join(timeout=5)
        return Ended(code=code, output=self.text("out"), errors=self.text("err"))

    def _collect(self, name: str, stream: IO[str]) -> None:
        with stream:
            for line in stream:
                self.lines[name].append(line)


@contextmanager
def started(folder: Path, *arguments: str) -> Iterator[Running]:
    """The program in a folder, ended at the latest on the way out."""
    process = subprocess.Popen(
        [sys.executable, "-m", "reconciler", *arguments],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(Path(__file__).parents[2]), "NO_COLOR": "1"},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    running = Running(process)
    try:
        yield running
    finally:
        if running.is_running:
            process.kill()
            process.wait()
        for reader in running.readers:
            reader.join(timeout=5)


def ran(folder: Path, *arguments: str, seconds: float = 60.0) -> Ended:
    """The program from start to end."""
    with started(folder, *arguments) as running:
        return running.ended(seconds)
