"""Many simulated clusters behind one loopback server.

    fleet = SimulatedFleet(clusters=3)
    async with fleet.serve() as endpoints: …     # in an event loop
    endpoints = fleet.start(); …; fleet.stop()   # from synchronous code: a thread of its own

While it serves, controllers run as time passes and, with `path`, state goes to a SQLite file.
"""

from __future__ import annotations

import asyncio
import contextlib
import socket
import ssl
import threading
from collections.abc import AsyncIterator, Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from aiohttp import web

from reconciler.adapters.simulation import control, server
from reconciler.adapters.simulation.certificates import Certificate
from reconciler.adapters.simulation.clocks import Clock, system_clock
from reconciler.adapters.simulation.cluster import SimulatedCluster
from reconciler.adapters.simulation.persistence import StateFile

_TICK_SECONDS: Final = 0.1
#: Connections that may wait while all members of a process are busy: who waits in vain is reset.
_BACKLOG: Final = 1024
_SETUP_TURNS: Final = 3  # of the event loop, from an accepted connection to one that is known
DEFAULT_NODES: Final = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Endpoint:
    """Where a cluster answers, the token that may do everything there, and whom to trust."""

    name: str
    url: str
    token: str
    ca_file: Path | None = None


class SimulatedFleet:
    """`clusters` is a number (named `member1` …), names, or ready clusters.

    With `pods`, every cluster's nodes and pods are generated when they are looked at; otherwise a
    cluster has `nodes` real nodes and controllers that run.
    """

    def __init__(
        self,
        clusters: int | Iterable[str | SimulatedCluster] = 1,
        *,
        version: str = "1.36",
        clock: Clock = system_clock,
        controllers: bool = True,
        nodes: int = DEFAULT_NODES,
        pods: int = 0,
        path: Path | None = None,
        certificate: Certificate | None = None,
    ) -> None:
        self.clusters: dict[str, SimulatedCluster] = {}
        is_generated = pods > 0
        for one in _named(clusters):
            cluster = (
                one
                if isinstance(one, SimulatedCluster)
                else SimulatedCluster(
                    one,
                    version=version,
                    clock=clock,
                    controllers=controllers,
                    nodes=0 if is_generated else nodes,
                )
            )
            if is_generated:
                cluster.populate(nodes=nodes, pods=pods)
            self.clusters[cluster.name] = cluster
        self._state = None if path is None else StateFile(path)
        if self._state is not None:
            for cluster in self.clusters.values():
                self._state.attach(cluster)
        self._certificate = certificate
        self._thread: threading.Thread | None = None
        self._stopped: asyncio.Event | None = None
        self._loop: asyncio.AbstractEventLoop | None = None

    def __getitem__(self, name: str) -> SimulatedCluster:
        return self.clusters[name]

    def __iter__(self) -> Iterator[SimulatedCluster]:
        return iter(self.clusters.values())

    def settle(self) -> None:
        """Let every cluster's controllers do what is due."""
        for cluster in self:
            cluster.settle()

    # ---- serving

    @contextlib.asynccontextmanager
    async def serve(
        self, host: str = "127.0.0.1", port: int = 0
    ) -> AsyncIterator[Mapping[str, Endpoint]]:
        """Serve until the block ends; the value maps cluster names to endpoints."""
        listener = web.Server(self._answer)
        runner = web.ServerRunner(listener, shutdown_timeout=1.0)
        await runner.setup()
        listening = _listening(host, port)
        await web.SockSite(runner, listening, ssl_context=self._ssl_context()).start()
        ticking = asyncio.create_task(self._tick())
        try:
            bound: Any = runner.addresses[0]
            yield self._endpoints(bound[0], bound[1])
        finally:
            ticking.cancel()
            for cluster in self:
                for watch in tuple(cluster.watches):
                    watch.end()
            await _stop_accepting(listening)
            transports = [one.transport for one in listener.connections]
            await runner.cleanup()
            for transport in transports:  # a TLS peer that has gone never says goodbye
                if transport is not None:
                    transport.abort()
            await asyncio.sleep(0)
            if self._state is not None:
                self._state.save()

    def _ssl_context(self) -> ssl.SSLContext | None:
        return None if self._certificate is None else self._certificate.server_context()

    async def _tick(self) -> None:
        while True:
            await asyncio.sleep(_TICK_SECONDS)
            for cluster in self:
                cluster.settle()
            if self._state is not None:
                self._state.save()

    def _endpoints(self, host: str, port: int) -> dict[str, Endpoint]:
        scheme = "http" if self._certificate is None else "https"
        return {
            name: Endpoint(
                name=name,
                url=f"{scheme}://{host}:{port}/clusters/{name}",
                token=next(iter(cluster.tokens), ""),
                ca_file=None if self._certificate is None else self._certificate.path,
            )
            for name, cluster in self.clusters.items()
        }

    async def _answer(self, request: web.BaseRequest) -> web.StreamResponse:
        if request.path.startswith(control.PREFIX):
            return await control.answer(self.clusters, request)
        found = server.cluster_of(request.path)
        cluster = self.clusters.get(found[0]) if found else None
        if found is None or cluster is None:
            return web.Response(status=404, text="404 page not found\n")
        return await server.answer(cluster, found[1], request)

    # ---- from synchronous code

    def start(self, host: str = "127.0.0.1", port: int = 0) -> Mapping[str, Endpoint]:
        """Serve from a thread until `stop()`."""
        ready = threading.Event()
        box: dict[str, Any] = {}

        async def run() -> None:
            self._loop = asyncio.get_running_loop()
            self._stopped = asyncio.Event()
            try:
                async with self.serve(host, port) as endpoints:
                    box["endpoints"] = endpoints
                    ready.set()
                    await self._stopped.wait()
            except Exception as error:  # noqa: BLE001 — raised again in the thread that waits
                box["error"] = error
            finally:
                ready.set()

        self._thread = threading.Thread(
            target=lambda: asyncio.run(run()), name="simulated-fleet", daemon=True
        )
        self._thread.start()
        ready.wait()
        if "error" in box:
            raise box["error"]
        endpoints: Mapping[str, Endpoint] = box["endpoints"]
        return endpoints

    def stop(self) -> None:
        """End the thread that `start()` began."""
        if self._thread is None or self._loop is None or self._stopped is None:
            return
        self._loop.call_soon_threadsafe(self._stopped.set)
        self._thread.join()
        self._thread = None

    def close(self) -> None:
        """Stop, and close the state file."""
        self.stop()
        if self._state is not None:
            self._state.close()
            self._state = None


def _listening(host: str, port: int) -> socket.socket:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    return socket.create_server((host, port), family=family, backlog=_BACKLOG)


async def _stop_accepting(listening: socket.socket) -> None:
    """Let those in who were accepted already, and nobody else.

    A server that closes between accepting a connection and setting it up forgets it without closing
    it (asyncio before Python 3.12): listening ends first, closing follows.
    """
    asyncio.get_running_loop().remove_reader(listening.fileno())
    for _ in range(_SETUP_TURNS):
        await asyncio.sleep(0)


def _named(
    clusters: int | Iterable[str | SimulatedCluster],
) -> Iterable[str | SimulatedCluster]:
    if isinstance(clusters, int):
        return [f"member{number}" for number in range(1, clusters + 1)]
    return clusters
