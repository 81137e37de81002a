"""Kubeconfigs for simulated clusters: `<folder>/<cluster>.kubeconfig`."""

from __future__ import annotations

import base64
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml

from reconciler.adapters.simulation.fleet import Endpoint


def document(endpoint: Endpoint) -> dict[str, Any]:
    """A kubeconfig with this cluster as its only context."""
    cluster: dict[str, Any] = {"server": endpoint.url}
    if endpoint.ca_file is not None:
        trusted = base64.b64encode(endpoint.ca_file.read_bytes()).decode()
        cluster["certificate-authority-data"] = trusted
    name = endpoint.name
    return {
        "apiVersion": "v1",
        "kind": "Config",
        "clusters": [{"name": name, "cluster": cluster}],
        "users": [{"name": name, "user": {"token": endpoint.token}}],
        "contexts": [{"name": name, "context": {"cluster": name, "user": name}}],
        "current-context": name,
    }


def write(folder: Path, endpoints: Mapping[str, Endpoint]) -> list[Path]:
    """One file a cluster, readable by its owner alone; returns their paths."""
    folder.mkdir(parents=True, exist_ok=True)
    written = []
    for endpoint in endpoints.values():
        path = folder / f"{endpoint.name}.kubeconfig"
        path.touch(mode=0o600)
        path.write_text(yaml.safe_dump(document(endpoint), sort_keys=False))
        written.append(path)
    return written
