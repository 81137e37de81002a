"""The HTTP face of simulated clusters: requests in, answers out, one handler for many clusters.

A cluster is reached below `/clusters/<name>` of the fleet's port, or on a port of its own.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final
from urllib.parse import unquote

from aiohttp import web

from reconciler.adapters.simulation import errors, faults, reads
from reconciler.adapters.simulation.access import authenticate, authorize, authorize_path
from reconciler.adapters.simulation.calls import Call, failure
from reconciler.adapters.simulation.catalogue import Resource
from reconciler.adapters.simulation.cluster import SimulatedCluster
from reconciler.adapters.simulation.documents import document
from reconciler.adapters.simulation.errors import ApiError, PathNotFound
from reconciler.adapters.simulation.faults import HEALTHY
from reconciler.adapters.simulation.handlers import HANDLERS, SUBRESOURCES, review
from reconciler.adapters.simulation.routing import Target, target
from reconciler.adapters.simulation.streams import watch

_VERBS: Final[Mapping[str, tuple[str, str]]] = {  # method → verb on a collection, on an object
    "GET": ("list", "get"),
    "POST": ("create", "create"),
    "PUT": ("update", "update"),
    "PATCH": ("patch", "patch"),
    "DELETE": ("deletecollection", "delete"),
}
# Subresources that run in a node or move traffic: nothing to answer with.
_UNSUPPORTED_SUBRESOURCES: Final = frozenset({"attach", "exec", "portforward", "proxy", "log"})


async def answer(
    cluster: SimulatedCluster, path: str, request: web.BaseRequest
) -> web.StreamResponse:
    """The answer to a request for a path of this cluster."""
    if cluster.faults is HEALTHY:
        return await _answer(cluster, path, request)
    try:
        await faults.before(cluster, request)
        response = await _answer(cluster, path, request)
        return await faults.after(cluster, request, response)
    except faults.DroppedConnection:
        if request.transport is not None:
            request.transport.abort()
        return web.Response()
    except ApiError as error:
        return failure(error)


async def _answer(
    cluster: SimulatedCluster, path: str, request: web.BaseRequest
) -> web.StreamResponse:
    try:
        user = authenticate(request.headers.get("Authorization"), cluster.tokens)
        call = Call(cluster=cluster, request=request, path=path, query=request.query, user=user)
        named = target(path)
        if named is None:
            authorize_path(user, path, request.method.lower())
            return document(call)
        return await _resource_answer(call, named)
    except ApiError as error:
        return failure(error)
    except PathNotFound:
        return web.Response(status=404, text="404 page not found\n")


async def _resource_answer(call: Call, named: Target) -> web.StreamResponse:
    method = call.request.method
    verbs = _VERBS.get(method)
    if verbs is None:
        raise errors.method_not_allowed()
    verb = verbs[1] if named.name else verbs[0]
    is_watch = verb in ("list", "get") and call.is_set("watch")
    authorize(call.user, "watch" if is_watch else verb, named, call.cluster.store)
    resource = call.cluster.catalogue.find(named.group, named.version, named.plural)
    if resource is None:
        if named.group and named.group not in call.cluster.catalogue.groups():
            raise PathNotFound
        raise errors.no_such_resource()
    _check_scope(resource, named, verb)
    if named.subresource:
        return await _sub_resource_answer(call, named, resource, verb)
    if verb not in resource.verbs:
        raise errors.method_not_allowed()
    if resource.verbs == ("create",):
        return await review(call, named, resource)
    if is_watch:
        return await watch(call, named, resource)
    return await HANDLERS[verb](call, named, resource)


def _check_scope(resource: Resource, named: Target, verb: str) -> None:
    if named.namespace and not resource.namespaced:
        raise errors.no_such_resource()
    if resource.namespaced and not named.namespace:
        if named.name:
            raise errors.no_such_resource()
        if verb not in ("list", "watch"):
            raise errors.method_not_allowed()
    if verb in ("update", "patch") and not named.name:
        raise errors.method_not_allowed()


async def _sub_resource_answer(
    call: Call, named: Target, resource: Resource, verb: str
) -> web.StreamResponse:
    sub = resource.subresources.get(named.subresource.split("/", 1)[0])
    if sub is None:
        raise errors.no_such_resource()
    if sub.name in _UNSUPPORTED_SUBRESOURCES:
        reads.get(call.cluster, resource, named.namespace, named.name)
        raise errors.not_implemented(f"{resource.plural}/{sub.name}")
    if verb not in sub.verbs:
        raise errors.method_not_allowed()
    handler = SUBRESOURCES.get((sub.name, verb))
    if handler is None:
        raise errors.not_implemented(f"{verb} of {resource.plural}/{sub.name}")
    return await handler(call, named, resource)


def cluster_of(path: str) -> tuple[str, str] | None:
    """(cluster, path below it) of `/clusters/<name>/…`."""
    parts = path.split("/", 3)
    if len(parts) < 3 or parts[1] != "clusters":  # noqa: PLR2004
        return None
    return unquote(parts[2]), "/" + (parts[3] if len(parts) > 3 else "")  # noqa: PLR2004
