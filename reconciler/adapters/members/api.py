"""ApiMember: a member's API server over HTTP, versions 1.20 to current.

Writes are server-side applies as field manager `reconciler`; JSON is YAML, so the body is JSON.
Answers are checked for what was asked: an object of another name is refused, not believed.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping, Sequence
from typing import Any, Final
from urllib.parse import quote

import orjson

from reconciler.adapters.members.discovery import Discovered, collected, legacy_rows
from reconciler.adapters.members.pacing import Limits
from reconciler.adapters.members.probe import probe_member, readiness
from reconciler.adapters.members.transport import APPLY_PATCH, JSON, Answer, Request, Transport
from reconciler.model.cluster import ClusterFacts, Condition, ResourceModel
from reconciler.model.errors import MemberRefused, MemberUnreachable
from reconciler.model.member import KindRef, Listing, ObjectRef, PatchType, WatchEvent

FIELD_MANAGER: Final = "reconciler"
METADATA_LIST: Final = f"application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1,{JSON}"
_NOT_FOUND: Final = 404
_GONE: Final = 410
_NAMED_EVENTS: Final = frozenset({"ADDED", "MODIFIED", "DELETED"})
_EVENTS: Final = _NAMED_EVENTS | {"BOOKMARK", "ERROR"}


class ApiMember:
    """One member. `models` are its Cluster's resource models, for the summary of its capacity."""

    def __init__(
        self,
        name: str,
        transport: Transport,
        *,
        limits: Limits,
        models: tuple[ResourceModel, ...] = (),
    ) -> None:
        self._name = name
        self._transport = transport
        self._models = models
        self._limits = limits
        self._resources: dict[tuple[str, str], tuple[str, bool]] = {}

    @property
    def name(self) -> str:
        """The cluster's name."""
        return self._name

    @property
    def is_resting(self) -> bool:
        """Whether nothing is asked of it for a while, because it failed too often."""
        return self._transport.is_resting

    async def probe(self) -> ClusterFacts:
        """Readiness, version, served kinds, uid and capacity. A server that does not answer or is
        not ready yields facts that say so in the Ready condition, and nothing else.
        """
        facts = await probe_member(self._transport, self._models)
        self._resources.update(facts.resources)
        return facts

    async def ready(self) -> Condition:
        """The Ready condition alone: one request."""
        return await readiness(self._transport)

    async def get(self, ref: ObjectRef) -> dict[str, Any] | None:
        """The object, None on 404."""
        answer = await self._transport.send(Request(method="GET", path=await self._path(ref)))
        if answer.status == _NOT_FOUND:
            return None
        return self._object(ref, answer)

    async def list(
        self, ref: KindRef, *, label_selector: str = "", metadata_only: bool = False
    ) -> Listing:
        """All pages; when the server forgets the first pages meanwhile, the list begins anew."""
        try:
            return await self._listing(ref, label_selector, metadata_only=metadata_only)
        except MemberRefused as error:
            if error.status != _GONE:
                raise
            return await self._listing(ref, label_selector, metadata_only=metadata_only)

    async def apply(
        self, ref: ObjectRef, manifest: bytes, *, force: bool, dry_run: bool = False
    ) -> dict[str, Any]:
        """Server-side apply."""
        query = {"fieldManager": FIELD_MANAGER, **_dry(dry_run=dry_run)}
        if force:
            query["force"] = "true"
        return await self._write("PATCH", ref, manifest, query, APPLY_PATCH)

    async def create(
        self, ref: ObjectRef, manifest: bytes, *, dry_run: bool = False
    ) -> dict[str, Any]:
        """POST."""
        query = {"fieldManager": FIELD_MANAGER, **_dry(dry_run=dry_run)}
        path = await self._collection(ref.api_version, ref.key.kind, ref.key.namespace)
        answer = await self._transport.send(
            Request(method="POST", path=path, query=query, body=manifest)
        )
        return self._object(ref, answer)

    async def update(
        self, ref: ObjectRef, manifest: bytes, *, dry_run: bool = False
    ) -> dict[str, Any]:
        """PUT."""
        query = {"fieldManager": FIELD_MANAGER, **_dry(dry_run=dry_run)}
        return await self._write("PUT", ref, manifest, query, JSON)

    async def patch(
        self, ref: ObjectRef, patch: bytes, patch_type: PatchType, *, dry_run: bool = False
    ) -> dict[str, Any]:
        """PATCH."""
        query = {"fieldManager": FIELD_MANAGER, **_dry(dry_run=dry_run)}
        return await self._write("PATCH", ref, patch, query, patch_type.value)

    async def delete(
        self, ref: ObjectRef, *, uid: str, resource_version: str, dry_run: bool = False
    ) -> None:
        """DELETE in the background, only this very object in this very state."""
        preconditions = {"uid": uid, "resourceVersion": resource_version}
        options: dict[str, Any] = {
            "apiVersion": "v1",
            "kind": "DeleteOptions",
            "propagationPolicy": "Background",
            "preconditions": {name: value for name, value in preconditions.items() if value},
        }
        if dry_run:
            # A server that finds a body does not look at the query.
            options["dryRun"] = ["All"]
        answer = await self._transport.send(
            Request(
                method="DELETE",
                path=await self._path(ref),
                query=_dry(dry_run=dry_run),
                body=orjson.dumps(options),
            )
        )
        if answer.status != _NOT_FOUND and not answer.is_good:
            raise self._transport.refusal(answer)

    async def watch(
        self, ref: KindRef, *, label_selector: str = "", resource_version: str = ""
    ) -> AsyncIterator[WatchEvent]:
        """Events as they come."""
        query = {
            "watch": "1",
            "allowWatchBookmarks": "true",
            "timeoutSeconds": str(self._limits.watch_seconds),
            **_selected(label_selector),
        }
        if resource_version:
            query["resourceVersion"] = resource_version
        path = await self._collection(ref.api_version, ref.kind, ref.namespace)
        request = Request(method="GET", path=path, query=query)
        async for line in self._transport.lines(request, seconds=self._limits.watch_seconds * 1.2):
            yield self._event(line)

    async def close(self) -> None:
        """Give the connections back."""
        await self._transport.close()

    async def _write(
        self,
        method: str,
        ref: ObjectRef,
        body: bytes,
        query: Mapping[str, str],
        content_type: str,
    ) -> dict[str, Any]:
        answer = await self._transport.send(
            Request(
                method=method,
                path=await self._path(ref),
                query=query,
                body=body,
                content_type=content_type,
            )
        )
        return self._object(ref, answer)

    def _object(self, ref: ObjectRef, answer: Answer) -> dict[str, Any]:
        """The object of a good answer, which must be the one that was asked for."""
        if not answer.is_good:
            raise self._transport.refusal(answer)
        try:
            value = answer.json()
        except MemberRefused as error:
            # It says yes and makes no sense: what became of a write cannot be known.
            raise MemberUnreachable(f"{self._name} does not answer: {error}") from None
        metadata = value.get("metadata")
        if (
            not isinstance(metadata, dict)
            or value.get("kind") != ref.key.kind
            or value.get("apiVersion", ref.api_version) != ref.api_version
            or metadata.get("name") != ref.key.name
            or (metadata.get("namespace") or "") != ref.key.namespace
        ):
            raise MemberRefused(f"{self._name} answered with another object than {ref.key}")
        return value

    async def _listing(self, ref: KindRef, selector: str, *, metadata_only: bool) -> Listing:
        path = await self._collection(ref.api_version, ref.kind, ref.namespace)
        query = {"limit": str(self._limits.page_size), **_selected(selector)}
        accepts = METADATA_LIST if metadata_only else JSON
        items: list[dict[str, Any]] = []
        size = 0
        while size <= self._limits.list_bytes:
            answer = await self._transport.send(
                Request(method="GET", path=path, query=query, accepts=accepts)
            )
            if not answer.is_good:
                raise self._transport.refusal(answer)
            size += len(answer.body)
            page = answer.json()
            items += self._items(ref, page)
            metadata = page.get("metadata")
            metadata = metadata if isinstance(metadata, dict) else {}
            token = str(metadata.get("continue") or "")
            if not token:
                version = str(metadata.get("resourceVersion") or "")
                return Listing(
                    items=tuple(items), resource_version=version, is_metadata=metadata_only
                )
            if token == query.get("continue"):
                break
            query["continue"] = token
        raise MemberRefused(f"{self._name} answered with a list of {ref.kind} without end")

    def _items(self, ref: KindRef, page: Mapping[str, Any]) -> Sequence[dict[str, Any]]:
        """The objects of a page, each told its kind; anything malformed makes the page unreadable,
        for what cannot be read must not look absent.
        """
        items = page.get("items")
        # Go writes an empty list as null.
        items = [] if items is None else items
        if not isinstance(items, list) or not str(page.get("kind", "")).endswith("List"):
            raise MemberRefused(f"{self._name} answered with no list of {ref.kind}")
        for item in items:
            if not (isinstance(item, dict) and _has_identity(item.get("metadata"))):
                raise MemberRefused(f"{self._name} listed a {ref.kind} without a name")
        return [{**item, "apiVersion": ref.api_version, "kind": ref.kind} for item in items]

    def _event(self, line: bytes) -> WatchEvent:
        try:
            value = orjson.loads(line)
        except orjson.JSONDecodeError as error:
            raise MemberRefused(f"{self._name} sent a watch event that is no JSON") from error
        kind = value.get("type") if isinstance(value, dict) else None
        if kind not in _EVENTS or not isinstance(value.get("object"), dict):
            raise MemberRefused(f"{self._name} sent an unknown watch event")
        metadata = value["object"].get("metadata")
        if kind in _NAMED_EVENTS and not _has_identity(metadata):
            raise MemberRefused(f"{self._name} told of an object without a name")
        return WatchEvent(type=kind, object=value["object"])

    async def _path(self, ref: ObjectRef) -> str:
        collection = await self._collection(ref.api_version, ref.key.kind, ref.key.namespace)
        return f"{collection}/{quote(ref.key.name, safe='')}"

    async def _collection(self, api_version: str, kind: str, namespace: str) -> str:
        plural, is_namespaced = await self._resource(api_version, kind)
        root = f"/apis/{api_version}" if "/" in api_version else f"/api/{api_version}"
        if namespace and is_namespaced:
            return f"{root}/namespaces/{quote(namespace, safe='')}/{plural}"
        return f"{root}/{plural}"

    async def _resource(self, api_version: str, kind: str) -> tuple[str, bool]:
        """The plural name of a kind; a group version not known yet is asked for."""
        found = self._resources.get((api_version, kind))
        if found is not None:
            return found
        self._resources.update((await self._discovered(api_version)).resources)
        found = self._resources.get((api_version, kind))
        if found is None:
            raise MemberRefused(
                f"{self._name} does not serve {kind} in {api_version}",
                status=_NOT_FOUND,
                reason="KindNotServed",
            )
        return found

    async def _discovered(self, api_version: str) -> Discovered:
        root = "/apis" if "/" in api_version else "/api"
        answer = await self._transport.send(Request(method="GET", path=f"{root}/{api_version}"))
        if answer.status == _NOT_FOUND:
            return Discovered()
        if not answer.is_good:
            raise self._transport.refusal(answer)
        return collected(legacy_rows(api_version, answer.json()))


def _dry(*, dry_run: bool) -> dict[str, str]:
    return {"dryRun": "All"} if dry_run else {}


def _selected(label_selector: str) -> dict[str, str]:
    return {"labelSelector": label_selector} if label_selector else {}


def _has_identity(metadata: Any) -> bool:
    return (
        isinstance(metadata, dict)
        and isinstance(metadata.get("name"), str)
        and isinstance(metadata.get("namespace") or "", str)
    )
