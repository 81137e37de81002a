"""The HTTP face of simulated clusters: requests in, answers out, one handler for many clusters.

A cluster is reached below `/clusters/<name>` of the fleet's port, or on a port of its own.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any, Final
from urllib.parse import unquote

import orjson
from aiohttp import web
from multidict import MultiMapping

from reconciler.adapters.simulation import (
    discovery,
    errors,
    faults,
    openapi,
    reads,
    reviews,
    scale,
    tables,
)
from reconciler.adapters.simulation.access import (
    User,
    authenticate,
    authorize,
    authorize_path,
)
from reconciler.adapters.simulation.catalogue import Resource
from reconciler.adapters.simulation.cluster import SimulatedCluster
from reconciler.adapters.simulation.deletes import DeleteOptions, delete
from reconciler.adapters.simulation.errors import ApiError, PathNotFound
from reconciler.adapters.simulation.faults import HEALTHY
from reconciler.adapters.simulation.reads import ListOptions
from reconciler.adapters.simulation.routing import Target, target
from reconciler.adapters.simulation.watching import BOOKMARK_SECONDS, Watch, WatchOptions
from reconciler.adapters.simulation.writes import (
    APPLY_PATCH,
    JSON_PATCH,
    MERGE_PATCH,
    STRATEGIC_PATCH,
    Place,
    WriteOptions,
)
from reconciler.parse.yaml import read_documents

BODY_LIMIT: Final = 3 * 1024 * 1024
_JSON: Final = "application/json"
_PROTOBUF: Final = "application/vnd.kubernetes.protobuf"
_HEALTH: Final = ("/healthz", "/livez", "/readyz")
_PATCHES: Final = (JSON_PATCH, MERGE_PATCH, STRATEGIC_PATCH, APPLY_PATCH)
_YAML_BODIES: Final = ("application/yaml", APPLY_PATCH, "text/yaml", "application/x-yaml")
_TRUE: Final = frozenset({"1", "true", "True", "TRUE", "t", "T"})
_VERBS: Final[Mapping[str, tuple[str, str]]] = {  # method → verb on a collection, on an object
    "GET": ("list", "get"),
    "POST": ("create", "create"),
    "PUT": ("update", "update"),
    "PATCH": ("patch", "patch"),
    "DELETE": ("deletecollection", "delete"),
}
# Subresources that run in a node or move traffic: nothing to answer with.
_UNSUPPORTED_SUBRESOURCES: Final = frozenset({"attach", "exec", "portforward", "proxy", "log"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """One request, read as far as its headers."""

    cluster: SimulatedCluster
    request: web.BaseRequest
    path: str
    query: MultiMapping[str]
    user: User

    def is_set(self, name: str) -> bool:
        return self.query.get(name, "") in _TRUE


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
        return _failure(error)


async def _answer(
    cluster: SimulatedCluster, path: str, request: web.BaseRequest
) -> web.StreamResponse:
    try:
        user = authenticate(request.headers.get("Authorization"), cluster.tokens)
        call = Call(cluster=cluster, request=request, path=path, query=request.query, user=user)
        named = target(path)
        if named is None:
            authorize_path(user, path, request.method.lower())
            return _document(call)
        return await _resource_answer(call, named)
    except ApiError as error:
        return _failure(error)
    except PathNotFound:
        return web.Response(status=404, text="404 page not found\n")


def _failure(error: ApiError) -> web.Response:
    headers = {}
    if error.retry_after is not None:
        headers["Retry-After"] = str(error.retry_after)
    return _reply(orjson.dumps(error.status()), error.code, headers=headers)


def _reply(
    body: bytes, code: int = 200, *, media: str = _JSON, headers: Mapping[str, str] | None = None
) -> web.Response:
    response = web.Response(body=body, status=code, headers=headers)
    response.headers["Content-Type"] = media
    return response


def _encoded(document: Any, code: int = 200, *, media: str = _JSON) -> web.Response:
    return _reply(orjson.dumps(document), code, media=media)


# ---- paths that name no resource


def _document(call: Call) -> web.Response:
    path = call.path.rstrip("/") or "/"
    if call.request.method != "GET":
        raise PathNotFound
    if path.startswith(_HEALTH):
        return web.Response(text="ok")
    fixed = _DOCUMENTS.get(path)
    if fixed is not None:
        return fixed(call)
    if path.startswith("/openapi/v3"):
        document = openapi.v3(call.cluster, path.removeprefix("/openapi/v3").strip("/"))
        if document is None:
            raise PathNotFound
        return _encoded(document)
    return _group_document(call, path)


def _group_document(call: Call, path: str) -> web.Response:
    parts = path.strip("/").split("/")
    document = None
    if parts[0] == "apis" and len(parts) == 2:  # noqa: PLR2004 — apis/<group>
        document = discovery.group(call.cluster, parts[1])
    elif parts[0] == "apis" and len(parts) == 3:  # noqa: PLR2004 — apis/<group>/<version>
        document = discovery.resource_list(call.cluster, parts[1], parts[2])
    elif path == "/api/v1":
        document = discovery.resource_list(call.cluster, "", "v1")
    if document is None:
        if (
            parts[0] in ("api", "apis")
            and len(parts) > 1
            and parts[1] in call.cluster.catalogue.groups()
        ):
            raise errors.no_such_resource()
        raise PathNotFound
    return _encoded(document)


def _versions(call: Call) -> web.Response:
    found = _aggregated(call, core=True)
    return found or _encoded(discovery.core_versions(call.request.host))


def _groups(call: Call) -> web.Response:
    found = _aggregated(call, core=False)
    return found or _encoded(discovery.groups(call.cluster))


def _aggregated(call: Call, *, core: bool) -> web.Response | None:
    if not call.cluster.features.aggregated_discovery:
        return None
    for offer in call.request.headers.get("Accept", "").split(","):
        if f"g={discovery.AGGREGATED}" in offer:
            version = "v2beta1" if "v=v2beta1" in offer else "v2"
            document = discovery.aggregated(call.cluster, core=core, version=version)
            media = f"{_JSON};g={discovery.AGGREGATED};v={version};as=APIGroupDiscoveryList"
            return _encoded(document, media=media)
    return None


def _paths(call: Call) -> web.Response:
    groups = call.cluster.catalogue.groups()
    listed = ["/api", "/api/v1", "/apis"]
    for name, versions in groups.items():
        listed.append(f"/apis/{name}")
        listed.extend(f"/apis/{name}/{version}" for version in versions)
    return _encoded({"paths": sorted([*listed, *_HEALTH, "/openapi/v2", "/version"])})


_DOCUMENTS: Final[Mapping[str, Callable[[Call], web.Response]]] = {
    "/": _paths,
    "/api": _versions,
    "/apis": _groups,
    "/version": lambda call: _encoded(discovery.version_info(call.cluster)),
    "/openapi/v2": lambda call: _encoded(openapi.v2(call.cluster)),
}


# ---- resources


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
        return await _subresource_answer(call, named, resource, verb)
    if verb not in resource.verbs:
        raise errors.method_not_allowed()
    if resource.verbs == ("create",):
        return await _review(call, named, resource)
    if is_watch:
        return await _watch(call, named, resource)
    return await _HANDLERS[verb](call, named, resource)


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


async def _subresource_answer(
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
    handler = _SUBRESOURCES.get((sub.name, verb))
    if handler is None:
        raise errors.not_implemented(f"{verb} of {resource.plural}/{sub.name}")
    return await handler(call, named, resource)


async def _get(call: Call, named: Target, resource: Resource) -> web.StreamResponse:
    with call.cluster.lock:
        manifest = reads.get(call.cluster, resource, named.namespace, named.name)
    form = _form(call)
    if form is not None:
        return _encoded(form.one(resource, manifest))
    return _reply(call.cluster.encoder.object(manifest))


def _form(call: Call) -> tables.Form | None:
    return tables.wanted(call.request.headers.get("Accept", ""), call.cluster.clock())


async def _list(call: Call, named: Target, resource: Resource) -> web.StreamResponse:
    options = _list_options(call.query)
    with call.cluster.lock:
        page = reads.page(call.cluster, resource, named.namespace, options)
    form = _form(call)
    if form is not None:
        return _encoded(form.many(resource, page))
    return _reply(call.cluster.encoder.list(resource, page.metadata(), page.items))


def _list_options(query: MultiMapping[str]) -> ListOptions:
    limit = query.get("limit", "") or "0"
    if not limit.isdigit():
        raise errors.bad_request(f'strconv.ParseInt: parsing "{limit}": invalid syntax')
    return ListOptions(
        label_selector=query.get("labelSelector", ""),
        field_selector=query.get("fieldSelector", ""),
        limit=int(limit),
        token=query.get("continue", ""),
        resource_version=query.get("resourceVersion", ""),
        version_match=query.get("resourceVersionMatch", ""),
    )


async def _create(call: Call, named: Target, resource: Resource) -> web.StreamResponse:
    if named.name:
        raise errors.method_not_allowed()
    body = await _body(call, _JSON, "application/yaml")
    place = Place(resource=resource, namespace=named.namespace, name="")
    with call.cluster.lock:
        outcome = call.cluster.writes.create(place, body, _write_options(call))
    return _written(call, resource, outcome.manifest, 201, outcome.warnings)


async def _review(call: Call, named: Target, resource: Resource) -> web.StreamResponse:
    """A kind that is only ever created is a question; those without an answer here are 501."""
    del named
    if resource.plural not in reviews.REVIEWS:
        raise errors.not_implemented(f"creating {resource.plural}")
    body = await _body(call, _JSON, "application/yaml")
    with call.cluster.lock:
        answered = reviews.review(resource.plural, call.user, body, call.cluster.store)
    return _encoded(answered, 201)


async def _bind(call: Call, named: Target, resource: Resource) -> web.StreamResponse:
    body = await _body(call, _JSON, "application/yaml")
    node = (body.get("target") or {}).get("name", "")
    with call.cluster.lock:
        pod = reads.get(call.cluster, resource, named.namespace, named.name)
        if pod["spec"].get("nodeName"):
            message = f"pod {named.name} is already assigned to node"
            raise errors.conflict(resource.plural, resource.group, named.name, message)
        call.cluster.bind(pod, node)
    return _encoded(
        {"kind": "Status", "apiVersion": "v1", "metadata": {}, "status": "Success"}, 201
    )


async def _update(call: Call, named: Target, resource: Resource) -> web.StreamResponse:
    body = await _body(call, _JSON, "application/yaml")
    place = _place(named, resource)
    with call.cluster.lock:
        outcome = call.cluster.writes.update(place, body, _write_options(call))
    code = 201 if outcome.created else 200
    return _written(call, resource, outcome.manifest, code, outcome.warnings)


async def _patch(call: Call, named: Target, resource: Resource) -> web.StreamResponse:
    media = _media(call)
    if media not in _PATCHES:
        raise errors.unsupported_media_type(_PATCHES)
    options = _write_options(call)
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
    body = await _body(call, *_PATCHES)
    place = _place(named, resource)
    with call.cluster.lock:
        outcome = call.cluster.writes.patch(place, body, media, options)
    code = 201 if outcome.created else 200
    return _written(call, resource, outcome.manifest, code, outcome.warnings)


def _place(named: Target, resource: Resource) -> Place:
    return Place(
        resource=resource,
        namespace=named.namespace,
        name=named.name,
        subresource=named.subresource,
    )


def _written(
    call: Call, resource: Resource, manifest: Any, code: int, warnings: tuple[str, ...] = ()
) -> web.Response:
    form = _form(call)
    if form is not None and manifest.get("kind") == resource.kind:
        return _encoded(form.one(resource, manifest), code)
    response = _reply(orjson.dumps(manifest), code)
    for text in warnings:
        quoted = text.replace("\\", "\\\\").replace('"', '\\"')
        response.headers.add("Warning", f'299 - "{quoted}"')
    return response


async def _delete(call: Call, named: Target, resource: Resource) -> web.StreamResponse:
    options = await _delete_options(call)
    with call.cluster.lock:
        manifest = delete(call.cluster, _place(named, resource), options)
    return _written(call, resource, manifest, 200)


async def _delete_collection(call: Call, named: Target, resource: Resource) -> web.StreamResponse:
    options = await _delete_options(call)
    with call.cluster.lock:
        page = reads.page(call.cluster, resource, named.namespace, _list_options(call.query))
        for manifest in page.items:
            metadata = manifest["metadata"]
            place = Place(
                resource=resource,
                namespace=metadata.get("namespace", ""),
                name=metadata["name"],
            )
            delete(call.cluster, place, replace(options, uid=None, resource_version=None))
    return _reply(call.cluster.encoder.list(resource, page.metadata(), page.items))


async def _get_scale(call: Call, named: Target, resource: Resource) -> web.StreamResponse:
    with call.cluster.lock:
        manifest = reads.get(call.cluster, resource, named.namespace, named.name)
    return _encoded(scale.of(manifest, resource))


async def _put_scale(call: Call, named: Target, resource: Resource) -> web.StreamResponse:
    body = await _body(call, _JSON, "application/yaml")
    with call.cluster.lock:
        manifest = call.cluster.writes.scale(_place(named, resource), body, _write_options(call))
    return _encoded(manifest)


async def _finalize(call: Call, named: Target, resource: Resource) -> web.StreamResponse:
    """A namespace whose last finalizer went is removed."""
    body = await _body(call, _JSON)
    with call.cluster.lock:
        manifest = call.cluster.finalize_namespace(named.name, (body.get("spec") or {}))
    return _written(call, resource, manifest, 200)


async def _evict(call: Call, named: Target, resource: Resource) -> web.StreamResponse:
    """Eviction without disruption budgets being consulted is refused when a budget says no."""
    body = await _body(call, _JSON)
    options = _delete_body(body.get("deleteOptions") or {}, call.query)
    with call.cluster.lock:
        delete(call.cluster, replace(_place(named, resource), subresource=""), options)
    return _encoded(
        {"kind": "Status", "apiVersion": "v1", "metadata": {}, "status": "Success", "code": 201},
        201,
    )


Handler = Callable[[Call, Target, Resource], Awaitable[web.StreamResponse]]
_HANDLERS: Final[Mapping[str, Handler]] = {
    "get": _get,
    "list": _list,
    "create": _create,
    "update": _update,
    "patch": _patch,
    "delete": _delete,
    "deletecollection": _delete_collection,
}
_SUBRESOURCES: Final[Mapping[tuple[str, str], Handler]] = {
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


# ---- watching


async def _watch(call: Call, named: Target, resource: Resource) -> web.StreamResponse:
    options = _watch_options(call, named)
    if call.cluster.faults.stale_watch:
        gone = errors.expired("too old resource version: simulated")
        line = orjson.dumps({"type": "ERROR", "object": gone.status()}) + b"\n"
        return _reply(line)
    watch = Watch(call.cluster, resource, named.namespace, options)
    first = watch.start()
    call.cluster.watches.add(watch)
    response = web.StreamResponse(headers={"Content-Type": _JSON})
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
    options = _list_options(query)
    if named.name:
        options = replace(options, field_selector=f"metadata.name={named.name}")
    form = _form(call)
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


# ---- reading requests


def _media(call: Call) -> str:
    return call.request.headers.get("Content-Type", "").partition(";")[0].strip()


async def _body(call: Call, *accepted: str) -> Any:
    """The decoded body. Raises ApiError 400, 413 or 415."""
    raw = await _raw(call.request)
    media = _media(call)
    if media == _PROTOBUF:
        raise errors.not_implemented("bodies in protobuf; send JSON")
    if media and media not in accepted and media != "application/x-www-form-urlencoded":
        raise errors.unsupported_media_type((_JSON, "application/yaml"))
    try:
        return orjson.loads(raw)
    except orjson.JSONDecodeError as error:
        if media not in _YAML_BODIES:
            raise errors.bad_request(
                "the object provided is unrecognized: couldn't get version/kind; json parse error: "
                f"{error}"
            ) from error
    documents = read_documents(raw)
    problem = documents[0].problem if documents else None
    if not documents or problem is not None:
        raise errors.bad_request(f"error decoding YAML: {problem}")
    return documents[0].value


async def _raw(request: web.BaseRequest) -> bytes:
    chunks, size = [], 0
    async for chunk in request.content.iter_any():
        size += len(chunk)
        if size > BODY_LIMIT:
            raise errors.too_large(f"Request entity too large: limit is {BODY_LIMIT}")
        chunks.append(chunk)
    return b"".join(chunks)


def _write_options(call: Call) -> WriteOptions:
    query = call.query
    dry_run = query.get("dryRun", "")
    if dry_run not in ("", "All"):
        cause = errors.Cause(
            reason="FieldValueNotSupported",
            message=f'Unsupported value: "{dry_run}": supported values: "All"',
            field="dryRun",
        )
        raise errors.invalid("CreateOptions", "meta.k8s.io", "", [cause])
    agent = call.request.headers.get("User-Agent", "unknown").partition("/")[0]
    return WriteOptions(
        manager=query.get("fieldManager") or agent or "unknown",
        dry_run=dry_run == "All",
        force=call.is_set("force"),
        field_validation=query.get("fieldValidation") or "Warn",
    )


async def _delete_options(call: Call) -> DeleteOptions:
    raw = await _raw(call.request)
    body: Any = {}
    if raw.strip():
        try:
            body = orjson.loads(raw)
        except orjson.JSONDecodeError as error:
            raise errors.bad_request(f"json parse error: {error}") from error
    return _delete_body(body if isinstance(body, dict) else {}, call.query)


def _delete_body(body: Mapping[str, Any], query: MultiMapping[str]) -> DeleteOptions:
    preconditions = body.get("preconditions") or {}
    policy = body.get("propagationPolicy") or query.get("propagationPolicy") or None
    orphans = body.get("orphanDependents")
    if policy is None and (orphans is True or query.get("orphanDependents") in _TRUE):
        policy = "Orphan"
    grace = body.get("gracePeriodSeconds", query.get("gracePeriodSeconds"))
    dry_run = [*(body.get("dryRun") or ()), *query.getall("dryRun", [])]
    return DeleteOptions(
        uid=preconditions.get("uid"),
        resource_version=preconditions.get("resourceVersion"),
        policy=policy,
        grace_seconds=None if grace is None else int(grace),
        dry_run="All" in dry_run,
    )


def cluster_of(path: str) -> tuple[str, str] | None:
    """(cluster, path below it) of `/clusters/<name>/…`."""
    parts = path.split("/", 3)
    if len(parts) < 3 or parts[1] != "clusters":  # noqa: PLR2004
        return None
    return unquote(parts[2]), "/" + (parts[3] if len(parts) > 3 else "")  # noqa: PLR2004
