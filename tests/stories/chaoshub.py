"""A hub in fast motion: the real service, with a clock that runs several times as fast.

`python -m tests.stories.chaoshub run --repo … --workdir … --credentials … --listen …`; how fast is
said by CHAOS_FACTOR.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import time
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

from reconciler.adapters.leader import hub_lock
from reconciler.adapters.members.pacing import Limits
from reconciler.runtime.hub import Hub
from reconciler.runtime.keeping import KeepingOptions
from reconciler.runtime.logs import LogFormat
from reconciler.runtime.loop import ServiceOptions
from reconciler.runtime.service import build_hub
from reconciler.runtime.service_settings import ServiceSettings
from reconciler.runtime.serving import Server
from reconciler.runtime.settings import Settings

START = datetime(2026, 1, 1, tzinfo=UTC)


class FastClock:
    """Simulated time since a real moment that all processes of a run share."""

    def __init__(self, factor: float, began: float) -> None:
        self.factor, self._began = factor, began

    def now(self) -> datetime:
        """The simulated moment."""
        return START + timedelta(seconds=(time.time() - self._began) * self.factor)

    def monotonic(self) -> float:
        """Simulated seconds."""
        return time.monotonic() * self.factor

    async def sleep(self, seconds: float) -> None:
        """Wait for simulated seconds."""
        await asyncio.sleep(max(seconds, 0) / self.factor)


class FastServer(Server):
    """Waits that are real seconds in the service are shorter too."""

    def _keeping(self, hub: Hub) -> KeepingOptions:
        options = super()._keeping(hub)
        assert isinstance(hub.clock, FastClock)
        return replace(
            options,
            answer_seconds=options.answer_seconds / hub.clock.factor,
            patience_seconds=options.patience_seconds / hub.clock.factor,
        )


def main() -> None:
    """Serve until SIGTERM."""
    factor = float(os.environ["CHAOS_FACTOR"])
    clock = FastClock(factor, float(os.environ["CHAOS_BEGAN"]))
    parser = argparse.ArgumentParser()
    parser.add_argument("verb")
    for name in ("repo", "workdir", "credentials", "listen", "log-format"):
        parser.add_argument(f"--{name}", required=True)
    said = parser.parse_args()
    limits = Limits(
        timeout_seconds=3.0,
        connect_seconds=1.0,
        attempts=2,
        requests_per_second=500,
        watch_seconds=max(1, int(300 / factor)),
    )
    settings = Settings(
        repo=said.repo,
        workdir=Path(said.workdir),
        credentials=Path(said.credentials),
        limits=limits,
    )

    def make_hub(of: Settings) -> Hub:
        return build_hub(of, lambda *_: None, clock)

    host, _, port = said.listen.rpartition(":")
    server = FastServer(
        settings=settings,
        service=ServiceSettings(listen=(host, int(port))),
        log_format=LogFormat.JSON,
        options=ServiceOptions(poll_seconds=30 / factor),
        clock=clock,
        make_hub=make_hub,
    )

    async def serve() -> None:
        with hub_lock(settings.lock, "run"):
            await server.run()

    asyncio.run(serve())


if __name__ == "__main__":
    main()
