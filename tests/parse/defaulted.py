"""What the tests of the defaulting tables share: manifests as written, and what is not compared.

A server does more to an object than fill in defaults: it allocates, stamps and admits. Those paths
are listed here, each with the reason why no decision and no override path of ours depends on it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from reconciler.model.identity import split_api_version
from reconciler.parse.yaml import read_documents

FOLDER = Path(__file__).parent / "manifests"

#: Kind, or `*` -> JSON pointers of what only a server writes (`*`: every item of a list), and why.
SERVER_WRITTEN: Mapping[str, Mapping[str, str]] = {
    "*": {
        "/metadata/uid": "drawn at random",
        "/metadata/creationTimestamp": "the time of the request",
        "/metadata/generation": "counted by the server, and by us from Git",
        "/metadata/resourceVersion": "a position in the server's store",
        "/metadata/managedFields": "who wrote what, as the server saw it",
        "/metadata/selfLink": "an address, gone since 1.24",
        "/metadata/namespace": "taken from the request's path",
        "/status": "observed, never desired",
    },
    "DaemonSet": {
        "/metadata/annotations/deprecated.daemonset.template.generation": "a counter of updates",
    },
    "Job": {
        "/spec/selector": "generated from the uid, unless manualSelector",
        "/spec/template/metadata/labels/controller-uid": "generated from the uid",
        "/spec/template/metadata/labels/job-name": "generated beside controller-uid",
        "/spec/template/metadata/labels/batch.kubernetes.io~1controller-uid": "since 1.27",
        "/spec/template/metadata/labels/batch.kubernetes.io~1job-name": "since 1.27",
        "/metadata/labels/controller-uid": "the labels of the template, generated ones included",
        "/metadata/labels/job-name": "as above",
        "/metadata/labels/batch.kubernetes.io~1controller-uid": "since 1.27",
        "/metadata/labels/batch.kubernetes.io~1job-name": "since 1.27",
    },
    "Service": {
        "/spec/clusterIP": "allocated",
        "/spec/clusterIPs": "allocated",
        "/spec/ipFamilies": "follow from the server's address ranges",
        "/spec/ipFamilyPolicy": "follows from the server's address ranges",
        "/spec/ports/*/nodePort": "allocated",
        "/spec/healthCheckNodePort": "allocated",
    },
    "Pod": {
        "/spec/priority": "admission: from the priority class",
        "/spec/preemptionPolicy": "admission: from the priority class",
        "/spec/tolerations": "admission: not-ready and unreachable, five minutes each",
    },
    "PersistentVolume": {
        "/metadata/finalizers": "admission: protection of storage in use",
        "/spec/nodeAffinity": "admission: from labels of cloud volumes",
    },
    "PersistentVolumeClaim": {
        "/metadata/finalizers": "admission: protection of storage in use",
    },
}


def written_manifests() -> Iterator[dict[str, Any]]:
    """Every document of tests/parse/manifests."""
    for path in sorted(FOLDER.glob("*.yaml")):
        for reading in read_documents(path.read_bytes()):
            assert reading.problem is None, (path, reading.problem)
            if reading.value is not None:
                yield reading.value


def title(body: Mapping[str, Any]) -> str:
    """A test's id: `apps/v1 Deployment web`."""
    return f"{body['apiVersion']} {body['kind']} {body['metadata']['name']}"


def group_and_kind(body: Mapping[str, Any]) -> tuple[str, str]:
    """The key of the tables."""
    return split_api_version(str(body["apiVersion"]))[0], str(body["kind"])


def compared(body: dict[str, Any]) -> dict[str, Any]:
    """The body without what only a server writes; null and absent are the same on the wire."""
    result: dict[str, Any] = _without_nulls(body)
    for kind in ("*", str(body["kind"])):
        for path in SERVER_WRITTEN.get(kind, {}):
            _remove(result, [step.replace("~1", "/") for step in path.split("/")[1:]])
    return result


def _without_nulls(value: Any) -> Any:
    match value:
        case dict():
            return {key: _without_nulls(one) for key, one in value.items() if one is not None}
        case list():
            return [_without_nulls(one) for one in value]
        case _:
            return value


def _remove(value: Any, steps: list[str]) -> None:
    step, *rest = steps
    match value:
        case list() if step == "*":
            for one in value:
                _remove(one, rest)
        case dict() if not rest:
            value.pop(step, None)
        case dict() if step in value:
            _remove(value[step], rest)
            if not value[step] and step in {"labels", "annotations"}:
                del value[step]
        case _:
            pass
