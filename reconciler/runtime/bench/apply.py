"""`bench apply`: a burst of applications to all members at once, and a second pass over the same.

The hub is the real one, with a repository, a state branch and a report; the floor sends the same
bytes and does nothing else. Rounds alternate; every round has a fleet and a namespace of its own.
"""

from __future__ import annotations

import asyncio
import gc
import statistics
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

import pygit2

from reconciler.adapters.git import BranchWriter
from reconciler.model.emit import emit_yaml
from reconciler.model.source import Identity, Move
from reconciler.runtime.bench.apart import apart
from reconciler.runtime.bench.floor import Request, floor
from reconciler.runtime.bench.measure import Row, Watch
from reconciler.runtime.bench.options import Options
from reconciler.runtime.bench.servers import Server, servers
from reconciler.runtime.executor import Result
from reconciler.runtime.offline import Planner
from reconciler.runtime.repository import FleetRepository
from reconciler.runtime.results import PassResult
from reconciler.runtime.service import build_hub
from reconciler.runtime.settings import Settings

PART: Final = "apply"
_ROUNDS: Final = 3
_TIMES_THE_FLOOR: Final = 2.0
_AGAIN_SECONDS: Final = 5.0
_MAIN: Final = "refs/heads/main"
_OURS: Final = b'"karmada.io/managed":"true"'
_NOBODYS: Final = b'"karmada.io/managed":"bare"'


def rows(options: Options) -> Iterator[Row]:
    """The first pass beside its floor, and the second pass."""
    yield from apart(_measured, options)


@dataclass(frozen=True, slots=True)
class _Round:
    """One fleet of one round: its applications and where it stands."""

    number: int
    apps: int
    folder: Path

    @property
    def namespace(self) -> str:
        """As long as a namespace of the floor."""
        return f"bench-{self.number}-own"

    def files(self, members: Sequence[Server]) -> dict[str, bytes]:
        """The fleet repo."""
        files = {"reconciler.yaml": emit_yaml(_config(self.number))}
        files |= {f"clusters/{one.name}.yaml": emit_yaml(_cluster(one)) for one in members}
        files["policy.yaml"] = emit_yaml(_policy(self.namespace))
        for number in range(self.apps):
            files[f"apps/{number}.yaml"] = emit_yaml(_app(number, self.namespace))
        return files


def _measured(options: Options) -> list[Row]:
    first, again, floors = Watch(), Watch(), []
    writes = 0
    with servers(options.members, options.folder) as members:
        for number in range(_ROUNDS):
            one = _Round(number, options.apps, options.folder / f"round-{number}")
            hub = _hub(one, members)
            gc.collect()
            with first.lap():
                done = asyncio.run(hub.reconcile())
            _require_done(done, options.apps * len(members))
            with again.lap():
                second = asyncio.run(hub.reconcile())
            writes += second.execution.count(Result.DONE)
            floors.append(floor(members, _requests(one), f"bench-{number}"))
        size = options.apps * len(members)
    assert writes == 0, f"a second pass wrote {writes} objects"
    raw = statistics.median(floors)
    name = f"{options.apps} apps to {options.members}"
    return [
        first.row(PART, name, size=size, count="objects", floor=raw, limit=raw * _TIMES_THE_FLOOR),
        again.row(PART, f"{name}, again: 0 writes", count="passes", limit=_AGAIN_SECONDS),
    ]


def _require_done(done: PassResult, size: int) -> None:
    """A pass that wrote less measured nothing."""
    written = sum(
        1
        for one in done.execution.results
        if one.result is Result.DONE and one.change.key.kind == "Deployment"
    )
    problems = [str(one) for one in done.diagnostics]
    problems += sorted({one.message for one in done.execution.results if one.message})[:5]
    assert written == size, f"{written} of {size} objects were applied: {problems}"


def _hub(one: _Round, members: Sequence[Server]) -> Any:
    repo = one.folder / "fleet"
    pygit2.init_repository(str(repo), bare=True, initial_head="main")
    for member in members:
        secret = one.folder / "credentials" / "fleet" / member.name
        secret.mkdir(parents=True)
        (secret / "token").write_text(member.token)
        if member.authority:
            (secret / "caBundle").write_text(member.authority)
    store = FleetRepository.local(repo).store
    writer = BranchWriter(store, None, owns=(_MAIN,))
    commit = writer.commit(
        _MAIN,
        None,
        one.files(members),
        message="Open the shop",
        author=Identity(name="Alex Example", email="alex@shop.example"),
        time=datetime(2026, 1, 1, tzinfo=UTC),
    )
    assert commit is not None, "a fleet has files"
    writer.push([Move(ref=_MAIN, expected=None, new=commit)])
    settings = Settings(
        repo=str(repo), workdir=one.folder / "work", credentials=one.folder / "credentials"
    )
    return build_hub(settings, lambda _step, _text: None)


def _requests(one: _Round) -> list[Request]:
    """What the hub sent, without deciding it: as many bytes as it rendered for its objects. They
    are marked as nobody's, or the hub would have to read them all in the rounds that follow.
    """
    outcome = Planner(FleetRepository.local(one.folder / "fleet")).plan().head
    works = next(iter(outcome.works.values()))
    return [
        (
            f"/apis/apps/v1/namespaces/NAMESPACE/deployments/{key.name}",
            _nobodys(work.manifest_bytes()).replace(one.namespace.encode(), b"NAMESPACE"),
        )
        for key, work in works.items()
        if key.kind == "Deployment"
    ]


def _nobodys(manifest: bytes) -> bytes:
    assert _OURS in manifest, "what is ours says so"
    return manifest.replace(_OURS, _NOBODYS)


def _config(number: int) -> dict[str, Any]:
    return {
        "apiVersion": "fleet-reconciler.io/v1alpha1",
        "kind": "FleetConfig",
        "fleetId": f"bench-{number}",
    }


def _cluster(server: Server) -> dict[str, Any]:
    return {
        "apiVersion": "cluster.karmada.io/v1alpha1",
        "kind": "Cluster",
        "metadata": {"name": server.name},
        "spec": {
            "syncMode": "Push",
            "apiEndpoint": server.url,
            "secretRef": {"namespace": "fleet", "name": server.name},
        },
    }


def _policy(namespace: str) -> dict[str, Any]:
    return {
        "apiVersion": "policy.karmada.io/v1alpha1",
        "kind": "PropagationPolicy",
        "metadata": {"name": "everywhere", "namespace": namespace},
        "spec": {
            "resourceSelectors": [{"apiVersion": "apps/v1", "kind": "Deployment"}],
            "placement": {"clusterAffinity": {}},
        },
    }


def _app(number: int, namespace: str) -> dict[str, Any]:
    name = f"app-{number:04}"
    container = {"name": "main", "image": f"registry.example/{name}:1.0.0"}
    return {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {"name": name, "namespace": namespace, "labels": {"app": name}},
        "spec": {
            "replicas": 2,
            "selector": {"matchLabels": {"app": name}},
            "template": {
                "metadata": {"labels": {"app": name}},
                "spec": {"containers": [container]},
            },
        },
    }
