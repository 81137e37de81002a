"""What goes over the wire to a member: which object, a whole listing, one event of a watch."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from reconciler.model.identity import ObjectKey, split_api_version


@dataclass(frozen=True, slots=True, kw_only=True)
class ObjectRef:
    """One object in one API version: what a URL is made from."""

    api_version: str
    key: ObjectKey

    @classmethod
    def of(cls, manifest: dict[str, Any]) -> ObjectRef:
        """The reference of a manifest that has apiVersion, kind and metadata.name."""
        metadata = manifest["metadata"]
        api_version = manifest["apiVersion"]
        key = ObjectKey(
            split_api_version(api_version)[0],
            manifest["kind"],
            metadata.get("namespace") or "",
            metadata["name"],
        )
        return cls(api_version=api_version, key=key)


@dataclass(frozen=True, slots=True, kw_only=True)
class KindRef:
    """One kind in one API version; `namespace` narrows a list or watch, `` means all."""

    api_version: str
    kind: str
    namespace: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Listing:
    """All pages of one list. `resource_version` is where a watch may go on.

    `is_metadata` listings hold PartialObjectMetadata: apiVersion, kind and metadata only.
    """

    items: tuple[dict[str, Any], ...]
    resource_version: str = ""
    is_metadata: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class WatchEvent:
    """ADDED, MODIFIED, DELETED, BOOKMARK or ERROR with the object (or Status) it is about."""

    type: str
    object: dict[str, Any]


class PatchType(StrEnum):
    """Content types of a PATCH besides server-side apply."""

    MERGE = "application/merge-patch+json"
    STRATEGIC = "application/strategic-merge-patch+json"
    JSON = "application/json-patch+json"
