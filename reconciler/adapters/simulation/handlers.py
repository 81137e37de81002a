"""The verbs on resources and subresources, and who answers which."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import replace
from typing import Final

from aiohttp import web

from reconciler.adapters.simulation import errors, reads, reviews, scale
from reconciler.adapters.simulation.bodies import (
    body_of,
    delete_options,
    delete_options_of,
    list_options,
    media_of,
    write_options,
)
from reconciler.adapters.simulation.calls import (
    JSON,
    Call,
    encoded,
    form_of,
    place_of,
    reply,
    written,
)
from reconciler.adapters.simulation.catalogue import Resource
from reconciler.adapters.simulation.deletes import delete
from reconciler.adapters.simulation.places import Place
from reconciler.adapters.simulation.routing import Target
from reconciler.adapters.simulation.writes import (
    APPLY_PATCH,
    JSON_PATCH,
    MERGE_PATCH,
    STRATEGIC_PATCH,
)

_PATCHES: Final = (JSON_PATCH, MERGE_PATCH, STRATEGIC_PATCH, APPLY_PATCH)


async def _get(call: Call, named: Target, resource: Resource) -> web.StreamResponse:
    with call.cluster.lock:
        manifest = reads.get(call.cluster, resource, named.namespace, named.name)
    form = form_of(call)
    if form is not None:
        return encoded(form.one(resource, manifest))
    return reply(call.cluster.encoder.object(manifest))


async def _list(call: Call, named: Target, resource: Resource) -> web.StreamResponse:
    options = list_options(call.query)
    with call.cluster.lock:
        page = reads.page(call.cluster, resource, named.namespace, options)
    form = form_of(call)
    if form is not None:
        return encoded(form.many(resource, page))
    return reply(call.cluster.encoder.list(resource, page.metadata(), page.items))


async def _create(call: Call, named: Target, resource: Resource) -> web.StreamResponse:
    if named.name:
        raise errors.method_not_allowed()
    body = await body_of(call, JSON, "application/yaml")
    place = Place(resource=resource, namespace=named.namespace, name="")
    with call.cluster.lock:
        outcome = call.cluster.writes.create(place, body, write_options(call))
    return written(call, resource, outcome.manifest, 201, outcome.warnings)


async def review(call: Call, named: Target, resource: Resource) -> web.StreamResponse:
    """A kind that is only ever created is a question; those without an answer here are 501."""
    del named
    if resource.plural not in reviews.REVIEWS:
        raise errors.not_implemented(f"creating {resource.plural}")
    body = await body_of(call, JSON, "application/yaml")
    with call.cluster.lock:
        answered = reviews.review(resource.plural, call.user, body, call.cluster.store)
    return encoded(answered, 201)


async def _bind(call: Call, named: Target, resource: Resource) -> web.StreamResponse:
    body = await body_of(call, JSON, "application/yaml")
    node = (body.get("target") or {}).get("name", "")
    with call.cluster.lock:
        pod = reads.get(call.cluster, resource, named.namespace, named.name)
        if pod["spec"].get("nodeName"):
            message = f"pod {named.name} is already assigned to node"
            raise errors.conflict(resource.plural, resource.group, named.name, message)
        call.cluster.bind(pod, node)
    return encoded({"kind": "Status", "apiVersion": "v1", "metadata": {}, "status": "Success"}, 201)


async def _update(call: Call, named: Target, resource: Resource) -> web.StreamResponse:
    body = await body_of(call, JSON, "application/yaml")
    place = place_of(named, resource)
    with call.cluster.lock:
        outcome = call.cluster.writes.update(place, body, write_options(call))
    code = 201 if outcome.created else 200
    return written(call, resource, outcome.manifest, code, outcome.warnings)


async def _patch(call: Call, named: Target, resource: Resource) -> web.StreamResponse:
    media = media_of(call)
    if media not in _PATCHES:
        raise errors.unsupported_media_type(_PATCHES)
    options = write_options(call)
    if media == APPLY_PATCH and "fieldManager" not in call.query:
        cause = errors.Cause(
            reason="FieldValueRequired",
            message="Required value: is required for apply patch",
            field="fieldManager",
        )
        raise errors.invalid("PatchOptions", "meta.k8s.io", "", [cause])
    if media != APPLY_PATCH and "force" in call.query:
        cause = errors.Cause(
            reason="FieldValueForbidden",
            message="Forbidden: may not be specified for non-apply patch",
            field="force",
        )
        raise errors.invalid("PatchOptions", "meta.k8s.io", "", [cause])
    body = await body_of(call, *_PATCHES)
    place = place_of(named, resource)
    with call.cluster.lock:
        outcome = call.cluster.writes.patch(place, body, media, options)
    code = 201 if outcome.created else 200
    return written(call, resource, outcome.manifest, code, outcome.warnings)


async def _delete(call: Call, named: Target, resource: Resource) -> web.StreamResponse:
    options = await delete_options(call)
    with call.cluster.lock:
        manifest = delete(call.cluster, place_of(named, resource), options)
    return written(call, resource, manifest, 200)


async def _delete_collection(call: Call, named: Target, resource: Resource) -> web.StreamResponse:
    options = await delete_options(call)
    with call.cluster.lock:
        page = reads.page(call.cluster, resource, named.namespace, list_options(call.query))
        for manifest in page.items:
            metadata = manifest["metadata"]
            place = Place(
                resource=resource,
                namespace=metadata.get("namespace", ""),
                name=metadata["name"],
            )
            delete(call.cluster, place, replace(options, uid=None, resource_version=None))
    return reply(call.cluster.encoder.list(resource, page.metadata(), page.items))


async def _get_scale(call: Call, named: Target, resource: Resource) -> web.StreamResponse:
    with call.cluster.lock:
        manifest = reads.get(call.cluster, resource, named.namespace, named.name)
    return encoded(scale.of(manifest, resource))


async def _put_scale(call: Call, named: Target, resource: Resource) -> web.StreamResponse:
    body = await body_of(call, JSON, "application/yaml")
    with call.cluster.lock:
        manifest = call.cluster.writes.scale(place_of(named, resource), body, write_options(call))
    return encoded(manifest)


async def _finalize(call: Call, named: Target, resource: Resource) -> web.StreamResponse:
    """A namespace whose last finalizer went is removed."""
    body = await body_of(call, JSON)
    with call.cluster.lock:
        manifest = call.cluster.finalize_namespace(named.name, (body.get("spec") or {}))
    return written(call, resource, manifest, 200)


async def _evict(call: Call, named: Target, resource: Resource) -> web.StreamResponse:
    """Eviction without disruption budgets being consulted is refused when a budget says no."""
    body = await body_of(call, JSON)
    options = delete_options_of(body.get("deleteOptions") or {}, call.query)
    with call.cluster.lock:
        delete(call.cluster, replace(place_of(named, resource), subresource=""), options)
    return encoded(
        {"kind": "Status", "apiVersion": "v1", "metadata": {}, "status": "Success", "code": 201},
        201,
    )


Handler = Callable[[Call, Target, Resource], Awaitable[web.StreamResponse]]
HANDLERS: Final[Mapping[str, Handler]] = {
    "get": _get,
    "list": _list,
    "create": _create,
    "update": _update,
    "patch": _patch,
    "delete": _delete,
    "deletecollection": _delete_collection,
}
SUBRESOURCES: Final[Mapping[tuple[str, str], Handler]] = {
    ("status", "get"): _get,
    ("status", "update"): _update,
    ("status", "patch"): _patch,
    ("scale", "get"): _get_scale,
    ("scale", "update"): _put_scale,
    ("scale", "patch"): _patch,
    ("finalize", "update"): _finalize,
    ("eviction", "create"): _evict,
    ("binding", "create"): _bind,
}
