"""Random but reproducible writes to a few objects: what a fleet's many hands do to a member."""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from tests.members.contract import APPLY, JSON, MERGE, STRATEGIC

DEPLOYMENTS = "/apis/apps/v1/namespaces/{space}/deployments"
SERVICES = "/api/v1/namespaces/{space}/services"
CONFIG_MAPS = "/api/v1/namespaces/{space}/configmaps"
NAMES = ("n1", "n2")


@dataclass(frozen=True, kw_only=True)
class Write:
    """One request."""

    method: str
    path: str
    body: Any = None
    media: str = JSON
    query: dict[str, Any] = field(default_factory=dict)


class Author:
    """Draws requests from a seed."""

    def __init__(self, seed: int, space: str) -> None:
        self._random = random.Random(seed)  # noqa: S311 — reproducible, no secrets
        self._space = space

    def writes(self, count: int) -> Iterator[Write]:
        for _ in range(count):
            yield self._write()

    def _write(self) -> Write:
        collection, body = self._random.choice(
            (
                (DEPLOYMENTS, self._deployment),
                (DEPLOYMENTS, self._deployment),
                (SERVICES, self._service),
                (CONFIG_MAPS, self._config_map),
            )
        )
        manifest = body(self._random.choice(NAMES))
        path = collection.format(space=self._space)
        one = f"{path}/{manifest['metadata']['name']}"
        updater = {"fieldManager": self._random.choice("xy")}
        kind = self._random.choices(
            ("apply", "merge", "strategic", "post", "delete"), (55, 12, 15, 12, 6)
        )[0]
        if kind == "apply":
            query = {
                "fieldManager": self._random.choice("abc"),
                "force": self._random.choice(("true", "false")),
            }
            return Write(method="PATCH", path=one, body=manifest, media=APPLY, query=query)
        if kind in ("merge", "strategic"):
            media = MERGE if kind == "merge" else STRATEGIC
            part = self._part(manifest)
            return Write(method="PATCH", path=one, body=part, media=media, query=updater)
        if kind == "post":
            return Write(method="POST", path=path, body=manifest, query=updater)
        return Write(method="DELETE", path=one)

    def _part(self, value: dict[str, Any]) -> dict[str, Any]:
        """Some of a manifest as a merge patch, a null here and there."""
        names = [name for name in value if name not in ("apiVersion", "kind", "name", "namespace")]
        if not names:
            return {}
        taken = self._random.sample(names, self._random.randint(1, min(2, len(names))))
        part: dict[str, Any] = {}
        for name in taken:
            below = value[name]
            if isinstance(below, dict) and self._random.random() < 0.9:
                part[name] = self._part(below)
            else:
                part[name] = None if self._random.random() < 0.15 else below
        return part

    def _sometimes(self, share: float) -> bool:
        return self._random.random() < share

    def _metadata(self, name: str) -> dict[str, Any]:
        metadata: dict[str, Any] = {"name": name}
        choose = self._random
        if self._sometimes(0.5):
            keys = choose.sample("abc", choose.randint(0, 3))
            metadata["labels"] = {key: choose.choice("12") for key in keys}
        if self._sometimes(0.3):
            keys = choose.sample("xyz", choose.randint(0, 2))
            metadata["annotations"] = {key: choose.choice(("1", "2", "")) for key in keys}
        return metadata

    def _config_map(self, name: str) -> dict[str, Any]:
        keys = self._random.sample("abcd", self._random.randint(0, 4))
        data = {key: self._random.choice(("1", "2", "")) for key in keys}
        metadata = self._metadata(name)
        return {"apiVersion": "v1", "kind": "ConfigMap", "metadata": metadata, "data": data}

    def _service(self, name: str) -> dict[str, Any]:
        drawn = self._random.sample((("a", 80), ("b", 81), ("c", 82)), self._random.randint(1, 3))
        ports = [
            {"name": port_name, "port": port, "protocol": self._random.choice(("TCP", "UDP"))}
            for port_name, port in drawn
        ]
        spec: dict[str, Any] = {"ports": ports}
        if self._sometimes(0.7):
            keys = self._random.sample("ab", self._random.randint(1, 2))
            spec["selector"] = dict.fromkeys(keys, "1")
        metadata = self._metadata(name)
        return {"apiVersion": "v1", "kind": "Service", "metadata": metadata, "spec": spec}

    def _deployment(self, name: str) -> dict[str, Any]:
        names = self._random.sample("cde", self._random.randint(1, 3))
        labels = {"app": name}
        if self._sometimes(0.4):
            labels["v"] = self._random.choice("12")
        pod: dict[str, Any] = {"containers": [self._container(one) for one in names]}
        if self._sometimes(0.2):
            pod["terminationGracePeriodSeconds"] = self._random.choice((0, 10, 30))
        if self._sometimes(0.2):
            key = self._random.choice("kl")
            pod["tolerations"] = [{"key": key, "operator": "Exists"}]
        spec: dict[str, Any] = {
            "selector": {"matchLabels": {"app": name}},
            "template": {"metadata": {"labels": labels}, "spec": pod},
        }
        if self._sometimes(0.6):
            spec["replicas"] = self._random.choice((0, 1, 2, 3))
        if self._sometimes(0.2):
            spec["paused"] = self._random.choice((True, False))
        metadata = self._metadata(name)
        return {"apiVersion": "apps/v1", "kind": "Deployment", "metadata": metadata, "spec": spec}

    def _container(self, name: str) -> dict[str, Any]:
        choose = self._random
        container: dict[str, Any] = {"name": name, "image": choose.choice(("i:1", "i:2", "i"))}
        if self._sometimes(0.4):
            keys = choose.sample("ABCD", choose.randint(0, 3))
            container["env"] = [
                {"name": key, "value": choose.choice(("1", "2", ""))} for key in keys
            ]
        if self._sometimes(0.3):
            ports = choose.sample((80, 81, 82), choose.randint(1, 2))
            container["ports"] = [
                {"containerPort": port, "protocol": choose.choice(("TCP", "UDP"))} for port in ports
            ]
        if self._sometimes(0.2):
            container["resources"] = {"limits": {"cpu": choose.choice(("1", "500m", "0.5"))}}
        if self._sometimes(0.2):
            container["args"] = [choose.choice("ab") for _ in range(choose.randint(0, 2))]
        if self._sometimes(0.15):
            probe = {"path": choose.choice(("/", "/h")), "port": choose.choice((80, "http"))}
            container["livenessProbe"] = {"httpGet": probe}
        return container
