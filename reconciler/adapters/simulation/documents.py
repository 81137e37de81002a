"""Answers to paths that name no resource: health, version, discovery, OpenAPI."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final

from aiohttp import web

from reconciler.adapters.simulation import discovery, errors, openapi
from reconciler.adapters.simulation.calls import JSON, Call, encoded
from reconciler.adapters.simulation.errors import PathNotFound

_HEALTH: Final = ("/healthz", "/livez", "/readyz")


def document(call: Call) -> web.Response:
    """The answer to a path that is no resource. Raises PathNotFound, ApiError."""
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
        return encoded(document)
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
    return encoded(document)


def _versions(call: Call) -> web.Response:
    found = _aggregated(call, core=True)
    return found or encoded(discovery.core_versions(call.request.host))


def _groups(call: Call) -> web.Response:
    found = _aggregated(call, core=False)
    return found or encoded(discovery.groups(call.cluster))


def _aggregated(call: Call, *, core: bool) -> web.Response | None:
    if not call.cluster.features.aggregated_discovery:
        return None
    for offer in call.request.headers.get("Accept", "").split(","):
        if f"g={discovery.AGGREGATED}" in offer:
            version = "v2beta1" if "v=v2beta1" in offer else "v2"
            document = discovery.aggregated(call.cluster, core=core, version=version)
            media = f"{JSON};g={discovery.AGGREGATED};v={version};as=APIGroupDiscoveryList"
            return encoded(document, media=media)
    return None


def _paths(call: Call) -> web.Response:
    groups = call.cluster.catalogue.groups()
    listed = ["/api", "/api/v1", "/apis"]
    for name, versions in groups.items():
        listed.append(f"/apis/{name}")
        listed.extend(f"/apis/{name}/{version}" for version in versions)
    return encoded({"paths": sorted([*listed, *_HEALTH, "/openapi/v2", "/version"])})


_DOCUMENTS: Final[Mapping[str, Callable[[Call], web.Response]]] = {
    "/": _paths,
    "/api": _versions,
    "/apis": _groups,
    "/version": lambda call: encoded(discovery.version_info(call.cluster)),
    "/openapi/v2": lambda call: encoded(openapi.v2(call.cluster)),
}
