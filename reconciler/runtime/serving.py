"""Serving: the service with everything around it: HTTP, logs, leader election, signals.

A replica that does not lead serves its pages and waits; of the pushes it hears of it tells the one
that leads, through the Lease. Each term begins with a look at the source, and a hub that knows
nothing but what Git says.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import random
import signal
import sys
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from reconciler.adapters.clock import SystemClock
from reconciler.adapters.leader import LeaseApi, LeaseElection
from reconciler.adapters.web import Face, Inbox, MetricsBoard, WatchedRepository, serving
from reconciler.model.errors import LockHeld
from reconciler.model.metric import Sample
from reconciler.model.report import FleetReport
from reconciler.runtime.announcing import Announcing
from reconciler.runtime.hub import Hub
from reconciler.runtime.hub_cluster import hub_api
from reconciler.runtime.keeping import KeepingOptions
from reconciler.runtime.logs import LibraryLogs, Log, LogFormat, build_log
from reconciler.runtime.loop import Service, ServiceOptions
from reconciler.runtime.measuring import Measuring
from reconciler.runtime.metering import CycleMeter
from reconciler.runtime.redactor import Redactor
from reconciler.runtime.results import Clock
from reconciler.runtime.service import build_hub, signing_keys
from reconciler.runtime.service_settings import LeasePlace, ServiceSettings
from reconciler.runtime.settings import Settings

_REPOSITORY: Final = "fleet"
#: A standby tells the leader of pushes at most so often.
_CALLS_SECONDS: Final = 1.0


@dataclass(slots=True)
class Server:
    """One replica. `hub_kubeconfig` says where the Lease is, None for the cluster this runs in."""

    settings: Settings
    service: ServiceSettings
    log_format: LogFormat = LogFormat.CONSOLE
    hub_kubeconfig: Path | None = None
    options: ServiceOptions = field(default_factory=ServiceOptions)
    clock: Clock = field(default_factory=SystemClock)
    make_hub: Callable[[Settings], Hub] | None = None
    board: MetricsBoard = field(default_factory=MetricsBoard)
    log: Log = field(init=False)
    _redactor: Redactor = field(default_factory=Redactor)
    _running: Service | None = None
    _stopped: asyncio.Event = field(default_factory=asyncio.Event)
    _heard: asyncio.Event = field(default_factory=asyncio.Event)

    def __post_init__(self) -> None:
        self.log = build_log(sys.stdout, self.log_format, redact=self._redact, now=self.clock.now)

    async def run(self) -> None:
        """Serve until SIGTERM or SIGINT."""
        loop = asyncio.get_running_loop()
        for name in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(name, self.stop)
        logging.getLogger().addHandler(LibraryLogs(self.log))
        async with self._pages():
            await self._lead_or_wait()
        self.log.info("stopped")

    def stop(self) -> None:
        """End gracefully."""
        self._stopped.set()

    async def _lead_or_wait(self) -> None:
        if self.service.lease is None:
            await self._serve(0, lambda: None)
            return
        async with hub_api(self.hub_kubeconfig) as api:
            await self._campaign(api, self.service.lease)

    async def _campaign(self, api: LeaseApi, lease: LeasePlace) -> None:
        election = LeaseElection(
            api,
            namespace=lease.namespace,
            name=lease.name,
            identity=lease.identity,
            clock=self.clock,
            called=lambda: self._pushed(_REPOSITORY),
        )
        calling = asyncio.create_task(self._hand_over(election))

        async def lead(term: int) -> None:
            with contextlib.suppress(LockHeld):
                await self._serve(term, election.check)

        self.log.info("standing by", identity=lease.identity, lease=lease.name)
        while not self._stopped.is_set():
            running = asyncio.create_task(election.run(lead))
            stopping = asyncio.create_task(self._stopped.wait())
            await asyncio.wait({running, stopping}, return_when=asyncio.FIRST_COMPLETED)
            stopping.cancel()
            if self._running is None:
                # Standing by there is nothing to finish. Who leads stops by itself, and holds the
                # lease until its pass has come to an end.
                running.cancel()
            await asyncio.wait({running, stopping})
            if not running.cancelled():
                running.result()
        calling.cancel()

    async def _hand_over(self, election: LeaseElection) -> None:
        """Tell the leader of pushes that this replica heard of while it stands by."""
        while True:
            await self._heard.wait()
            self._heard.clear()
            if self._running is None and not await election.call():
                self.log.warning("push not handed over", message=election.problem)
                self._heard.set()
            await self.clock.sleep(_CALLS_SECONDS)

    async def _serve(self, term: int, allowed: Callable[[], None]) -> None:
        measuring = Measuring(board=self.board, meter=CycleMeter(self.clock.monotonic))
        hub = self.make_hub(self.settings) if self.make_hub else self._made_hub(measuring)
        hub.allowed, self._redactor = allowed, hub.redactor
        service = Service(
            hub=hub,
            keeping=self._keeping(hub),
            log=self.log,
            measuring=measuring,
            announcing=Announcing(
                log=self.log,
                host=self.service.host,
                sinks=self.service.sinks,
                ca_file=self.settings.git.ca_file,
            ),
            options=self.options,
        )
        self._running = service
        self.log.info("leading", term=term)
        self._lead(1)
        try:
            await service.run(self._stopped)
        finally:
            self._lead(0)
            self._running = None
            await hub.questioning.close()

    def _made_hub(self, measuring: Measuring) -> Hub:
        return build_hub(
            self.settings,
            lambda *_: None,
            self.clock,
            signing_keys(self.service.allowed_signers, self.service.openpgp_keys),
            called=measuring.called,
            meter=measuring.meter,
        )

    def _keeping(self, hub: Hub) -> KeepingOptions:
        return KeepingOptions(opener=hub.opener, clock=hub.clock, chance=random.random)

    def _lead(self, value: int) -> None:
        self.board.record(Sample(name="reconciler_leader", value=value))

    # ---- pages

    @contextlib.asynccontextmanager
    async def _pages(self) -> AsyncIterator[None]:
        if self.service.listen is None:
            yield
            return
        host, port = self.service.listen
        async with serving(self._face(), host, port) as bound:
            self.log.info("listening", address=f"{host}:{bound}")
            yield

    def _face(self) -> Face:
        watched = []
        if self.service.webhook_secret:
            secret = self.service.webhook_secret
            urls = (self.settings.repo, *self.service.webhook_urls)
            watched = [WatchedRepository(name=_REPOSITORY, urls=urls, secret=secret)]
        return Face(
            metrics=self.board,
            inbox=Inbox(watched, self._pushed),
            report=self._report,
            measure=lambda: self._running.measure() if self._running else None,
            unready=lambda: self._running.unready() if self._running else {},
            unhealthy=lambda: self._running.unhealthy() if self._running else {},
            viewer_token=self.service.viewer_token,
        )

    def _pushed(self, repository: str) -> None:
        if self._running is not None:
            self._running.source.announced(repository)
        else:
            self._heard.set()

    def _report(self) -> FleetReport | None:
        return self._running.report if self._running else None

    def _redact(self, text: str) -> str:
        for secret in (*self.service.secrets, *self.settings.git.secrets()):
            text = text.replace(secret, "(sensitive)")
        return self._redactor(text)
