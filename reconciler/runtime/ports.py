"""Ports: what the runtime needs of the world, as Protocols that adapters satisfy."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any, Protocol

from reconciler.model.cluster import ClusterFacts, Condition
from reconciler.model.member import KindRef, Listing, ObjectRef, PatchType, WatchEvent


class Member(Protocol):
    """One member's API server, or what stands for it.

    Every method may raise MemberUnreachable, MemberRefused (with HTTP status and reason) or
    NoCredentials; their texts are redacted. Writes take `dry_run`.
    """

    @property
    def name(self) -> str:
        """The cluster's name."""
        ...

    @property
    def is_resting(self) -> bool:
        """Whether nothing is asked of it for a while, because it failed too often."""
        ...

    async def probe(self) -> ClusterFacts:
        """Readiness, version, served kinds, uid and capacity, read now."""
        ...

    async def ready(self) -> Condition:
        """The Ready condition alone, for as little as it costs."""
        ...

    async def get(self, ref: ObjectRef) -> dict[str, Any] | None:
        """The object, None when the server says it is not there."""
        ...

    async def list(
        self, ref: KindRef, *, label_selector: str = "", metadata_only: bool = False
    ) -> Listing:
        """All objects of a kind, every page of them, each with apiVersion and kind."""
        ...

    async def apply(
        self, ref: ObjectRef, manifest: bytes, *, force: bool, dry_run: bool = False
    ) -> dict[str, Any]:
        """Server-side apply as our field manager; the object as the server made it."""
        ...

    async def create(
        self, ref: ObjectRef, manifest: bytes, *, dry_run: bool = False
    ) -> dict[str, Any]:
        """Create; MemberRefused 409 AlreadyExists when it is there."""
        ...

    async def update(
        self, ref: ObjectRef, manifest: bytes, *, dry_run: bool = False
    ) -> dict[str, Any]:
        """Replace the whole object."""
        ...

    async def patch(
        self, ref: ObjectRef, patch: bytes, patch_type: PatchType, *, dry_run: bool = False
    ) -> dict[str, Any]:
        """Patch; a resourceVersion inside is a precondition."""
        ...

    async def delete(
        self, ref: ObjectRef, *, uid: str, resource_version: str, dry_run: bool = False
    ) -> None:
        """Delete in the background with preconditions; an object already gone is no error."""
        ...

    def watch(
        self, ref: KindRef, *, label_selector: str = "", resource_version: str = ""
    ) -> AsyncIterator[WatchEvent]:
        """Events from a resourceVersion on, until the server ends the watch."""
        ...

    async def close(self) -> None:
        """Give the connections back."""
        ...
