"""An interpreter webhook over real TLS whose answers a test decides."""

from __future__ import annotations

import base64
import json
import ssl
import subprocess
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

#: Makes the response (without uid) of a request, or raw bytes instead; a failure is a status 500.
Answer = Callable[[dict[str, Any]], dict[str, Any] | bytes]
PATH = "/interpret"


@dataclass
class Hook:
    """A running webhook. `asked` are the requests it got."""

    url: str
    ca_bundle: str
    asked: list[dict[str, Any]] = field(default_factory=list)

    def client(self) -> dict[str, str]:
        """The clientConfig that leads to it."""
        return {"url": self.url, "caBundle": self.ca_bundle}

    def configuration(self, kind: str, *operations: str, timeout: int = 5) -> dict[str, Any]:
        """A ResourceInterpreterWebhookConfiguration for a kind of example.io/v1."""
        rule = {
            "operations": list(operations) or ["*"],
            "apiGroups": ["example.io"],
            "apiVersions": ["v1"],
            "kinds": [kind],
        }
        return {
            "apiVersion": "config.karmada.io/v1alpha1",
            "kind": "ResourceInterpreterWebhookConfiguration",
            "metadata": {"name": f"for-{kind.lower()}"},
            "webhooks": [
                {
                    "name": f"{kind.lower()}.example.io",
                    "clientConfig": self.client(),
                    "rules": [rule],
                    "timeoutSeconds": timeout,
                    "interpreterContextVersions": ["v1alpha1"],
                }
            ],
        }


def certificate(folder: Path) -> tuple[Path, Path]:
    """A key and a certificate for loopback that signs itself."""
    key, cert = folder / "hook.key", folder / "hook.crt"
    subprocess.run(
        [
            *("openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256"),
            *("-nodes", "-days", "2", "-subj", "/CN=hook", "-keyout", str(key), "-out", str(cert)),
            *("-addext", "subjectAltName=IP:127.0.0.1,DNS:localhost"),
        ],
        check=True,
        capture_output=True,
    )
    return key, cert


class Server(ThreadingHTTPServer):
    """Every connection in a thread; what clients refuse is their business."""

    daemon_threads = True
    block_on_close = False

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A handshake that a client broke off is no error of the test."""


def handler_of(answer: Answer, running: Hook) -> type[BaseHTTPRequestHandler]:
    """Answers as the test decides; from any other path there is a redirect."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            document = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            request = document["request"]
            if self.path != PATH:
                self.send_response(302)
                self.send_header("Location", PATH)
                self.send_header("Content-Length", "0")
                self.end_headers()
                return
            running.asked.append(request)
            try:
                given = answer(request)
            except ValueError:
                self.send_error(500)
                return
            if isinstance(given, dict):
                response = {"uid": request["uid"], "successful": True, **given}
                given = json.dumps({**document, "response": response}).encode()
            self.send_response(200)
            self.send_header("Content-Length", str(len(given)))
            self.end_headers()
            self.wfile.write(given)

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002
            """Nothing is printed."""

    return Handler


@contextmanager
def hook(folder: Path, answer: Answer) -> Iterator[Hook]:
    """Serve in threads until the test is over."""
    key, cert = certificate(folder)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(cert, key)
    running = Hook(url="", ca_bundle=base64.b64encode(cert.read_bytes()).decode())
    server = Server(("127.0.0.1", 0), handler_of(answer, running))
    server.socket = context.wrap_socket(
        server.socket, server_side=True, do_handshake_on_connect=False
    )
    running.url = f"https://127.0.0.1:{server.server_address[1]}{PATH}"
    thread = threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True)
    thread.start()
    try:
        yield running
    finally:
        server.shutdown()
        server.server_close()
        thread.join(timeout=10)
