"""A self-signed certificate for a served fleet, made with the openssl program.

kubectl sends tokens over TLS only; clients of ours do not need it.
"""

from __future__ import annotations

import ssl
import subprocess
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True, kw_only=True)
class Certificate:
    """Certificate and key; the certificate is also what clients trust."""

    path: Path
    key: Path

    def server_context(self) -> ssl.SSLContext:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(self.path, self.key)
        return context


def self_signed(folder: Path, *, days: int = 365) -> Certificate:
    """A certificate for loopback in `folder`; the one that is there is used again.

    Raises FileNotFoundError without openssl, subprocess.CalledProcessError when it fails.
    """
    certificate = Certificate(path=folder / "simulation.crt", key=folder / "simulation.key")
    if certificate.path.exists() and certificate.key.exists():
        return certificate
    folder.mkdir(parents=True, exist_ok=True)
    subprocess.run(
        [
            "openssl",
            "req",
            "-x509",
            "-newkey",
            "ec",
            "-pkeyopt",
            "ec_paramgen_curve:prime256v1",
            "-nodes",
            "-days",
            str(days),
            "-subj",
            "/CN=simulation",
            "-addext",
            "subjectAltName=IP:127.0.0.1,DNS:localhost",
            "-keyout",
            str(certificate.key),
            "-out",
            str(certificate.path),
        ],
        check=True,
        capture_output=True,
    )
    certificate.key.chmod(0o600)
    return certificate
