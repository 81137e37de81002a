"""OpenAPI documents, as far as kubectl reads them: which kinds there are and what writes accept."""

from __future__ import annotations

import functools
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any, Final

from reconciler.adapters.simulation.catalogue import Resource
from reconciler.adapters.simulation.shapes import ListOf, MapOf, Scalar, Shape, Struct

if TYPE_CHECKING:
    from reconciler.adapters.simulation.cluster import SimulatedCluster

Document = dict[str, Any]
_TYPES: Final[Mapping[str, Document]] = {
    "s": {"type": "string"},
    "i": {"type": "integer", "format": "int32"},
    "n": {"type": "number", "format": "double"},
    "b": {"type": "boolean"},
    "y": {"type": "string", "format": "byte"},
    "t": {"type": "string", "format": "date-time"},
    "q": {"type": "string"},
    "x": {"x-kubernetes-int-or-string": True},
}
_WRITES: Final = ("post", "put", "patch")


def v3(cluster: SimulatedCluster, path: str) -> Document | None:
    """The index, or the document of one group version."""
    if not cluster.features.openapi_v3:
        return None
    listed = {
        _path(group, version): (group, version)
        for group, version in cluster.catalogue.group_versions()
    }
    if not path:
        return {
            "paths": {name: {"serverRelativeURL": f"/openapi/v3/{name}"} for name in sorted(listed)}
        }
    if path not in listed:
        return None
    return _v3_document(cluster, *listed[path])


def _path(group: str, version: str) -> str:
    return f"apis/{group}/{version}" if group else f"api/{version}"


def _v3_document(cluster: SimulatedCluster, group: str, version: str) -> Document:
    resources = cluster.catalogue.resources(group, version) or []
    schemas: Document = {}
    paths: Document = {}
    for resource in resources:
        schemas[_schema_name(resource)] = _kind_schema(resource, schemas, "#/components/schemas/")
        paths.update(_paths(resource))
    return {
        "openapi": "3.0.0",
        "info": {"title": "Kubernetes", "version": f"v1.{cluster.features.minor}.0"},
        "paths": paths,
        "components": {"schemas": schemas},
    }


def v2(cluster: SimulatedCluster) -> Document:
    """All kinds in one swagger document."""
    definitions: Document = {}
    paths: Document = {}
    for group, version in cluster.catalogue.group_versions():
        for resource in cluster.catalogue.resources(group, version) or []:
            name = _schema_name(resource)
            definitions[name] = _kind_schema(resource, definitions, "#/definitions/")
            paths.update(_paths(resource))
    return {
        "swagger": "2.0",
        "info": {"title": "Kubernetes", "version": f"v1.{cluster.features.minor}.0"},
        "paths": paths,
        "definitions": definitions,
    }


def _schema_name(resource: Resource) -> str:
    if isinstance(resource.shape, Struct) and resource.shape.name:
        return f"io.k8s.{resource.shape.name}"
    reversed_group = ".".join(reversed((resource.group or "core").split(".")))
    return f"{reversed_group}.{resource.version}.{resource.kind}"


def _kind_schema(resource: Resource, into: Document, prefix: str) -> Document:
    schema: Document = {"type": "object"}
    if isinstance(resource.shape, Struct):
        schema = _struct(resource.shape, into, prefix)
    identity = {"group": resource.group, "kind": resource.kind, "version": resource.version}
    return {**schema, "x-kubernetes-group-version-kind": [identity]}


def _struct(shape: Struct, into: Document, prefix: str) -> Document:
    properties = {
        name: _schema(below, into, prefix) for name, below in sorted(shape.fields.items())
    }
    schema: Document = {"type": "object", "properties": properties}
    if shape.extra is not None:
        schema["x-kubernetes-preserve-unknown-fields"] = True
    return schema


def _schema(shape: Shape, into: Document, prefix: str) -> Document:
    if isinstance(shape, Scalar):
        return _TYPES[shape.code]
    if isinstance(shape, MapOf):
        return {"type": "object", "additionalProperties": _schema(shape.item, into, prefix)}
    if isinstance(shape, ListOf):
        return _list(shape, into, prefix)
    if isinstance(shape, Struct):
        return _reference(shape, into, prefix)
    return {"type": "object", "x-kubernetes-preserve-unknown-fields": True}


def _reference(shape: Struct, into: Document, prefix: str) -> Document:
    if not shape.name:
        return _struct(shape, into, prefix)
    name = f"io.k8s.{shape.name}"
    if name not in into:
        into[name] = {}  # before its fields: types refer to themselves
        into[name] = _struct(shape, into, prefix)
    return {"$ref": prefix + name}


def _list(shape: ListOf, into: Document, prefix: str) -> Document:
    schema: Document = {"type": "array", "items": _schema(shape.item, into, prefix)}
    if shape.kind != "atomic":
        schema["x-kubernetes-list-type"] = shape.kind
    if shape.keys:
        schema["x-kubernetes-list-map-keys"] = list(shape.keys)
    if shape.strategy:
        schema["x-kubernetes-patch-strategy"] = shape.strategy
    if shape.merge_key:
        schema["x-kubernetes-patch-merge-key"] = shape.merge_key
    return schema


def _paths(resource: Resource) -> Document:
    base = f"/apis/{resource.group}/{resource.version}" if resource.group else "/api/v1"
    scope = "/namespaces/{namespace}" if resource.namespaced else ""
    collection = f"{base}{scope}/{resource.plural}"
    return {
        collection: _operations(resource, ("get", "post")),
        collection + "/{name}": _operations(resource, ("get", "put", "patch", "delete")),
    }


def _operations(resource: Resource, methods: Iterable[str]) -> Document:
    identity = {"group": resource.group, "kind": resource.kind, "version": resource.version}
    return {
        method: {
            "x-kubernetes-group-version-kind": identity,
            "x-kubernetes-action": method,
            "parameters": _parameters() if method in _WRITES else [],
            "responses": {"200": {"description": "OK"}},
        }
        for method in methods
    }


@functools.cache
def _parameters() -> list[Document]:
    names = ("dryRun", "fieldManager", "fieldValidation", "pretty")
    return [{"name": name, "in": "query", "schema": {"type": "string"}} for name in names]
