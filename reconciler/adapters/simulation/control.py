"""The control endpoint: faults, restarts and the list of clusters, as JSON over HTTP.

    GET   /simulation                    the clusters
    GET   /simulation/<cluster>/faults   what is wrong with one
    PUT   /simulation/<cluster>/faults   all faults at once; what is left out is off
    PATCH /simulation/<cluster>/faults   only what is named
    POST  /simulation/<cluster>/restart  {"keepData": true}
    POST  /simulation/<cluster>/compact  forget the history: old versions answer 410

It has no authentication: a simulation listens on loopback.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Final

import orjson
from aiohttp import web

from reconciler.adapters.simulation.faults import HEALTHY

if TYPE_CHECKING:
    from reconciler.adapters.simulation.cluster import SimulatedCluster

PREFIX: Final = "/simulation"


async def answer(
    clusters: Mapping[str, SimulatedCluster], request: web.BaseRequest
) -> web.StreamResponse:
    parts = request.path.removeprefix(PREFIX).strip("/").split("/")
    if parts == [""]:
        listed = [{"name": one.name, "version": one.version} for one in clusters.values()]
        return _reply({"clusters": listed})
    cluster = clusters.get(parts[0])
    if cluster is None or len(parts) != 2:  # noqa: PLR2004 — <cluster>/<subject>
        return web.Response(status=404, text="404 page not found\n")
    try:
        body = orjson.loads(await request.read() or b"{}")
        return _act(cluster, parts[1], request.method, body)
    except ValueError as error:
        return _reply({"error": str(error)}, 400)


def _act(cluster: SimulatedCluster, subject: str, method: str, body: Any) -> web.Response:
    if not isinstance(body, dict):
        raise ValueError("the body must be a JSON object")  # noqa: TRY004 — answered with 400
    match subject, method:
        case "faults", "GET":
            pass
        case "faults", "PUT":
            cluster.faults = HEALTHY.changed(body) if body else HEALTHY
        case "faults", "PATCH":
            cluster.faults = cluster.faults.changed(body)
        case "restart", "POST":
            cluster.restart(keep_data=bool(body.get("keepData", True)))
        case "compact", "POST":
            with cluster.lock:
                cluster.store.compact()
        case _:
            return web.Response(status=404, text="404 page not found\n")
    return _reply(cluster.faults.as_dict())


def _reply(document: Any, status: int = 200) -> web.Response:
    return web.Response(body=orjson.dumps(document), status=status, content_type="application/json")
