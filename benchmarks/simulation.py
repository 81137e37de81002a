"""Requests a second of a simulated member beside a real kube-apiserver, and memory at scale.

    python -m benchmarks.simulation [--seconds 3] [--real] [--scale]

One client process, keep-alive connections, 16 requests in flight. `--real` also measures the server
of KUBEBUILDER_ASSETS; the simulation is started as its own process, as the real server is.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import multiprocessing
import resource
import ssl
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from multiprocessing.connection import Connection
from typing import Any

import aiohttp

from reconciler.adapters.simulation import SimulatedCluster, SimulatedFleet
from tests.realcluster import RealApiServer, assets

IN_FLIGHT = 16
LISTED = 1000
WATCHERS = 100
WATCHED_WRITES = 50
APPLY = "application/apply-patch+yaml"


@dataclass(frozen=True)
class Target:
    """A server to measure."""

    name: str
    url: str
    token: str
    ssl_context: ssl.SSLContext | None = None


def manifest(name: str) -> dict[str, Any]:
    container = {"name": "c", "image": "img:1", "ports": [{"containerPort": 80}]}
    return {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {"name": name, "namespace": "bench", "labels": {"app": name}},
        "spec": {
            "replicas": 2,
            "selector": {"matchLabels": {"app": name}},
            "template": {
                "metadata": {"labels": {"app": name}},
                "spec": {"containers": [container]},
            },
        },
    }


class Bench:
    """The cases, over one server."""

    def __init__(self, target: Target, session: aiohttp.ClientSession, seconds: float) -> None:
        self._target = target
        self._session = session
        self._seconds = seconds
        self._created = 0

    async def prepare(self) -> None:
        body = {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "bench"}}
        await self._send("POST", "/api/v1/namespaces", body)
        for number in range(LISTED):
            metadata = {"name": f"c{number}", "namespace": "bench"}
            body = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": metadata}
            await self._send("POST", "/api/v1/namespaces/bench/configmaps", body)
        await self._apply("same")

    async def _send(
        self, method: str, path: str, body: Any = None, media: str = "application/json"
    ) -> bytes:
        async with self._session.request(
            method,
            self._target.url + path,
            data=None if body is None else json.dumps(body),
            headers={"Authorization": f"Bearer {self._target.token}", "Content-Type": media},
            ssl=self._target.ssl_context or True,
        ) as response:
            return await response.read()

    async def _apply(self, name: str) -> None:
        path = f"/apis/apps/v1/namespaces/bench/deployments/{name}?fieldManager=bench&force=true"
        await self._send("PATCH", path, manifest(name), APPLY)

    async def get(self) -> None:
        await self._send("GET", "/api/v1/namespaces/bench/configmaps/c1")

    async def list(self) -> None:
        await self._send("GET", "/api/v1/namespaces/bench/configmaps")

    async def apply_new(self) -> None:
        self._created += 1
        await self._apply(f"d{self._created}")

    async def apply_same(self) -> None:
        await self._apply("same")

    async def rate(self, case: Callable[[], Awaitable[None]]) -> float:
        """Requests a second with `IN_FLIGHT` of them at a time."""
        done = 0
        deadline = time.monotonic() + self._seconds

        async def worker() -> None:
            nonlocal done
            while time.monotonic() < deadline:
                await case()
                done += 1

        started = time.monotonic()
        await asyncio.gather(*(worker() for _ in range(IN_FLIGHT)))
        return done / (time.monotonic() - started)

    async def fan_out(self) -> float:
        """Events a second that reach `WATCHERS` watchers together."""
        listed = json.loads(await self._send("GET", "/api/v1/namespaces/bench/secrets"))
        version = listed["metadata"]["resourceVersion"]
        ready = asyncio.Semaphore(0)

        async def watch() -> None:
            path = f"/api/v1/namespaces/bench/secrets?watch=1&resourceVersion={version}"
            async with self._session.get(
                self._target.url + path,
                headers={"Authorization": f"Bearer {self._target.token}"},
                ssl=self._target.ssl_context or True,
            ) as response:
                ready.release()
                for _ in range(WATCHED_WRITES):
                    await response.content.readline()
                response.close()

        watchers = [asyncio.create_task(watch()) for _ in range(WATCHERS)]
        for _ in watchers:
            await ready.acquire()
        started = time.monotonic()
        for number in range(WATCHED_WRITES):
            metadata = {"name": f"s{number}", "namespace": "bench"}
            body = {"apiVersion": "v1", "kind": "Secret", "metadata": metadata}
            await self._send("POST", "/api/v1/namespaces/bench/secrets", body)
        await asyncio.gather(*watchers)
        return WATCHERS * WATCHED_WRITES / (time.monotonic() - started)


async def measure(target: Target, seconds: float) -> None:
    connector = aiohttp.TCPConnector(limit=0)
    async with aiohttp.ClientSession(connector=connector) as session:
        bench = Bench(target, session, seconds)
        await bench.prepare()
        rows = {
            "GET": await bench.rate(bench.get),
            f"LIST {LISTED}": await bench.rate(bench.list),
            "SSA create": await bench.rate(bench.apply_new),
            "SSA no-op": await bench.rate(bench.apply_same),
            f"watch fan-out to {WATCHERS} (events)": await bench.fan_out(),
        }
    for case, rate in rows.items():
        print(f"{target.name:<12} {case:<32} {rate:>10.0f} /s")


def serve(connection: Connection) -> None:
    """A simulated cluster in a process of its own, until told to end."""
    fleet = SimulatedFleet([SimulatedCluster("bench")])
    endpoint = fleet.start()["bench"]
    connection.send((endpoint.url, endpoint.token))
    connection.recv()
    fleet.close()


def measure_simulation(seconds: float) -> None:
    ours, theirs = multiprocessing.Pipe()
    process = multiprocessing.get_context("spawn").Process(target=serve, args=(theirs,))
    process.start()
    url, token = ours.recv()
    try:
        asyncio.run(measure(Target("simulation", url, token), seconds))
    finally:
        ours.send(None)
        process.join()


def measure_real(seconds: float) -> None:
    binaries = assets()
    if binaries is None:
        print("real: no binaries; set KUBEBUILDER_ASSETS")
        return
    with RealApiServer(binaries) as server:
        target = Target("real", server.url, server.token, server.ssl_context())
        asyncio.run(measure(target, seconds))


def measure_scale(clusters: int, nodes: int, pods: int) -> None:
    """Memory of a large fleet after every node was listed once."""
    started = time.monotonic()
    fleet = SimulatedFleet(clusters=clusters, nodes=nodes, pods=pods)
    counted = sum(len(cluster.list("v1", "Node")) for cluster in fleet)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(
        f"{clusters} clusters, {counted} nodes, {clusters * pods} pods: "
        f"{peak:.0f} MB at most, {time.monotonic() - started:.1f} s to make and list all nodes"
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=3.0)
    parser.add_argument("--real", action="store_true")
    parser.add_argument("--scale", action="store_true")
    arguments = parser.parse_args()
    if arguments.scale:
        measure_scale(100, 5000, 20000)
    measure_simulation(arguments.seconds)
    if arguments.real:
        measure_real(arguments.seconds)


if __name__ == "__main__":
    main()
