"""What a fleet needs to see of a member: its own objects, and what stands in the places it wants.

One list by label for each kind; then, for desired objects that the list does not hold, single
reads, or one list of names where there are many of a kind.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from typing import Any, Final, Protocol

from reconciler.model.errors import MemberRefused
from reconciler.model.identity import ObjectKey
from reconciler.model.manifest import Manifest
from reconciler.model.member import KindRef, Listing, ObjectRef

MANAGED_SELECTOR: Final = "karmada.io/managed=true"
#: From so many missing objects of a kind on, their names are listed first.
MANY: Final = 20
_FORBIDDEN: Final = 403
#: The kind is not served, or nothing of it is ever kept (reviews): no object of it stands anywhere.
_NOTHING_THERE: Final = frozenset({404, 405})


class Reader(Protocol):
    """The reading half of a member."""

    async def get(self, ref: ObjectRef) -> dict[str, Any] | None:
        """One object."""
        ...

    async def list(
        self, ref: KindRef, *, label_selector: str = "", metadata_only: bool = False
    ) -> Listing:
        """All objects of a kind."""
        ...


async def observe(
    member: Reader, desired: Iterable[ObjectRef], recorded: Iterable[ObjectRef] = ()
) -> dict[ObjectKey, dict[str, Any]]:
    """The objects of the member that are managed, of these kinds, or stand in a desired place.

    A kind that the member does not serve has no objects. Anything else that cannot be read raises:
    an observation is whole or none.
    """
    wanted: dict[tuple[str, str], set[ObjectKey]] = {}
    for ref in desired:
        wanted.setdefault((ref.api_version, ref.key.kind), set()).add(ref.key)
    kept: dict[tuple[str, str], set[ObjectKey]] = {kind: set(keys) for kind, keys in wanted.items()}
    for ref in recorded:
        # A kind is read in one version: the desired one where there is one.
        if not any(k == ref.key.kind and _group(v) == ref.key.group for v, k in wanted):
            kept.setdefault((ref.api_version, ref.key.kind), set()).add(ref.key)
    found = await asyncio.gather(
        *(
            _of_kind(member, version, kind, wanted.get((version, kind), set()), keys)
            for (version, kind), keys in kept.items()
        )
    )
    # A list holds the objects that are desired in another version of the kind too.
    version_of = {key: kind for kind, keys in wanted.items() for key in keys}
    return {
        key: body
        for kind, objects in zip(kept, found, strict=True)
        for key, body in objects.items()
        if version_of.get(key, kind) == kind
    }


async def _of_kind(
    member: Reader, api_version: str, kind: str, wanted: set[ObjectKey], keys: set[ObjectKey]
) -> dict[ObjectKey, dict[str, Any]]:
    """The objects of one kind."""
    try:
        listed = await _managed(member, api_version, kind, keys)
        if listed is None:
            return await _singly(member, api_version, wanted | keys)
        missing = await _standing(member, api_version, kind, wanted - listed.keys())
        return listed | await _singly(member, api_version, missing)
    except MemberRefused as error:
        if error.status in _NOTHING_THERE:
            return {}
        raise


async def _managed(
    member: Reader, api_version: str, kind: str, keys: set[ObjectKey]
) -> dict[ObjectKey, dict[str, Any]] | None:
    """The managed objects of a kind in one list, or in one for each namespace where only that is
    allowed; None where no list is.
    """
    everywhere = KindRef(api_version=api_version, kind=kind)
    namespaces = sorted({key.namespace for key in keys if key.namespace})
    listings = await _listed(member, [everywhere])
    if listings is None and namespaces:
        listings = await _listed(
            member,
            [KindRef(api_version=api_version, kind=kind, namespace=one) for one in namespaces],
        )
    if listings is None:
        return None
    return {Manifest(body).key: body for listing in listings for body in listing.items}


async def _listed(member: Reader, refs: list[KindRef]) -> list[Listing] | None:
    """These lists, None where they are forbidden."""
    try:
        return await asyncio.gather(
            *(member.list(ref, label_selector=MANAGED_SELECTOR) for ref in refs)
        )
    except MemberRefused as error:
        if error.status != _FORBIDDEN:
            raise
        return None


async def _singly(
    member: Reader, api_version: str, keys: set[ObjectKey]
) -> dict[ObjectKey, dict[str, Any]]:
    """Those of these objects that are there, each read by itself."""
    refs = [ObjectRef(api_version=api_version, key=key) for key in sorted(keys)]
    bodies = await asyncio.gather(*(member.get(ref) for ref in refs))
    return {ref.key: body for ref, body in zip(refs, bodies, strict=True) if body is not None}


async def _standing(
    member: Reader, api_version: str, kind: str, missing: set[ObjectKey]
) -> set[ObjectKey]:
    """Which of these have to be read one by one: all of a few, the existing ones of many."""
    if len(missing) < MANY:
        return missing
    try:
        listing = await member.list(KindRef(api_version=api_version, kind=kind), metadata_only=True)
    except MemberRefused as error:
        if error.status != _FORBIDDEN:
            raise
        return missing
    return missing & {Manifest(body).key for body in listing.items}


def _group(api_version: str) -> str:
    return api_version.rpartition("/")[0]
