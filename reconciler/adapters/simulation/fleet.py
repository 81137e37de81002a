"""Many simulated clusters behind one loopback server.

fleet = SimulatedFleet(clusters=3)
async with fleet.serve() as endpoints: …     # in an event loop
endpoints = fleet.start(); …; fleet.stop()   # from synchronous code: a thread of its own
"""

from __future__ import annotations

import asyncio
import contextlib
import threading
from collections.abc import AsyncIterator, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from aiohttp import web

from reconciler.adapters.simulation import server
from reconciler.adapters.simulation.cluster import Clock, SimulatedCluster, system_clock


@dataclass(frozen=True, slots=True, kw_only=True)
class Endpoint:
    """Where a cluster answers and the token that may do everything there."""

    name: str
    url: str
    token: str


class SimulatedFleet:
    """`clusters` is a number (named `member-1` …), names, or ready clusters."""

    def __init__(
        self,
        clusters: int | Iterable[str | SimulatedCluster] = 1,
        *,
        version: str = "1.36",
        clock: Clock = system_clock,
    ) -> None:
        if isinstance(clusters, int):
            clusters = [f"member-{number}" for number in range(1, clusters + 1)]
        self.clusters: dict[str, SimulatedCluster] = {}
        for one in clusters:
            cluster = (
                one
                if isinstance(one, SimulatedCluster)
                else SimulatedCluster(one, version=version, clock=clock)
            )
            self.clusters[cluster.name] = cluster
        self._thread: threading.Thread | None = None
        self._stopped: asyncio.Event | None = None
        self._loop: asyncio.AbstractEventLoop | None = None

    def __getitem__(self, name: str) -> SimulatedCluster:
        return self.clusters[name]

    @contextlib.asynccontextmanager
    async def serve(
        self, host: str = "127.0.0.1", port: int = 0
    ) -> AsyncIterator[Mapping[str, Endpoint]]:
        """Serve until the block ends; the value maps cluster names to endpoints."""
        runner = web.ServerRunner(web.Server(self._answer), shutdown_timeout=1.0)
        await runner.setup()
        site = web.TCPSite(runner, host, port)
        await site.start()
        try:
            bound: Any = runner.addresses[0]
            yield self._endpoints(f"http://{bound[0]}:{bound[1]}")
        finally:
            for cluster in self.clusters.values():
                for watch in tuple(cluster.watches):
                    watch.end()
            await runner.cleanup()

    def _endpoints(self, base: str) -> dict[str, Endpoint]:
        return {
            name: Endpoint(
                name=name, url=f"{base}/clusters/{name}", token=next(iter(cluster.tokens), "")
            )
            for name, cluster in self.clusters.items()
        }

    async def _answer(self, request: web.BaseRequest) -> web.StreamResponse:
        found = server.cluster_of(request.path)
        cluster = self.clusters.get(found[0]) if found else None
        if found is None or cluster is None:
            return web.Response(status=404, text="404 page not found\n")
        return await server.answer(cluster, found[1], request)

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
