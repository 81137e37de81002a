"""Getting and listing: pages over a consistent revision, selectors, metadata-only forms."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import orjson

from reconciler.adapters.simulation import errors
from reconciler.adapters.simulation.catalogue import Resource
from reconciler.adapters.simulation.conversion import to_version
from reconciler.adapters.simulation.selectors import Predicate, field_predicate, label_predicate
from reconciler.adapters.simulation.store import Key, Table

if TYPE_CHECKING:
    from reconciler.adapters.simulation.cluster import SimulatedCluster

Manifest = dict[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class ListOptions:
    """What a list or watch asks for, as the query string says."""

    label_selector: str = ""
    field_selector: str = ""
    limit: int = 0
    token: str = ""
    resource_version: str = ""
    version_match: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """One page of objects."""

    items: list[Manifest]
    revision: int
    token: str = ""
    remaining: int | None = None

    def metadata(self) -> dict[str, Any]:
        result: dict[str, Any] = {"resourceVersion": str(self.revision)}
        if self.token:
            result["continue"] = self.token
            if self.remaining is not None:
                result["remainingItemCount"] = self.remaining
        return result


def get(cluster: SimulatedCluster, resource: Resource, namespace: str, name: str) -> Manifest:
    """One object. Raises ApiError 404."""
    stored = cluster.store.table(resource.key).objects.get((namespace, name))
    if stored is None:
        raise errors.not_found(resource.plural, resource.group, name)
    return to_version(stored, resource)


def predicate(resource: Resource, options: ListOptions) -> Predicate | None:
    """Both selectors in one. Raises ApiError 400."""
    labels = label_predicate(options.label_selector)
    custom = resource.custom.selectable if resource.custom is not None else ()
    fields = field_predicate(options.field_selector, resource.plural, custom=custom)
    if labels is None or fields is None:
        return labels or fields
    return lambda manifest: labels(manifest) and fields(manifest)


def page(
    cluster: SimulatedCluster, resource: Resource, namespace: str, options: ListOptions
) -> Page:
    """A page of a list. Raises ApiError 400 for a bad and 410 for an old continue token."""
    matches = predicate(resource, options)
    table = cluster.store.table(resource.key)
    if options.token:
        revision, start = _read_token(options.token)
        source = _continued(cluster, table, revision, start, namespace)
    else:
        _check_future(cluster, options)
        revision = cluster.store.revision
        if options.version_match == "Exact" and options.resource_version:
            revision = int(options.resource_version)
            source = _continued(cluster, table, revision, ("", ""), namespace)
        else:
            source = table.scan(namespace)
    return _cut(resource, source, matches, options.limit, revision)


def _cut(
    resource: Resource,
    source: Iterable[tuple[Key, Manifest]],
    matches: Predicate | None,
    limit: int,
    revision: int,
) -> Page:
    if not limit:
        items = [
            to_version(manifest, resource)
            for _, manifest in source
            if matches is None or matches(manifest)
        ]
        return Page(items=items, revision=revision)
    items = []
    remaining = 0
    last: Key = ("", "")
    for key, manifest in source:
        if len(items) < limit:
            if matches is None or matches(manifest):
                items.append(to_version(manifest, resource))
            last = key
        else:
            remaining += 1
    if not remaining:
        return Page(items=items, revision=revision)
    return Page(
        items=items,
        revision=revision,
        token=_token(revision, last),
        # The API server counts what is left only when no selector hides part of it.
        remaining=remaining if matches is None else None,
    )


def _check_future(cluster: SimulatedCluster, options: ListOptions) -> None:
    sent = options.resource_version
    if not sent:
        return
    if not sent.isdigit():
        raise errors.bad_request(f'Invalid value: "{sent}": strconv.ParseUint: invalid syntax')
    if int(sent) > cluster.store.revision:
        raise errors.ApiError(
            504,
            "Timeout",
            f"Timeout: Too large resource version: {sent}, current: {cluster.store.revision}",
            {"causes": [{"reason": "ResourceVersionTooLarge", "message": "Too large"}]},
            retry_after=1,
        )


def _continued(
    cluster: SimulatedCluster, table: Table, revision: int, start: Key, namespace: str
) -> Iterator[tuple[Key, Manifest]]:
    state = table.at(revision)
    if state is None or revision > cluster.store.revision:
        raise errors.expired(
            "The provided continue parameter is too old to display a consistent list result. You "
            "can start a new list without the continue parameter."
        )
    return (
        (key, state[key])
        for key in sorted(state)
        if key > start and (not namespace or key[0] == namespace)
    )


def _token(revision: int, last: Key) -> str:
    raw = orjson.dumps({"v": "meta.k8s.io/v1", "rv": revision, "start": "\0".join(last)})
    return base64.urlsafe_b64encode(raw).decode().rstrip("=")


def _read_token(text: str) -> tuple[int, Key]:
    try:
        raw = base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
        token = orjson.loads(raw)
        namespace, _, name = token["start"].partition("\0")
        return int(token["rv"]), (namespace, name)
    except (binascii.Error, ValueError, KeyError, TypeError, AttributeError) as error:
        raise errors.bad_request("invalid continue token: continue key is not valid") from error


def metadata_only(manifest: Mapping[str, Any], version: str = "v1") -> Manifest:
    """PartialObjectMetadata."""
    return {
        "kind": "PartialObjectMetadata",
        "apiVersion": f"meta.k8s.io/{version}",
        "metadata": manifest["metadata"],
    }
