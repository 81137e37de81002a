"""A running service under test: simulated members in this process, the hub in one of its own."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import orjson
import yaml

from reconciler.adapters.simulation import Endpoint
from tests.realcluster import free_port

CONFIG = """\
apiVersion: fleet-reconciler.io/v1alpha1
kind: FleetConfig
fleetId: fleet-under-test
"""


def eventually(check: Callable[[], Any], seconds: float = 20.0, *, every: float = 0.05) -> Any:
    """What the check says once it is true; fails after so many seconds."""
    deadline = time.monotonic() + seconds
    while True:
        found = check()
        if found or time.monotonic() > deadline:
            assert found, f"not within {seconds} s"
            return found
        time.sleep(every)


class SourceRepo:
    """A fleet repo with a work tree, and the credentials of its members beside it."""

    def __init__(self, folder: Path, endpoints: Mapping[str, Endpoint]) -> None:
        self.folder = folder
        self.repo = folder / "fleet"
        self.credentials = folder / "credentials"
        self.repo.mkdir(parents=True)
        self.git("init", "-q", "-b", "main")
        self.git("config", "user.name", "Alex Example")
        self.git("config", "user.email", "alex@shop.example")
        self.git("config", "gc.auto", "0")
        self.write("reconciler.yaml", CONFIG)
        for name, endpoint in endpoints.items():
            self.join(name, endpoint)

    def git(self, *arguments: str) -> str:
        """One git command in the work tree."""
        return subprocess.run(
            ["git", "-C", str(self.repo), *arguments], check=True, capture_output=True, text=True
        ).stdout

    def write(self, path: str, text: str) -> None:
        """One file of the work tree."""
        file = self.repo / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)

    def documents(self, path: str, *documents: Mapping[str, Any]) -> None:
        """One file with these documents."""
        self.write(path, yaml.safe_dump_all(documents, sort_keys=False))

    def remove(self, path: str) -> None:
        """One file less."""
        (self.repo / path).unlink(missing_ok=True)

    def join(self, name: str, endpoint: Endpoint) -> None:
        """A Cluster document with its credentials."""
        reference = {"namespace": "fleet", "name": name}
        self.documents(
            f"clusters/{name}.yaml",
            {
                "apiVersion": "cluster.karmada.io/v1alpha1",
                "kind": "Cluster",
                "metadata": {"name": name},
                "spec": {
                    "syncMode": "Push",
                    "apiEndpoint": endpoint.url,
                    "secretRef": reference,
                },
            },
        )
        secret = self.credentials / "fleet" / name
        secret.mkdir(parents=True, exist_ok=True)
        (secret / "token").write_text(endpoint.token)

    def commit(self, message: str = "change") -> str:
        """Everything in the work tree as a commit; its id."""
        self.git("add", "-A")
        self.git("commit", "-q", "--allow-empty", "-m", message)
        return self.git("rev-parse", "HEAD").strip()

    def document(self, branch: str, path: str) -> Any:
        """One document of a branch; None where there is none yet."""
        try:
            return yaml.safe_load(self.git("show", f"{branch}:{path}"))
        except subprocess.CalledProcessError:
            return None


@dataclass
class RunningHub:
    """One `reconciler run` in a process of its own."""

    source: SourceRepo
    arguments: tuple[str, ...] = ()
    environment: Mapping[str, str] = field(default_factory=dict)
    workdir: str = "work"
    module: str = "reconciler"
    repo: str = ""
    port: int = field(default_factory=free_port)
    process: subprocess.Popen[bytes] | None = None

    @property
    def log_file(self) -> Path:
        """Where its log goes."""
        return self.source.folder / f"{self.workdir}.log"

    def start(self) -> None:
        """Start it; it may take a moment to listen."""
        with self.log_file.open("ab") as log:
            self.process = subprocess.Popen(
                [
                    sys.executable,
                    "-m",
                    self.module,
                    "run",
                    f"--repo={self.repo or self.source.repo}",
                    f"--workdir={self.source.folder / self.workdir}",
                    f"--credentials={self.source.credentials}",
                    f"--listen=127.0.0.1:{self.port}",
                    "--log-format=json",
                    *self.arguments,
                ],
                stdout=log,
                stderr=log,
                env={**os.environ, **self.environment},
            )

    def signal(self, number: signal.Signals) -> None:
        """Send it a signal."""
        assert self.process is not None
        self.process.send_signal(number)

    def kill(self) -> None:
        """As the kernel does when there is no memory left."""
        if self.process is not None:
            self.process.kill()
            self.process.wait()
            self.process = None

    def stop(self, seconds: float = 20.0) -> int:
        """SIGTERM; the exit code."""
        assert self.process is not None
        self.process.terminate()
        code = self.process.wait(timeout=seconds)
        self.process = None
        return code

    def get(self, path: str) -> tuple[int, str]:
        """Status and text of one of its pages; 0 when nobody listens."""
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{self.port}{path}", timeout=5) as got:
                return got.status, got.read().decode()
        except urllib.error.HTTPError as error:
            with error:
                return error.code, error.read().decode()
        except OSError:
            return 0, ""

    def lines(self, event: str = "") -> list[dict[str, Any]]:
        """Lines of the log, or those of one event."""
        found = []
        for line in self.log_file.read_bytes().splitlines():
            try:
                entry = orjson.loads(line)
            except json.JSONDecodeError:
                continue
            if not event or entry.get("event") == event:
                found.append(entry)
        return found


@contextmanager
def running(hub: RunningHub) -> Iterator[RunningHub]:
    """The hub runs while the block does."""
    hub.start()
    try:
        yield hub
    finally:
        hub.kill()
