"""What can go wrong with a member on demand: set from Python or through the control endpoint.

`cluster.faults` is read at every request. A probability of 1 means always. `PATCH
/simulation/<cluster>/faults` takes the same names as JSON.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields, replace
from typing import TYPE_CHECKING, Any, Final

from aiohttp import web

from reconciler.adapters.simulation.errors import ApiError

if TYPE_CHECKING:
    from reconciler.adapters.simulation.cluster import SimulatedCluster

_WRITES: Final = ("POST", "PUT", "PATCH", "DELETE")
_STATUS_REASONS: Final[Mapping[int, tuple[str, str]]] = {
    429: (
        "TooManyRequests",
        "the server has received too many requests and has asked us to try again later",
    ),
    500: ("InternalError", "Internal error occurred: simulated"),
    503: ("ServiceUnavailable", "the server is currently unable to handle the request"),
    504: ("Timeout", "the server was unable to return a response in the time allotted"),
}
_SLOW_BYTES: Final = 1
_SLOW_SECONDS: Final = 0.5
_GARBAGE: Final = b'{"kind": "Status", "apiVersion": \x00\xff not json'


@dataclass(frozen=True, slots=True, kw_only=True)
class Faults:
    """Everything off by default.

    `status` is answered instead of the truth, with `retry_after` seconds. `clock_skew_seconds`
    moves the cluster's clock. `expired_certificate` ends the connection before an answer, as a
    client that checks certificates does.
    """

    latency_seconds: float = 0.0
    jitter_seconds: float = 0.0
    drop_probability: float = 0.0
    partial_probability: float = 0.0
    garbage_probability: float = 0.0
    status: int = 0
    status_probability: float = 1.0
    retry_after: int = 1
    stale_watch: bool = False
    silent_watch: bool = False
    slow_loris: bool = False
    storage_full: bool = False
    partition: bool = False
    expired_certificate: bool = False
    clock_skew_seconds: float = 0.0

    @property
    def is_healthy(self) -> bool:
        return self == HEALTHY

    def changed(self, values: Mapping[str, Any]) -> Faults:
        """With the named values. Raises ValueError for a name or type that is not one."""
        known = {field.name: type(field.default) for field in fields(self)}
        for name, value in values.items():
            if name not in known:
                raise ValueError(f"no such fault: {name}")
            wanted = (int, float) if known[name] is float else (known[name],)
            if not isinstance(value, wanted) or (known[name] is not bool and value is True):
                raise ValueError(f"{name} must be a {known[name].__name__}")
        return replace(self, **values)

    def as_dict(self) -> dict[str, Any]:
        return asdict(self)


HEALTHY: Final = Faults()


class DroppedConnection(Exception):  # noqa: N818 — a way to end a request
    """The connection ends without an answer."""


async def before(cluster: SimulatedCluster, request: web.BaseRequest) -> None:
    """Faults that come before the answer. Raises DroppedConnection or ApiError."""
    faults, chance = cluster.faults, cluster.fault_random.random
    if faults.partition:
        await cluster.partition_ends()
        raise DroppedConnection
    if faults.expired_certificate or chance() < faults.drop_probability:
        raise DroppedConnection
    delay = faults.latency_seconds + faults.jitter_seconds * chance()
    if delay:
        await asyncio.sleep(delay)
    if faults.status and chance() < faults.status_probability:
        reason, message = _STATUS_REASONS.get(faults.status, ("InternalError", "simulated"))
        retry = faults.retry_after if faults.status in (429, 503) else None
        raise ApiError(faults.status, reason, message, {}, retry_after=retry)
    if faults.storage_full and request.method in _WRITES:
        raise ApiError(500, None, "etcdserver: mvcc: database space exceeded")


async def after(
    cluster: SimulatedCluster, request: web.BaseRequest, response: web.StreamResponse
) -> web.StreamResponse:
    """Faults that spoil an answer. Raises DroppedConnection when part of it was sent."""
    faults, chance = cluster.faults, cluster.fault_random.random
    if not isinstance(response, web.Response) or not isinstance(response.body, bytes):
        return response
    if chance() < faults.garbage_probability:
        return web.Response(body=_GARBAGE, status=response.status, content_type="application/json")
    if faults.slow_loris:
        return await _slowly(request, response)
    if chance() < faults.partial_probability:
        await _partly(request, response)
        raise DroppedConnection
    return response


async def _partly(request: web.BaseRequest, response: web.Response) -> None:
    """The headers promise more than is sent."""
    body = response.body if isinstance(response.body, bytes) else b""
    stream = web.StreamResponse(status=response.status, headers=response.headers)
    stream.content_length = len(body)
    await stream.prepare(request)
    await stream.write(body[: len(body) // 2])


async def _slowly(request: web.BaseRequest, response: web.Response) -> web.StreamResponse:
    """A byte now and then, for as long as the client waits."""
    body = response.body if isinstance(response.body, bytes) else b""
    stream = web.StreamResponse(status=response.status, headers=response.headers)
    stream.content_length = len(body)
    await stream.prepare(request)
    for position in range(0, len(body), _SLOW_BYTES):
        await stream.write(body[position : position + _SLOW_BYTES])
        await asyncio.sleep(_SLOW_SECONDS)
    return stream
