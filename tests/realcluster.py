"""A real etcd and kube-apiserver on loopback ports, for tests marked `cluster`.

The binaries come from the folder that KUBEBUILDER_ASSETS names (envtest's convention) or from the
cache folder of the script that builds them. Flags are those that servers from 1.20 to today accept.
The server makes its own certificate; `admintoken` is in system:masters, `viewtoken` has no rights.
"""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import socket
import ssl
import subprocess
import tempfile
import time
import urllib.error
import urllib.request
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Self

ADMIN_TOKEN = "admintoken"
VIEW_TOKEN = "viewtoken"
_TOKENS = f"{ADMIN_TOKEN},admin,admin,system:masters\n{VIEW_TOKEN},viewer,viewer\n"
_AUDIT_POLICY = """\
apiVersion: audit.k8s.io/v1
kind: Policy
omitStages: [RequestReceived]
rules: [{level: Metadata}]
"""
_START_SECONDS = 90.0


def assets() -> Path | None:
    """The folder with etcd and kube-apiserver, or None when there is none."""
    named = os.environ.get("KUBEBUILDER_ASSETS")
    if named:
        candidates = [Path(named)]
    else:
        cache = os.environ.get("KUBE_ASSETS_DIR") or Path.home() / ".cache" / "kube-assets"
        candidates = sorted(Path(cache).glob("v*"), reverse=True)
    for folder in candidates:
        if all((folder / name).exists() for name in ("etcd", "kube-apiserver")):
            return folder
    return None


def free_port() -> int:
    """A loopback port that nobody listens on at this moment."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])


@dataclass
class RealApiServer:
    """One etcd, one kube-apiserver and, on request, one kube-controller-manager.

    Use as a context manager, or `start()` and `stop()`. After `start()`: `url`, `ca_file`,
    `token`, `audit_log`. `kill()` and `restart()` take the API server away and bring it back under
    the same address, with the same certificate and data.
    """

    binaries: Path
    controller_manager: bool = False
    extra_flags: tuple[str, ...] = ()
    folder: Path = field(init=False)
    url: str = field(init=False, default="")
    token: str = ADMIN_TOKEN
    _started: list[subprocess.Popen[bytes]] = field(init=False, default_factory=list)
    _apiserver: subprocess.Popen[bytes] | None = field(init=False, default=None)
    _apiserver_flags: tuple[str, ...] = field(init=False, default=())

    @property
    def ca_file(self) -> Path:
        """The certificate that clients trust; the server signed it itself."""
        return self.folder / "certs" / "apiserver.crt"

    @property
    def audit_log(self) -> Path:
        """One JSON event a line, level Metadata."""
        return self.folder / "audit.log"

    @property
    def version(self) -> str:
        """`major.minor` as the server reports it."""
        _, body = self.request("GET", "/version")
        return f"{body['major']}.{body['minor'].rstrip('+')}"

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def start(self) -> None:
        """Start and wait until `/readyz` says ok; RuntimeError with the ends of the logs if not."""
        self.folder = Path(tempfile.mkdtemp(prefix="real-apiserver-"))
        try:
            etcd_url = self._start_etcd()
            self._start_apiserver(etcd_url)
            self._wait_until_ready()
            if self.controller_manager:
                self._start_controller_manager()
        except BaseException:
            self.stop()
            raise

    def stop(self) -> None:
        """End what was started, last first, and remove its files."""
        for process in reversed(self._started):
            process.terminate()
            try:
                process.wait(timeout=10)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
        self._started.clear()
        self._apiserver = None
        shutil.rmtree(self.folder, ignore_errors=True)

    def kill(self) -> None:
        """End the API server as the kernel does when there is no memory left; etcd lives on."""
        assert self._apiserver is not None, "it runs"
        self._apiserver.kill()
        self._apiserver.wait()
        self._started.remove(self._apiserver)
        self._apiserver = None

    def restart(self) -> None:
        """Start a killed API server again, and wait until it is ready."""
        assert self._apiserver is None, "it was killed"
        self._apiserver = self._spawn("kube-apiserver", *self._apiserver_flags)
        self._wait_until_ready()

    def request(
        self,
        method: str,
        path: str,
        body: Any = None,
        *,
        token: str | None = None,
        content_type: str = "application/json",
    ) -> tuple[int, Any]:
        """Status code and decoded JSON (or text) of one request, whatever the code is."""
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(self.url + path, data=data, method=method)  # noqa: S310
        request.add_header("Authorization", f"Bearer {token or self.token}")
        if data is not None:
            request.add_header("Content-Type", content_type)
        try:
            with urllib.request.urlopen(request, context=self.ssl_context(), timeout=30) as answer:  # noqa: S310
                return answer.status, _decoded(answer.read())
        except urllib.error.HTTPError as error:
            with error:
                return error.code, _decoded(error.read())

    def ssl_context(self) -> ssl.SSLContext:
        """A client context that trusts this server only."""
        return ssl.create_default_context(cafile=str(self.ca_file))

    def write_kubeconfig(self, path: Path, *, token: str | None = None) -> Path:
        """A kubeconfig with this server as the current context."""
        path.write_text(
            json.dumps(
                {
                    "apiVersion": "v1",
                    "kind": "Config",
                    "clusters": [
                        {
                            "name": "real",
                            "cluster": {
                                "server": self.url,
                                "certificate-authority": str(self.ca_file),
                            },
                        }
                    ],
                    "users": [{"name": "user", "user": {"token": token or self.token}}],
                    "contexts": [{"name": "real", "context": {"cluster": "real", "user": "user"}}],
                    "current-context": "real",
                }
            )
        )
        return path

    def _start_etcd(self) -> str:
        client, peer = (f"http://127.0.0.1:{free_port()}" for _ in range(2))
        self._spawn(
            "etcd",
            f"--data-dir={self.folder / 'etcd'}",
            f"--listen-client-urls={client}",
            f"--advertise-client-urls={client}",
            f"--listen-peer-urls={peer}",
            f"--initial-advertise-peer-urls={peer}",
            f"--initial-cluster=default={peer}",
            "--unsafe-no-fsync",
        )
        return client

    def _start_apiserver(self, etcd_url: str) -> None:
        port = free_port()
        self.url = f"https://127.0.0.1:{port}"
        (self.folder / "tokens.csv").write_text(_TOKENS)
        (self.folder / "audit.yaml").write_text(_AUDIT_POLICY)
        key = self.folder / "sa.key"
        subprocess.run(
            ["openssl", "genrsa", "-out", str(key), "2048"], check=True, capture_output=True
        )
        self._apiserver_flags = (
            f"--etcd-servers={etcd_url}",
            "--bind-address=127.0.0.1",
            "--advertise-address=127.0.0.1",
            f"--secure-port={port}",
            f"--cert-dir={self.folder / 'certs'}",
            f"--token-auth-file={self.folder / 'tokens.csv'}",
            "--authorization-mode=RBAC",
            "--service-account-issuer=https://kubernetes.default.svc",
            f"--service-account-signing-key-file={key}",
            f"--service-account-key-file={key}",
            "--api-audiences=api",
            "--service-cluster-ip-range=10.0.0.0/24",
            "--disable-admission-plugins=ServiceAccount",
            "--allow-privileged=true",
            f"--audit-policy-file={self.folder / 'audit.yaml'}",
            f"--audit-log-path={self.audit_log}",
            *self.extra_flags,
        )
        self._apiserver = self._spawn("kube-apiserver", *self._apiserver_flags)

    def _start_controller_manager(self) -> None:
        kubeconfig = self.write_kubeconfig(self.folder / "controller-manager.kubeconfig")
        self._spawn(
            "kube-controller-manager",
            f"--kubeconfig={kubeconfig}",
            f"--cert-dir={self.folder / 'controller-manager'}",
            "--bind-address=127.0.0.1",
            f"--secure-port={free_port()}",
            "--leader-elect=false",
            f"--service-account-private-key-file={self.folder / 'sa.key'}",
            "--use-service-account-credentials=false",
            *self._without_plain_port(),
        )

    def _without_plain_port(self) -> tuple[str, ...]:
        """Up to 1.21 a controller manager opens a fixed port too, which a second one cannot have;
        later ones do not know the flag any more.
        """
        minor = int(self.version.partition(".")[2])
        return ("--port=0",) if minor < 22 else ()

    def _spawn(self, name: str, *flags: str) -> subprocess.Popen[bytes]:
        with (self.folder / f"{name}.log").open("ab") as log:
            process = subprocess.Popen(
                [str(self.binaries / name), *flags], stdout=log, stderr=subprocess.STDOUT
            )
        self._started.append(process)
        return process

    def _wait_until_ready(self) -> None:
        deadline = time.monotonic() + _START_SECONDS
        while time.monotonic() < deadline:
            if any(process.poll() is not None for process in self._started):
                break
            with contextlib.suppress(OSError, ssl.SSLError):
                code, _ = self.request("GET", "/readyz")
                namespaces, _ = self.request("GET", "/api/v1/namespaces/default")
                if code == namespaces == 200:
                    return
            time.sleep(0.2)
        raise RuntimeError(f"kube-apiserver did not become ready:\n{self._log_ends()}")

    def _log_ends(self) -> str:
        logs = sorted(self.folder.glob("*.log"))
        return "\n".join(f"{log.name}: {log.read_text(errors='replace')[-2000:]}" for log in logs)


def _decoded(raw: bytes) -> Any:
    try:
        return json.loads(raw)
    except ValueError:
        return raw.decode(errors="replace")
