"""Pods of a member whose kubelets are the test: their status is set through the API."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

from tests.stories.memberbench import Server

PODS = "/api/v1/namespaces/{}/pods"
_MERGE = "application/strategic-merge-patch+json"


def pods(server: Server, namespace: str = "shop") -> list[Any]:
    """The pods that the member's controllers made."""
    status, body = server.request("GET", PODS.format(namespace))
    assert status == 200, body
    return list(body["items"])


def make_ready(server: Server, namespace: str = "shop") -> int:
    """Every pod runs and is ready; how many there are."""
    found = pods(server, namespace)
    for pod in found:
        set_pod_status(server, pod, phase="Running", ready="True")
    return len(found)


def set_pod_status(server: Server, pod: Any, *, phase: str, ready: str) -> None:
    """What a kubelet would write."""
    metadata = pod["metadata"]
    path = f"{PODS.format(metadata['namespace'])}/{metadata['name']}/status"
    conditions = [{"type": kind, "status": ready} for kind in ("ContainersReady", "Ready")]
    patch = {"status": {"phase": phase, "conditions": conditions}}
    status, body = server.request("PATCH", path, patch, content_type=_MERGE)
    assert status == 200, body


def until(condition: Callable[[], bool], seconds: float = 60.0) -> None:
    """Wait until it holds."""
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "the time is up"
        time.sleep(0.2)
