"""Members to measure against: simulated ones, or real API servers from KUBEBUILDER_ASSETS.

All of them run in other processes, as members do. A real one is an etcd and a kube-apiserver on
loopback ports, with a certificate of its own and one token.
"""

from __future__ import annotations

import os
import shutil
import socket
import ssl
import subprocess
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from multiprocessing import get_context
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Final

from reconciler.adapters.simulation import SimulatedFleet
from reconciler.model.errors import SettingsInvalid

_TOKEN: Final = "bench-token"  # noqa: S105 - of a server that lives for one measurement
_START_SECONDS: Final = 90.0
_STOP_SECONDS: Final = 10.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Server:
    """Where one member answers, and what it takes to be heard. `authority` is PEM, `` for HTTP."""

    name: str
    url: str
    token: str
    authority: str = ""


@contextmanager
def servers(members: str, folder: Path) -> Iterator[tuple[Server, ...]]:
    """The members that `real:N` or `simulated:N` names, for as long as they are used."""
    kind, _, number = members.partition(":")
    if kind not in {"real", "simulated"} or not number.isdecimal():
        raise SettingsInvalid(f"{members} is neither real:N nor simulated:N")
    make = _real if kind == "real" else _simulated
    with ExitStack() as stack:
        yield stack.enter_context(make(int(number), folder))


@contextmanager
def _simulated(number: int, _folder: Path) -> Iterator[tuple[Server, ...]]:
    context = get_context("spawn")
    here, there = context.Pipe()
    process = context.Process(target=_simulate, args=(number, there), daemon=True)
    process.start()
    try:
        yield tuple(here.recv())
    finally:
        here.send("stop")
        process.join(_STOP_SECONDS)
        process.kill()


def _simulate(number: int, told: Connection) -> None:
    fleet = SimulatedFleet(number)
    endpoints = fleet.start()
    told.send([Server(name=n, url=e.url, token=e.token) for n, e in endpoints.items()])
    told.recv()
    fleet.stop()


@contextmanager
def _real(number: int, folder: Path) -> Iterator[tuple[Server, ...]]:
    named = os.environ.get("KUBEBUILDER_ASSETS")
    if not named or not (Path(named) / "kube-apiserver").exists():
        raise SettingsInvalid(
            "there are no real API servers to start",
            hint="let KUBEBUILDER_ASSETS name a folder with etcd and kube-apiserver",
        )
    started: list[subprocess.Popen[bytes]] = []
    try:
        found = [
            _start(f"real{one}", Path(named), folder / f"real{one}", started)
            for one in range(number)
        ]
        for server in found:
            _wait_until_ready(server)
        yield tuple(found)
    finally:
        for process in reversed(started):
            process.terminate()
        for process in reversed(started):
            try:
                process.wait(_STOP_SECONDS)
            except subprocess.TimeoutExpired:
                process.kill()


def _start(
    name: str, binaries: Path, folder: Path, started: list[subprocess.Popen[bytes]]
) -> Server:
    folder.mkdir(parents=True)
    client_url, peer = (f"http://127.0.0.1:{_port()}" for _ in range(2))
    port = _port()
    started.append(
        _spawn(
            folder,
            binaries / "etcd",
            f"--data-dir={folder / 'etcd'}",
            f"--listen-client-urls={client_url}",
            f"--advertise-client-urls={client_url}",
            f"--listen-peer-urls={peer}",
            f"--initial-advertise-peer-urls={peer}",
            f"--initial-cluster=default={peer}",
            "--unsafe-no-fsync",
        )
    )
    key, certificate = folder / "server.key", folder / "server.crt"
    _openssl("genrsa", "-out", str(key), "2048")
    _openssl(
        *("req", "-x509", "-new", "-key", str(key), "-out", str(certificate), "-days", "2"),
        *("-subj", "/CN=127.0.0.1", "-addext", "subjectAltName=IP:127.0.0.1"),
    )
    (folder / "tokens.csv").write_text(f"{_TOKEN},bench,bench,system:masters\n")
    started.append(
        _spawn(
            folder,
            binaries / "kube-apiserver",
            f"--etcd-servers={client_url}",
            "--bind-address=127.0.0.1",
            "--advertise-address=127.0.0.1",
            f"--secure-port={port}",
            f"--tls-cert-file={certificate}",
            f"--tls-private-key-file={key}",
            f"--token-auth-file={folder / 'tokens.csv'}",
            "--authorization-mode=RBAC",
            "--service-account-issuer=https://kubernetes.default.svc",
            f"--service-account-signing-key-file={key}",
            f"--service-account-key-file={key}",
            "--api-audiences=api",
            "--service-cluster-ip-range=10.0.0.0/24",
            "--disable-admission-plugins=ServiceAccount",
        )
    )
    return Server(
        name=name,
        url=f"https://127.0.0.1:{port}",
        token=_TOKEN,
        authority=certificate.read_text(),
    )


def _spawn(folder: Path, program: Path, *flags: str) -> subprocess.Popen[bytes]:
    with (folder / f"{program.name}.log").open("wb") as log:
        return subprocess.Popen([str(program), *flags], stdout=log, stderr=subprocess.STDOUT)


def _openssl(*arguments: str) -> None:
    program = shutil.which("openssl")
    if program is None:
        raise SettingsInvalid("openssl is not installed", hint="it makes the servers' certificates")
    subprocess.run([program, *arguments], check=True, capture_output=True)


def _port() -> int:
    """A loopback port that nobody listens on at this moment."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])


def _wait_until_ready(server: Server) -> None:
    deadline = time.monotonic() + _START_SECONDS
    context = ssl.create_default_context(cadata=server.authority)
    request = urllib.request.Request(f"{server.url}/api/v1/namespaces/default")  # noqa: S310
    request.add_header("Authorization", f"Bearer {server.token}")
    while time.monotonic() < deadline:
        try:
            with urllib.request.urlopen(request, context=context, timeout=5):  # noqa: S310
                return
        except (OSError, urllib.error.HTTPError):
            time.sleep(0.2)
    raise SettingsInvalid(f"{server.name} did not become ready in {_START_SECONDS:.0f} s")
