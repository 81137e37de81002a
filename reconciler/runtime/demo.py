"""The demo's stage: the example fleet repo, simulated members behind real HTTP, and one hub.

Everything is real but the members: a Git repository, commits, branches, plans, applies.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import pygit2

from reconciler.adapters.clock import SystemClock
from reconciler.adapters.simulation import Endpoint, SimulatedFleet
from reconciler.runtime.approving import Approving
from reconciler.runtime.examples import copy_example
from reconciler.runtime.hub import Hub, PassResult
from reconciler.runtime.offline import OfflinePlan, Planner
from reconciler.runtime.repository import FleetRepository
from reconciler.runtime.service import build_hub
from reconciler.runtime.settings import Settings

CLUSTERS = ("edge-1", "eu-1", "us-1")
_WHO = pygit2.Signature("Alex Example", "alex@shop.example")


@dataclass(slots=True)
class Stage:
    """One fleet with simulated members, and what a person does to it."""

    folder: Path
    fleet: SimulatedFleet
    hub: Hub

    @property
    def repo(self) -> Path:
        """The fleet repo."""
        return self.folder / "fleet"

    def edit(self, path: str, old: str, new: str) -> None:
        """Replace one text in a file of the fleet repo."""
        file = self.repo / path
        text = file.read_text(encoding="utf-8")
        assert old in text, f"{path} does not say {old!r}"
        file.write_text(text.replace(old, new), encoding="utf-8")

    def remove(self, path: str) -> None:
        """Remove the files of one folder."""
        for file in sorted((self.repo / path).iterdir()):
            file.unlink()

    def commit(self, message: str) -> str:
        """Commit the work tree; the short id."""
        return commit_all(self.repo, message)

    def plan(self) -> OfflinePlan:
        """The offline plan from the last applied commit to HEAD."""
        return Planner(FleetRepository.local(self.repo)).plan()

    def apply(self) -> PassResult:
        """One pass."""
        return asyncio.run(self.hub.reconcile())

    def approve(self, digest: str) -> str:
        """Approve a hold as the person sitting here."""
        return Approving(FleetRepository.local(self.repo)).approve(digest)

    def log(self, branch: str, count: int) -> list[str]:
        """The newest subjects of a branch."""
        store = FleetRepository.local(self.repo).store
        commits = store.log(f"refs/heads/{branch}")
        return [
            f"{one.id[:7]} {one.subject}" for _, one in zip(range(count), commits, strict=False)
        ]

    def holds(self) -> dict[str, int]:
        """Held deletions by digest."""
        approving = Approving(FleetRepository.local(self.repo))
        return {digest: len(hold["deletes"]) for digest, hold in approving.holds().items()}

    def settle(self, seconds: float) -> None:
        """Give the members' controllers time."""
        asyncio.run(SystemClock().sleep(seconds))


@contextlib.contextmanager
def stage(folder: Path) -> Iterator[Stage]:
    """Build the stage in an empty folder and take the members down afterwards."""
    fleet = SimulatedFleet(CLUSTERS)
    endpoints = fleet.start()
    try:
        _furnish(folder, endpoints)
        settings = Settings(
            repo=str(folder / "fleet"),
            workdir=folder / "work",
            credentials=folder / "credentials",
        )
        yield Stage(folder=folder, fleet=fleet, hub=build_hub(settings, lambda _step, _text: None))
    finally:
        fleet.stop()


def _furnish(folder: Path, endpoints: Mapping[str, Endpoint]) -> None:
    repo = folder / "fleet"
    copy_example(repo)
    for name, endpoint in endpoints.items():
        document = repo / "clusters" / f"{name}.yaml"
        text = document.read_text(encoding="utf-8")
        place = f"https://{name}.members.example:6443"
        document.write_text(text.replace(place, endpoint.url), encoding="utf-8")
        secret = folder / "credentials" / "fleet" / name
        secret.mkdir(parents=True)
        (secret / "token").write_text(endpoint.token, encoding="utf-8")
    repository = pygit2.init_repository(str(repo), initial_head="main")
    repository.config["user.name"], repository.config["user.email"] = _WHO.name, _WHO.email


def commit_all(repo: Path, message: str) -> str:
    """Commit everything in a work tree on its branch; the short id."""
    repository = pygit2.Repository(str(repo))
    if not repository.head_is_unborn:
        repository.reset(repository.head.target, pygit2.enums.ResetMode.MIXED)
    repository.index.add_all()
    for path in [one.path for one in repository.index if not (repo / one.path).exists()]:
        repository.index.remove(path)
    repository.index.write()
    parents = [] if repository.head_is_unborn else [repository.head.target]
    moment = pygit2.Signature(_WHO.name, _WHO.email, int(SystemClock().now().timestamp()), 0)
    tree = repository.index.write_tree()
    commit = repository.create_commit("HEAD", moment, moment, message, tree, parents)
    return str(commit)[:7]
