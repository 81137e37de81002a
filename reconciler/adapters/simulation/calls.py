"""One request as the handlers see it, and the answers they give."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

import orjson
from aiohttp import web
from multidict import MultiMapping

from reconciler.adapters.simulation import tables
from reconciler.adapters.simulation.access import User
from reconciler.adapters.simulation.catalogue import Resource
from reconciler.adapters.simulation.cluster import SimulatedCluster
from reconciler.adapters.simulation.errors import ApiError
from reconciler.adapters.simulation.places import Place
from reconciler.adapters.simulation.routing import Target

JSON: Final = "application/json"
TRUE: Final = frozenset({"1", "true", "True", "TRUE", "t", "T"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """One request, read as far as its headers."""

    cluster: SimulatedCluster
    request: web.BaseRequest
    path: str
    query: MultiMapping[str]
    user: User

    def is_set(self, name: str) -> bool:
        return self.query.get(name, "") in TRUE


def failure(error: ApiError) -> web.Response:
    """The Status object of a refusal."""
    headers = {}
    if error.retry_after is not None:
        headers["Retry-After"] = str(error.retry_after)
    return reply(orjson.dumps(error.status()), error.code, headers=headers)


def reply(
    body: bytes, code: int = 200, *, media: str = JSON, headers: Mapping[str, str] | None = None
) -> web.Response:
    """An answer of bytes that are ready."""
    response = web.Response(body=body, status=code, headers=headers)
    response.headers["Content-Type"] = media
    return response


def encoded(document: Any, code: int = 200, *, media: str = JSON) -> web.Response:
    """An answer of a document."""
    return reply(orjson.dumps(document), code, media=media)


def form_of(call: Call) -> tables.Form | None:
    """The Table or metadata form that is asked for, if any."""
    return tables.wanted(call.request.headers.get("Accept", ""), call.cluster.clock())


def written(
    call: Call, resource: Resource, manifest: Any, code: int, warnings: tuple[str, ...] = ()
) -> web.Response:
    """The object that a write left behind, with warnings in their header."""
    form = form_of(call)
    if form is not None and manifest.get("kind") == resource.kind:
        return encoded(form.one(resource, manifest), code)
    response = reply(orjson.dumps(manifest), code)
    for text in warnings:
        quoted = text.replace("\\", "\\\\").replace('"', '\\"')
        response.headers.add("Warning", f'299 - "{quoted}"')
    return response


def place_of(named: Target, resource: Resource) -> Place:
    """Where the path points."""
    return Place(
        resource=resource,
        namespace=named.namespace,
        name=named.name,
        subresource=named.subresource,
    )
