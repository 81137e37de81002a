"""Serving: the service with everything around it: HTTP, logs, leader election, signals.

A replica that does not lead serves its pages and waits. Each term begins with a hub that knows
nothing but what Git says.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import os
import random
import signal
import socket
import sys
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from reconciler.adapters.clock import SystemClock
from reconciler.adapters.leader import LeaseApi, LeaseElection
from reconciler.adapters.web import Face, Inbox, MetricsBoard, WatchedRepository, serving
from reconciler.model.errors import LockHeld, SettingsInvalid
from reconciler.model.metric import Sample
from reconciler.model.report import FleetReport
from reconciler.runtime.hub import Hub
from reconciler.runtime.hub_cluster import hub_api
from reconciler.runtime.keeping import KeepingOptions
from reconciler.runtime.logs import LibraryLogs, Log, LogFormat, build_log
from reconciler.runtime.loop import Service, ServiceOptions
from reconciler.runtime.measuring import Measuring
from reconciler.runtime.redactor import Redactor
from reconciler.runtime.results import Clock
from reconciler.runtime.service import build_hub
from reconciler.runtime.settings import Settings

_REPOSITORY: Final = "fleet"


@dataclass(frozen=True, slots=True, kw_only=True)
class ServingSettings:
    """How the service shows itself and who may act.

    `listen` is `host:port`, `` for no pages. `lease` is `namespace/name` of the Lease that replicas
    share, `` for none; `hub_kubeconfig` says where it is, None for the cluster this runs in.
    `webhook_urls` are further addresses of the repository.
    """

    listen: str = ""
    lease: str = ""
    identity: str = ""
    hub_kubeconfig: Path | None = None
    webhook_secret: str = field(default="", repr=False)
    webhook_urls: tuple[str, ...] = ()
    viewer_token: str = field(default="", repr=False)
    log_format: LogFormat = LogFormat.CONSOLE
    options: ServiceOptions = field(default_factory=ServiceOptions)

    @property
    def secrets(self) -> tuple[str, ...]:
        """Values that no log may show."""
        return tuple(one for one in (self.webhook_secret, self.viewer_token) if one)


@dataclass(slots=True)
class Server:
    """One replica."""

    settings: Settings
    serving: ServingSettings
    clock: Clock = field(default_factory=SystemClock)
    make_hub: Callable[[Settings], Hub] = lambda settings: build_hub(settings, lambda *_: None)
    board: MetricsBoard = field(default_factory=MetricsBoard)
    log: Log = field(init=False)
    _redactor: Redactor = field(default_factory=Redactor)
    _service: Service | None = None
    _stopped: asyncio.Event = field(default_factory=asyncio.Event)

    def __post_init__(self) -> None:
        self.log = build_log(
            sys.stdout, self.serving.log_format, redact=self._redact, now=self.clock.now
        )

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
        if not self.serving.lease:
            await self._serve(0, lambda: None)
            return
        async with hub_api(self.serving.hub_kubeconfig) as api:
            await self._campaign(api)

    async def _campaign(self, api: LeaseApi) -> None:
        namespace, _, name = self.serving.lease.partition("/")
        if not namespace or not name:
            raise SettingsInvalid("a lease is named NAMESPACE/NAME")
        identity = self.serving.identity or f"{socket.gethostname()}-{os.getpid()}"
        election = LeaseElection(
            api, namespace=namespace, name=name, identity=identity, clock=self.clock
        )

        async def lead(term: int) -> None:
            with contextlib.suppress(LockHeld):
                await self._serve(term, election.check)

        self.log.info("standing by", identity=identity, lease=self.serving.lease)
        while not self._stopped.is_set():
            running = asyncio.create_task(election.run(lead))
            stopping = asyncio.create_task(self._stopped.wait())
            await asyncio.wait({running, stopping}, return_when=asyncio.FIRST_COMPLETED)
            for task in (running, stopping):
                task.cancel()
            await asyncio.wait({running, stopping})
            if not running.cancelled():
                running.result()

    async def _serve(self, term: int, allowed: Callable[[], None]) -> None:
        hub = self.make_hub(self.settings)
        hub.allowed, self._redactor = allowed, hub.redactor
        service = Service(
            hub=hub,
            keeping=self._keeping(hub),
            log=self.log,
            measuring=Measuring(board=self.board),
            options=self.serving.options,
        )
        self._service = service
        self.log.info("leading", term=term)
        self._lead(1)
        try:
            await service.run(self._stopped)
        finally:
            self._lead(0)
            self._service = None
            await hub.questioning.close()

    def _keeping(self, hub: Hub) -> KeepingOptions:
        return KeepingOptions(opener=hub.opener, clock=hub.clock, chance=random.random)

    def _lead(self, value: int) -> None:
        self.board.record(Sample(name="reconciler_leader", value=value))

    # ---- pages

    @contextlib.asynccontextmanager
    async def _pages(self) -> AsyncIterator[None]:
        if not self.serving.listen:
            yield
            return
        host, port = _address(self.serving.listen)
        async with serving(self._face(), host, port) as bound:
            self.log.info("listening", address=f"{host}:{bound}")
            yield

    def _face(self) -> Face:
        watched = []
        if self.serving.webhook_secret:
            urls = (self.settings.repo, *self.serving.webhook_urls)
            watched = [
                WatchedRepository(name=_REPOSITORY, urls=urls, secret=self.serving.webhook_secret)
            ]
        return Face(
            metrics=self.board,
            inbox=Inbox(watched, self._pushed),
            report=self._report,
            unready=lambda: self._service.unready() if self._service else {},
            unhealthy=lambda: self._service.unhealthy() if self._service else {},
            viewer_token=self.serving.viewer_token,
        )

    def _pushed(self, repository: str) -> None:
        if self._service is not None:
            self._service.source.announced(repository)

    def _report(self) -> FleetReport | None:
        return self._service.report if self._service else None

    def _redact(self, text: str) -> str:
        for secret in (*self.serving.secrets, *self.settings.git.secrets()):
            text = text.replace(secret, "(sensitive)")
        return self._redactor(text)


def _address(listen: str) -> tuple[str, int]:
    host, _, port = listen.rpartition(":")
    if not port.isdigit() or int(port) > 65535:  # noqa: PLR2004 - the highest port
        raise SettingsInvalid(f"{listen!r} is no HOST:PORT", hint="write one like 0.0.0.0:8080")
    return host.strip("[]") or "0.0.0.0", int(port)  # noqa: S104 - a service in its container
