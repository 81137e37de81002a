"""Other forms of an answer: Table for people's eyes, PartialObjectMetadata for controllers.

Columns are name and age and those a CRD declares; kubectl asks for a Table and can print that.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final

from reconciler.adapters.simulation.catalogue import Resource
from reconciler.adapters.simulation.reads import Page, metadata_only

Manifest = dict[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Form:
    """What the Accept header asked for."""

    kind: str
    version: str
    now: datetime

    @property
    def is_metadata(self) -> bool:
        return self.kind != "Table"

    def one(self, resource: Resource, manifest: Manifest) -> Manifest:
        if self.is_metadata:
            return metadata_only(manifest, self.version)
        version = manifest["metadata"].get("resourceVersion", "")
        return self._table(resource, {"resourceVersion": version}, [manifest])

    def many(self, resource: Resource, page: Page) -> Manifest:
        if not self.is_metadata:
            return self._table(resource, page.metadata(), page.items)
        return {
            "kind": "PartialObjectMetadataList",
            "apiVersion": f"meta.k8s.io/{self.version}",
            "metadata": page.metadata(),
            "items": [metadata_only(item, self.version) for item in page.items],
        }

    def _table(
        self, resource: Resource, metadata: Mapping[str, Any], items: list[Manifest]
    ) -> Manifest:
        columns = _columns(resource)
        return {
            "kind": "Table",
            "apiVersion": f"meta.k8s.io/{self.version}",
            "metadata": dict(metadata),
            "columnDefinitions": [
                {
                    "name": column.name,
                    "type": column.type,
                    "format": column.format,
                    "description": "",
                    "priority": column.priority,
                }
                for column in columns
            ],
            "rows": [
                {
                    "cells": [self._cell(item, column) for column in columns],
                    "object": metadata_only(item, self.version),
                }
                for item in items
            ],
        }

    def _cell(self, manifest: Manifest, column: Column) -> Any:
        value = _at(manifest, column.path)
        if value is None:
            return 0 if column.type == "integer" else "<none>"
        if column.type == "date":
            since = datetime.strptime(value[:19], "%Y-%m-%dT%H:%M:%S").replace(tzinfo=UTC)
            return _age((self.now - since).total_seconds())
        return value


@dataclass(frozen=True, slots=True, kw_only=True)
class Column:
    """One column and where its cells come from: dots and list positions, no filters."""

    name: str
    path: str
    type: str = "string"
    format: str = ""
    priority: int = 0


_NAME: Final = Column(name="Name", path="metadata.name", format="name")
_AGE: Final = Column(name="Age", path="metadata.creationTimestamp", type="date")
_COLUMNS: Final[Mapping[tuple[str, str], tuple[Column, ...]]] = {
    ("", "namespaces"): (Column(name="Status", path="status.phase"),),
    ("", "pods"): (
        Column(name="Status", path="status.phase"),
        Column(name="Node", path="spec.nodeName"),
    ),
    ("", "services"): (
        Column(name="Type", path="spec.type"),
        Column(name="Cluster-IP", path="spec.clusterIP"),
    ),
    ("apps", "deployments"): (
        Column(name="Replicas", path="spec.replicas", type="integer"),
        Column(name="Up-to-date", path="status.updatedReplicas", type="integer"),
        Column(name="Available", path="status.availableReplicas", type="integer"),
    ),
    ("apps", "statefulsets"): (
        Column(name="Replicas", path="spec.replicas", type="integer"),
        Column(name="Ready", path="status.readyReplicas", type="integer"),
    ),
}


def _columns(resource: Resource) -> tuple[Column, ...]:
    if resource.custom is not None and resource.custom.columns:
        declared = tuple(
            Column(
                name=column["name"],
                path=column["jsonPath"].lstrip("."),
                type=column["type"],
                priority=column.get("priority", 0),
            )
            for column in resource.custom.columns
        )
        return (_NAME, *declared)
    return (_NAME, *_COLUMNS.get(resource.key, ()), _AGE)


def _at(manifest: Manifest, path: str) -> Any:
    value: Any = manifest
    for name in path.split("."):
        value = value.get(name) if isinstance(value, Mapping) else None
    return value


def _age(seconds: float) -> str:
    """Source: apimachinery util/duration, HumanDuration, in its coarsest unit."""
    for unit, length, enough in (("d", 86400, 2), ("h", 3600, 3), ("m", 60, 2)):
        if seconds >= enough * length:
            return f"{int(seconds // length)}{unit}"
    return f"{max(0, int(seconds))}s"


_FORMS: Final = frozenset({"Table", "PartialObjectMetadata", "PartialObjectMetadataList"})


def wanted(accept: str, now: datetime) -> Form | None:
    """The form that the first fitting part of an Accept header names."""
    if "as=" not in accept:
        return None
    for offer in accept.split(","):
        parts = dict(part.strip().partition("=")[::2] for part in offer.split(";")[1:])
        if parts.get("as") in _FORMS and parts.get("g") == "meta.k8s.io":
            return Form(kind=parts["as"], version=parts.get("v", "v1"), now=now)
    return None
