"""What the contract suite talks to: a simulated or a real API server behind one small client."""

from __future__ import annotations

import itertools
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import requests

JSON = "application/json"
MERGE = "application/merge-patch+json"
STRATEGIC = "application/strategic-merge-patch+json"
JSON_PATCH = "application/json-patch+json"
APPLY = "application/apply-patch+yaml"
_names = itertools.count(1)


@dataclass
class Server:
    """A running API server. `minor` is what version-dependent expectations look at."""

    url: str
    minor: int
    token: str = "admintoken"
    viewer: str = "viewtoken"
    verify: str | bool = True
    is_real: bool = False
    session: requests.Session = field(default_factory=requests.Session)

    def call(
        self,
        method: str,
        path: str,
        body: Any = None,
        *,
        media: str = JSON,
        token: str | None = None,
        headers: Mapping[str, str] | None = None,
        **query: Any,
    ) -> tuple[int, Any]:
        """Status code and decoded answer."""
        data = body if isinstance(body, bytes | str) or body is None else json.dumps(body)
        response = self.session.request(
            method,
            self.url + path,
            data=data,
            params={name: value for name, value in query.items() if value is not None},
            headers={
                "Authorization": f"Bearer {self.token if token is None else token}",
                "User-Agent": "contract/1",
                **({"Content-Type": media} if data is not None else {}),
                **(headers or {}),
            },
            verify=self.verify,
            timeout=20,
        )
        try:
            return response.status_code, response.json()
        except ValueError:
            return response.status_code, response.text

    def get(self, path: str, **query: Any) -> tuple[int, Any]:
        return self.call("GET", path, **query)

    def post(self, path: str, body: Any, **query: Any) -> tuple[int, Any]:
        return self.call("POST", path, body, **query)

    def put(self, path: str, body: Any, **query: Any) -> tuple[int, Any]:
        return self.call("PUT", path, body, **query)

    def patch(self, path: str, body: Any, media: str = MERGE, **query: Any) -> tuple[int, Any]:
        return self.call("PATCH", path, body, media=media, **query)

    def apply(self, path: str, body: Any, manager: str, **query: Any) -> tuple[int, Any]:
        return self.patch(path, body, APPLY, fieldManager=manager, **query)

    def delete(self, path: str, body: Any = None, **query: Any) -> tuple[int, Any]:
        return self.call("DELETE", path, body, **query)

    def watch(self, path: str, **query: Any) -> list[dict[str, Any]]:
        """The events of a watch that ends after a second."""
        query.setdefault("timeoutSeconds", 1)
        response = self.session.get(
            self.url + path,
            params={"watch": "1", **query},
            headers={"Authorization": f"Bearer {self.token}"},
            verify=self.verify,
            timeout=20,
        )
        return [json.loads(line) for line in response.text.splitlines()]

    def namespace(self) -> str:
        """A fresh namespace; returns its name."""
        name = f"case-{next(_names)}"
        code, _ = self.post(
            "/api/v1/namespaces",
            {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name}},
        )
        assert code == 201
        return name


def config_map(name: str, data: Mapping[str, str] | None = None, **metadata: Any) -> dict[str, Any]:
    return {
        "apiVersion": "v1",
        "kind": "ConfigMap",
        "metadata": {"name": name, **metadata},
        "data": dict(data or {"k": "v"}),
    }


def deployment(name: str, *, replicas: int | None = 2, image: str = "img:1") -> dict[str, Any]:
    spec: dict[str, Any] = {
        "selector": {"matchLabels": {"app": name}},
        "template": {
            "metadata": {"labels": {"app": name}},
            "spec": {"containers": [{"name": "c", "image": image}]},
        },
    }
    if replicas is not None:
        spec["replicas"] = replicas
    return {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {"name": name},
        "spec": spec,
    }


def reason(answer: Any) -> Any:
    return answer.get("reason") if isinstance(answer, dict) else None


def owners(manifest: Mapping[str, Any]) -> dict[str, Any]:
    """manager → its fields."""
    return {entry["manager"]: entry["fieldsV1"] for entry in manifest["metadata"]["managedFields"]}
