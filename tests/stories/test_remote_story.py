"""The hub over a remote: fetched and pushed over smart HTTP, refused by it, or cut off from it."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pygit2
import pytest

from reconciler.runtime.hub import Hub
from reconciler.runtime.repository import FleetRepository
from tests.githttp import GitServer, serving
from tests.stories.fleetbench import (
    FleetBench,
    config_map,
    deployment,
    place,
    policy,
    written,
)
from tests.stories.memberbench import CountingFleet, SimulatedServer

SETTINGS = "ConfigMap shop/settings"


class Remote:
    """A fleet whose people push to a server, and a hub that only knows the server."""

    def __init__(self, bench: FleetBench, bare: Path, server: GitServer) -> None:
        self.bench, self.bare, self.server = bench, bare, server
        bench.git("remote", "add", "origin", str(bare))
        settings = replace(bench.hub.settings, repo=server.url(bare.name))
        self.hub = Hub(
            settings=settings,
            repository=FleetRepository.of(settings),
            opener=bench.hub.opener,
            clock=bench.hub.clock,
        )

    def push(self, message: str = "change") -> None:
        """Commit and push as a person does."""
        self.bench.commit(message)
        self.bench.git("push", "-q", "origin", "main")

    def tips(self) -> str:
        """Every branch of the server with its commit."""
        return subprocess.run(
            ["git", "-C", str(self.bare), "show-ref"], capture_output=True, text=True, check=False
        ).stdout

    def refuse(self) -> Path:
        """From now on the server refuses every push to our branches."""
        hook = self.bare / "hooks" / "pre-receive"
        hook.parent.mkdir(exist_ok=True)
        hook.write_text("#!/bin/sh\ngrep -q reconciler/ && exit 1\nexit 0\n")
        hook.chmod(0o755)
        return hook


@pytest.fixture
def remote(tmp_path: Path) -> Iterator[Remote]:
    """One member, one server, one first commit on it."""
    root = tmp_path / "served"
    root.mkdir()
    bare = root / "fleet.git"
    made = pygit2.init_repository(str(bare), bare=True, initial_head="main")
    made.config["http.receivepack"] = "true"
    fleet = CountingFleet(["one"], controllers=False)
    member = SimulatedServer(fleet, fleet.start()["one"])
    bench = FleetBench(tmp_path / "people", {"one": member})
    bench.write_documents("web.yaml", deployment("web"))
    bench.write_documents("settings.yaml", config_map("settings", level="info"))
    bench.write_documents(
        "policy.yaml", policy("all", ("apps/v1", "Deployment"), ("v1", "ConfigMap"))
    )
    with serving(GitServer(root=root)) as server:
        one = Remote(bench, bare, server)
        one.push("first")
        yield one
    fleet.stop()


async def test_decisions_and_status_are_pushed_to_the_server(remote: Remote) -> None:
    done = await remote.hub.reconcile()
    assert ("one", "create", SETTINGS) in written(done)
    tips = remote.tips()
    assert "refs/heads/reconciler/state" in tips
    assert "refs/heads/reconciler/status" in tips
    await remote.hub.reconcile()
    settled = remote.tips()
    await remote.hub.reconcile()
    assert remote.tips() == settled


async def test_while_the_server_refuses_only_drift_is_healed(remote: Remote) -> None:
    await remote.hub.reconcile()
    hook = remote.refuse()
    member = remote.bench.servers["one"]
    member.request("DELETE", place("Deployment", "web"))
    remote.bench.remove("settings.yaml")
    remote.bench.write_documents("other.yaml", config_map("other", a="b"))
    remote.push("while refused")
    tips = remote.tips()
    refused = await remote.hub.reconcile()
    assert refused.error
    assert written(refused) == {("one", "create", "apps/Deployment shop/web")}
    assert member.request("GET", place("ConfigMap", "settings"))[0] == 200
    assert remote.tips() == tips
    hook.unlink()
    done = await remote.hub.reconcile()
    assert not done.error
    assert ("one", "create", "ConfigMap shop/other") in written(done)
    assert ("one", "delete", SETTINGS) in written(done)
