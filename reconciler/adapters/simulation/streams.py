"""Watches as streams of lines."""

from __future__ import annotations

import asyncio
import contextlib
from dataclasses import replace

import orjson
from aiohttp import web

from reconciler.adapters.simulation import errors
from reconciler.adapters.simulation.bodies import list_options
from reconciler.adapters.simulation.calls import JSON, Call, form_of, reply
from reconciler.adapters.simulation.catalogue import Resource
from reconciler.adapters.simulation.cluster import SimulatedCluster
from reconciler.adapters.simulation.routing import Target
from reconciler.adapters.simulation.watching import BOOKMARK_SECONDS, Watch, WatchOptions


async def watch(call: Call, named: Target, resource: Resource) -> web.StreamResponse:
    """Lines of events until the time is up or the peer has gone."""
    options = _watch_options(call, named)
    if call.cluster.faults.stale_watch:
        gone = errors.expired("too old resource version: simulated")
        line = orjson.dumps({"type": "ERROR", "object": gone.status()}) + b"\n"
        return reply(line)
    watch = Watch(call.cluster, resource, named.namespace, options)
    first = watch.start()
    call.cluster.watches.add(watch)
    response = web.StreamResponse(headers={"Content-Type": JSON})
    response.enable_chunked_encoding()
    try:
        await response.prepare(call.request)
        due = b"".join(first)
        if due:
            await response.write(due)
        if not due.startswith(b'{"type":"ERROR"'):
            await _stream(call.cluster, watch, response, options.timeout_seconds)
        with contextlib.suppress(ConnectionError):
            await response.write_eof()
    except ConnectionError:
        pass
    finally:
        call.cluster.watches.discard(watch)
        watch.close()
    return response


async def _stream(
    cluster: SimulatedCluster, watch: Watch, response: web.StreamResponse, seconds: float
) -> None:
    loop = asyncio.get_running_loop()
    deadline = loop.time() + seconds
    while (left := deadline - loop.time()) > 0:
        lines = await watch.next_lines(min(left, BOOKMARK_SECONDS))
        if lines is None:
            return
        if not lines and left > BOOKMARK_SECONDS:
            lines = watch.bookmark() or b""
        if lines and not cluster.faults.silent_watch:
            await response.write(lines)


def _watch_options(call: Call, named: Target) -> WatchOptions:
    query, cluster = call.query, call.cluster
    initial = call.is_set("sendInitialEvents") and cluster.features.initial_events
    match = query.get("resourceVersionMatch", "")
    if match and not initial:
        causes = [_match_cause("resourceVersionMatch is forbidden for watch")]
        if not query.get("resourceVersion"):
            causes.append(
                _match_cause("resourceVersionMatch is forbidden unless resourceVersion is provided")
            )
        raise errors.invalid("ListOptions", "meta.k8s.io", "", causes)
    options = list_options(query)
    if named.name:
        options = replace(options, field_selector=f"metadata.name={named.name}")
    form = form_of(call)
    return WatchOptions(
        list_options=options,
        bookmarks=call.is_set("allowWatchBookmarks"),
        initial_events=initial,
        timeout_seconds=float(query.get("timeoutSeconds") or 1800),
        form=form,
    )


def _match_cause(message: str) -> errors.Cause:
    return errors.Cause(
        reason="FieldValueForbidden", message=f"Forbidden: {message}", field="resourceVersionMatch"
    )
