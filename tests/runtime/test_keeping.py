"""A member is kept open whatever happens to its credentials."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import pytest

from reconciler.adapters.clock import SystemClock
from reconciler.adapters.members.observe import MANAGED_SELECTOR
from reconciler.adapters.members.opening import open_member
from reconciler.adapters.members.pacing import Limits, Time
from reconciler.adapters.simulation import SimulatedCluster, SimulatedFleet
from reconciler.model.cluster import Cluster
from reconciler.model.errors import ReconcilerError
from reconciler.model.member import KindRef
from reconciler.runtime.keeping import Keeper, KeepingOptions
from reconciler.runtime.ports import Member

CONFIG_MAPS = KindRef(api_version="v1", kind="ConfigMap")


class Kept:
    """A simulated member, its token file, and its keeper, who would not look again for an hour."""

    def __init__(self, folder: Path) -> None:
        self.fleet = SimulatedFleet(["one"], controllers=False)
        end = self.fleet.start()["one"]
        self.file = folder / "fleet" / "one" / "token"
        self.file.parent.mkdir(parents=True)
        self.file.write_text(end.token)
        self.opened = 0
        self.changed: list[str] = []
        cluster = Cluster(name="one", api_endpoint=end.url, secret_ref=("fleet", "one"))
        clock = SystemClock()
        pace = Time(now=clock.monotonic, wait=clock.sleep, chance=lambda: 0.0)

        def opener(cluster: Cluster) -> Member:
            self.opened += 1
            return open_member(cluster, folder, time=pace, limits=Limits(attempts=1), redact=str)

        self.keeper = Keeper(
            cluster,
            KeepingOptions(
                opener=opener,
                clock=clock,
                chance=lambda: 0.0,
                changed=self.changed.append,
                probe_seconds=3600,
            ),
        )

    @property
    def member(self) -> SimulatedCluster:
        """The member itself."""
        return self.fleet["one"]

    def issue(self, token: str) -> None:
        """Another token counts, and is in the file."""
        user = next(iter(self.member.tokens.values()))
        self.member.tokens[token] = user
        self.file.write_text(token)


@pytest.fixture
async def kept(tmp_path: Path) -> AsyncIterator[Kept]:
    """A member that has answered."""
    kept = Kept(tmp_path)
    kept.keeper.start()
    await kept.keeper.asked.wait()
    assert not kept.keeper.problem
    yield kept
    await kept.keeper.close()
    kept.fleet.stop()


async def until(is_so: Callable[[], object], seconds: float = 30.0) -> None:
    """Wait until it is so."""
    deadline = time.monotonic() + seconds
    while not is_so():
        assert time.monotonic() < deadline
        await asyncio.sleep(0.02)


async def test_a_replaced_token_is_taken_in_the_same_round(kept: Kept) -> None:
    old = kept.file.read_text()
    kept.issue("second")
    del kept.member.tokens[old]
    kept.keeper.hurry()
    await until(lambda: "one" in kept.changed and not kept.keeper.problem)
    assert not kept.keeper.problem
    assert kept.opened == 2


async def test_a_watch_that_is_refused_says_so_at_once(kept: Kept) -> None:
    kinds = kept.keeper.kinds
    assert kinds is not None
    await kinds.list(CONFIG_MAPS, label_selector=MANAGED_SELECTOR)
    old = kept.file.read_text()
    kept.issue("second")
    del kept.member.tokens[old]
    with pytest.raises(ReconcilerError):
        await kinds.list(KindRef(api_version="v1", kind="Secret"), label_selector=MANAGED_SELECTOR)
    await until(lambda: "one" in kept.changed and not kept.keeper.problem)
    assert not kept.keeper.problem
    assert kept.keeper.kinds is not kinds


async def test_a_revoked_token_is_not_tried_again_and_again(kept: Kept) -> None:
    kept.issue("second")
    for token in list(kept.member.tokens):
        del kept.member.tokens[token]
    kept.keeper.hurry()
    await until(lambda: kept.keeper.problem)
    await asyncio.sleep(0.3)
    assert kept.opened == 2
    assert kept.keeper.member is None
