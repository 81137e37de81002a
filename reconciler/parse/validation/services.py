"""MultiClusterService (karmada-semantics §1.9). Karmada: pkg/webhook/multiclusterservice."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from reconciler.parse.validation.errors import (
    FieldErrors,
    Path,
    duplicate,
    invalid,
    not_supported,
    required,
)
from reconciler.parse.validation.names import dns_1035_label, dns_label
from reconciler.parse.validation.shapes import Wire, entries, part, shape_errors, text, texts, whole

_TYPES: Final = ("CrossCluster", "LoadBalancer")
_MAX_PORT: Final = 65535


def validate_multi_cluster_service(document: Mapping[str, Any]) -> FieldErrors:
    """Name, types, ports and clusters."""
    spec, path = part(document, "spec"), ("spec",)
    for clause in dns_1035_label(text(part(document, "metadata"), "name")):
        yield invalid(("metadata", "name"), clause)
    yield from shape_errors(spec, path, {"types": list, "ports": list})
    yield from _types(texts(spec, "types"), (*path, "types"))
    yield from _ports(spec, (*path, "ports"))
    for field in ("providerClusters", "consumerClusters"):
        for index, cluster in entries(spec, field):
            if not text(cluster, "name"):
                yield required((*path, field, index, "name"))


def _types(types: list[str], path: Path) -> FieldErrors:
    for index, one in enumerate(types):
        if one not in _TYPES:
            yield not_supported((*path, index), _TYPES)
    if len(set(types)) > 1:
        yield invalid(path, "only one type may be given")


def _ports(spec: Wire, path: Path) -> FieldErrors:
    names = set()
    for index, port in entries(spec, "ports"):
        where, name, number = (*path, index), text(port, "name"), whole(port, "port")
        for clause in dns_label(name) if name else ():
            yield invalid((*where, "name"), clause)
        if name in names:
            yield duplicate((*where, "name"), "is the name of a port before")
        names.add(name)
        if number is None or not 0 < number <= _MAX_PORT:
            yield invalid((*where, "port"), f"must be between 1 and {_MAX_PORT}")
