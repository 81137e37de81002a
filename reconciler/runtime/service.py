"""Putting a hub together for the command line: settings, repository, members' clients, clock."""

from __future__ import annotations

import random
from collections.abc import Callable
from functools import partial
from importlib.metadata import entry_points
from pathlib import Path
from typing import TYPE_CHECKING

from reconciler.adapters.clock import SystemClock
from reconciler.adapters.members.opening import open_member
from reconciler.adapters.members.pacing import Time
from reconciler.cycle import Engine
from reconciler.model.cluster import Cluster
from reconciler.model.meter import UNMETERED, Meter
from reconciler.runtime.hub import Hub, Progress
from reconciler.runtime.ports import Member
from reconciler.runtime.redactor import Redactor
from reconciler.runtime.repository import FleetRepository
from reconciler.runtime.results import Clock
from reconciler.runtime.settings import Settings
from reconciler.schedule import Plugins

if TYPE_CHECKING:
    from reconciler.adapters.git.signatures import SigningKeys

_GROUP = "reconciler.schedule"

#: `(cluster, verb, seconds)` of a request that was answered.
MemberCalled = Callable[[str, str, float], None]


def build_hub(
    settings: Settings,
    progress: Progress,
    clock: Clock | None = None,
    keys: SigningKeys | None = None,
    *,
    called: MemberCalled = lambda _cluster, _verb, _seconds: None,
    meter: Meter = UNMETERED,
) -> Hub:
    """A hub over real members, and real time unless another clock is given. `called` hears of
    every answered request to a member, `meter` of the engine's steps.
    """
    clock = clock or SystemClock()
    redactor = Redactor()
    time = Time(now=clock.monotonic, wait=clock.sleep, chance=random.random)

    def opener(cluster: Cluster) -> Member:
        return open_member(
            cluster,
            settings.credentials,
            time=time,
            limits=settings.limits,
            redact=redactor,
            called=partial(called, cluster.name),
        )

    return Hub(
        settings=settings,
        repository=FleetRepository.of(settings),
        opener=opener,
        clock=clock,
        engine=Engine(plugins=scheduler_plugins(), meter=meter),
        progress=progress,
        redactor=redactor,
        keys=keys,
    )


def signing_keys(allowed_signers: Path | None, openpgp_keys: Path | None) -> SigningKeys | None:
    """Keys from the files that the settings name, None where they name none."""
    if allowed_signers is None and openpgp_keys is None:
        return None
    from reconciler.adapters.git.signatures import SigningKeys  # noqa: PLC0415 - rarely needed

    return SigningKeys.of(
        allowed_signers=allowed_signers.read_text(encoding="utf-8") if allowed_signers else "",
        openpgp_keys=openpgp_keys.read_bytes() if openpgp_keys else b"",
    )


def scheduler_plugins() -> Plugins:
    """Scheduler plugins of other packages, in the order of their names."""
    found = {
        kind: tuple(
            one.load()
            for one in sorted(entry_points(group=f"{_GROUP}.{kind}"), key=lambda one: one.name)
        )
        for kind in ("filters", "scores", "divisions")
    }
    return Plugins(**found)
