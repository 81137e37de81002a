"""Cluster of cluster.karmada.io: what the fleet repo says, and what the member reported in
`status` (karmada-semantics §1.3).
"""

from __future__ import annotations

from functools import lru_cache
from typing import Any

import orjson

from reconciler.model.cluster import (
    DELETE,
    UNJOIN,
    Cluster,
    ClusterFacts,
    Condition,
    Modeling,
    ResourceModel,
    ResourceRange,
    ResourceSummary,
    Taint,
)
from reconciler.model.diagnostic import Position
from reconciler.model.quantity import Quantity
from reconciler.parse.decode.fields import (
    Wire,
    canonical,
    items,
    labels,
    number,
    quantities,
    sub,
    text,
    texts,
)


def decode_cluster(document: Wire, position: Position) -> Cluster:
    """The cluster; `facts` None when the document has no status."""
    metadata, spec, status = (
        sub(document, "metadata"),
        sub(document, "spec"),
        document.get("status"),
    )
    return Cluster(
        name=text(metadata, "name"),
        labels=labels(metadata, "labels"),
        annotations=labels(metadata, "annotations"),
        id=text(spec, "id"),
        sync_mode=text(spec, "syncMode") or "Push",
        api_endpoint=text(spec, "apiEndpoint"),
        secret_ref=_secret_ref(spec.get("secretRef")),
        impersonator_secret_ref=_secret_ref(spec.get("impersonatorSecretRef")),
        insecure_skip_tls_verification=bool(spec.get("insecureSkipTLSVerification")),
        proxy_url=text(spec, "proxyURL"),
        proxy_header=labels(spec, "proxyHeader"),
        provider=text(spec, "provider"),
        region=text(spec, "region"),
        zones=_zones(spec),
        taints=tuple(_taint(one) for one in items(spec, "taints")),
        resource_models=_models(canonical(list(items(spec, "resourceModels")))),
        is_deleting=_is_leaving(metadata),
        facts=decode_cluster_facts(status) if status else None,
        position=position,
    )


def _is_leaving(metadata: Wire) -> bool:
    """An API server knows a time of deletion; a repository has an annotation."""
    said = labels(metadata, "annotations").get(UNJOIN)
    return metadata.get("deletionTimestamp") is not None or said == DELETE


def decode_cluster_facts(status: Wire) -> ClusterFacts:
    """`status` of a Cluster.

    `namespaced` beside an enabled resource and `uid` beside the status are ours: Karmada's wire
    form has neither.
    """
    nodes, summary = sub(status, "nodeSummary"), status.get("resourceSummary")
    return ClusterFacts(
        kubernetes_version=text(status, "kubernetesVersion"),
        enablements=_enablements(status),
        resources=_resources(status),
        conditions=tuple(decode_condition(one) for one in items(status, "conditions")),
        nodes_total=number(nodes, "totalNum"),
        nodes_ready=number(nodes, "readyNum"),
        resource_summary=None if summary is None else _summary(summary),
        remedy_actions=texts(status, "remedyActions"),
        uid=text(status, "uid"),
    )


def decode_condition(raw: Wire) -> Condition:
    """A metav1.Condition."""
    return Condition(
        type=text(raw, "type"),
        status=text(raw, "status"),
        reason=text(raw, "reason"),
        message=text(raw, "message"),
        last_transition=text(raw, "lastTransitionTime"),
    )


def _secret_ref(raw: Any) -> tuple[str, str] | None:
    return None if raw is None else (text(raw, "namespace"), text(raw, "name"))


def _zones(spec: Wire) -> tuple[str, ...]:
    """`zones`, or the deprecated `zone`. Karmada: mutation of Cluster copies it when zones is
    empty.
    """
    zones, zone = texts(spec, "zones"), text(spec, "zone")
    return zones or ((zone,) if zone else ())


def _taint(raw: Wire) -> Taint:
    return Taint(
        key=text(raw, "key"),
        effect=text(raw, "effect"),
        value=text(raw, "value"),
        time_added=text(raw, "timeAdded"),
    )


@lru_cache(maxsize=1024)
def _models(raw: bytes) -> tuple[ResourceModel, ...]:
    """Models from their canonical bytes: thousands of clusters have a few sets of models, and what
    is equal is shared.
    """
    return tuple(_model(one) for one in orjson.loads(raw))


def _model(raw: Wire) -> ResourceModel:
    return ResourceModel(
        grade=number(raw, "grade"),
        ranges=tuple(
            ResourceRange(
                name=text(one, "name"),
                min=Quantity.parse(one.get("min", 0)),
                max=Quantity.parse(one.get("max", 0)),
            )
            for one in items(raw, "ranges")
        ),
    )


def _enablements(status: Wire) -> dict[str, tuple[str, ...]]:
    kinds: dict[str, tuple[str, ...]] = {}
    for group in items(status, "apiEnablements"):
        version = text(group, "groupVersion")
        served = tuple(text(one, "kind") for one in items(group, "resources"))
        kinds[version] = kinds.get(version, ()) + served
    return kinds


def _resources(status: Wire) -> dict[tuple[str, str], tuple[str, bool]]:
    return {
        (text(group, "groupVersion"), text(one, "kind")): (text(one, "name"), one["namespaced"])
        for group in items(status, "apiEnablements")
        for one in items(group, "resources")
        if one.get("namespaced") is not None
    }


def _summary(raw: Wire) -> ResourceSummary:
    return ResourceSummary(
        allocatable=quantities(raw, "allocatable"),
        allocated=quantities(raw, "allocated"),
        allocating=quantities(raw, "allocating"),
        modelings=tuple(
            Modeling(grade=number(one, "grade"), count=number(one, "count"))
            for one in items(raw, "allocatableModelings")
        ),
    )
