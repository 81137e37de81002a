"""A fleet under test: a real Git repository, real HTTP members, and the hub over both."""

from __future__ import annotations

import random
import subprocess
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml

from reconciler.adapters.clock import SystemClock
from reconciler.adapters.members.opening import open_member
from reconciler.adapters.members.pacing import Limits, Time
from reconciler.model.cluster import Cluster
from reconciler.model.diagnostic import Severity
from reconciler.model.identity import ObjectKey
from reconciler.runtime.executor import Result
from reconciler.runtime.hub import Hub, PassResult
from reconciler.runtime.ports import Member
from reconciler.runtime.repository import FleetRepository
from reconciler.runtime.settings import Settings
from tests.stories.memberbench import Server

FLEET_ID = "fleet-under-test"
CONFIG = f"""\
apiVersion: fleet-reconciler.io/v1alpha1
kind: FleetConfig
fleetId: {FLEET_ID}
"""


class FleetBench:
    """What a person and the hub do to one fleet."""

    def __init__(
        self, folder: Path, servers: Mapping[str, Server], *, config: str = CONFIG
    ) -> None:
        self.folder, self.servers = folder, servers
        self.repo = folder / "fleet"
        self.credentials = folder / "credentials"
        self.repo.mkdir(parents=True)
        self.git("init", "-q", "-b", "main")
        self.git("config", "user.name", "Alex Example")
        self.git("config", "user.email", "alex@shop.example")
        self.write("reconciler.yaml", config)
        for name, server in servers.items():
            self.add_cluster(name, server)
        self.hub = self._hub()

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

    def write_documents(self, path: str, *documents: Mapping[str, Any]) -> None:
        """One file with these documents."""
        self.write(path, yaml.safe_dump_all(documents, sort_keys=False))

    def add_cluster(self, name: str, server: Server, **spec: Any) -> None:
        """A Cluster document with its credentials."""
        document = {
            "apiVersion": "cluster.karmada.io/v1alpha1",
            "kind": "Cluster",
            "metadata": {"name": name},
            "spec": {
                "syncMode": "Push",
                "apiEndpoint": server.url,
                "secretRef": {"namespace": "fleet", "name": name},
                **spec,
            },
        }
        self.write_documents(f"clusters/{name}.yaml", document)
        secret = self.credentials / "fleet" / name
        secret.mkdir(parents=True, exist_ok=True)
        (secret / "token").write_text(server.token)
        if server.ca_pem():
            (secret / "caBundle").write_text(server.ca_pem())

    def remove(self, path: str) -> None:
        """One file less."""
        (self.repo / path).unlink()

    def commit(self, message: str = "change") -> str:
        """Everything in the work tree as a commit; its id."""
        self.git("add", "-A")
        self.git("commit", "-q", "--allow-empty", "-m", message)
        return self.git("rev-parse", "HEAD").strip()

    async def apply(self, *, dry_run: bool = False) -> PassResult:
        """One pass."""
        return await self.hub.reconcile(dry_run=dry_run)

    async def apply_commit(self, message: str = "change") -> PassResult:
        """Commit and one pass."""
        self.commit(message)
        return await self.apply()

    def restart(self) -> None:
        """A hub that remembers nothing but what Git says."""
        self.hub = self._hub()

    def summary(self) -> Any:
        """`summary.yaml` of the status branch."""
        return yaml.safe_load(self.git("show", "reconciler/status:summary.yaml"))

    def document(self, branch: str, path: str) -> Any:
        """One document of a branch of ours."""
        return yaml.safe_load(self.git("show", f"{branch}:{path}"))

    def _hub(self) -> Hub:
        clock = SystemClock()
        chance = random.Random(1)  # noqa: S311 - spreads retries
        time = Time(now=clock.monotonic, wait=clock.sleep, chance=chance.random)
        limits = Limits(timeout_seconds=5, connect_seconds=2, attempts=1)
        settings = Settings(
            repo=str(self.repo),
            workdir=self.folder / "work",
            credentials=self.credentials,
            limits=limits,
        )

        def opener(cluster: Cluster) -> Member:
            return open_member(cluster, self.credentials, time=time, limits=limits, redact=str)

        return Hub(
            settings=settings,
            repository=FleetRepository.of(settings),
            opener=opener,
            clock=clock,
        )


def written(done: PassResult) -> set[tuple[str, str, str]]:
    """(cluster, action, object) of everything that was carried out."""
    return {
        (one.change.cluster, str(one.change.action), str(one.change.key))
        for one in done.execution.results
        if one.result is Result.DONE
    }


def messages(done: PassResult, key: ObjectKey) -> set[str]:
    """What was said about one object."""
    return {one.message for one in done.execution.results if one.change.key == key}


def codes(done: PassResult) -> set[str]:
    """Codes of all errors."""
    return {one.code for one in done.diagnostics if one.severity is Severity.ERROR}


def deployment(
    name: str,
    *,
    replicas: int = 2,
    image: str = "shop/web:1",
    labels: Mapping[str, str] | None = None,
) -> Any:
    """A Deployment as people write it."""
    return {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {"name": name, "namespace": "shop", "labels": {"app": name, **(labels or {})}},
        "spec": {
            "replicas": replicas,
            "selector": {"matchLabels": {"app": name}},
            "template": {
                "metadata": {"labels": {"app": name}},
                "spec": {"containers": [{"name": "main", "image": image}]},
            },
        },
    }


def config_map(name: str, **data: str) -> Any:
    """A ConfigMap."""
    return {
        "apiVersion": "v1",
        "kind": "ConfigMap",
        "metadata": {"name": name, "namespace": "shop"},
        "data": data,
    }


def policy(name: str, *kinds: tuple[str, str], **spec: Any) -> Any:
    """A PropagationPolicy of namespace shop that selects all objects of these kinds."""
    return {
        "apiVersion": "policy.karmada.io/v1alpha1",
        "kind": "PropagationPolicy",
        "metadata": {"name": name, "namespace": "shop"},
        "spec": {
            "resourceSelectors": [{"apiVersion": version, "kind": kind} for version, kind in kinds],
            "placement": {},
            **spec,
        },
    }


def place(kind: str, name: str, namespace: str = "shop") -> str:
    """The path of an object of these kinds at an API server."""
    plural = {
        "Deployment": "apis/apps/v1/namespaces/{}/deployments",
        "ConfigMap": "api/v1/namespaces/{}/configmaps",
    }[kind]
    return f"/{plural.format(namespace)}/{name}"
