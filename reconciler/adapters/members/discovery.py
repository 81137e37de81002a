"""Which kinds a member serves, under which names.

One aggregated answer where the server offers it (1.26 and later), otherwise one request a group
version. What could not be read is named, never taken for absent.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from reconciler.adapters.members.transport import JSON, Request, Transport
from reconciler.model.errors import MemberRefused, MemberUnreachable

AGGREGATED: Final = "application/json;g=apidiscovery.k8s.io;v={};as=APIGroupDiscoveryList"
_ACCEPTS: Final = f"{AGGREGATED.format('v2')},{AGGREGATED.format('v2beta1')},{JSON}"
_AGGREGATED_KIND: Final = "APIGroupDiscoveryList"

Resource = tuple[str, str, str, bool]


@dataclass(frozen=True, slots=True, kw_only=True)
class Discovered:
    """`enablements` group version -> kinds; `resources` (group version, kind) -> (plural,
    namespaced); `unread` the group versions that could not be read.
    """

    enablements: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    resources: Mapping[tuple[str, str], tuple[str, bool]] = field(default_factory=dict)
    unread: tuple[str, ...] = ()


async def discover(transport: Transport) -> Discovered:
    """Everything the member serves now."""
    core, groups = await asyncio.gather(
        _get(transport, "/api"),
        _get(transport, "/apis"),
    )
    if core.get("kind") == groups.get("kind") == _AGGREGATED_KIND:
        return collected(_aggregated([core, groups]), _stale([core, groups]))
    versions = [f"v1:{version}" for version in _strings(core.get("versions"))]
    versions += [
        str(version.get("groupVersion"))
        for group in _maps(groups.get("groups"))
        for version in _maps(group.get("versions"))
    ]
    return await _one_by_one(transport, versions)


def collected(found: Iterable[Resource], unread: Iterable[str] = ()) -> Discovered:
    """The tables of (group version, kind, plural, namespaced) rows, each kind once."""
    enablements: dict[str, dict[str, None]] = {}
    resources: dict[tuple[str, str], tuple[str, bool]] = {}
    for group_version, kind, plural, namespaced in found:
        enablements.setdefault(group_version, {})[kind] = None
        resources.setdefault((group_version, kind), (plural, namespaced))
    return Discovered(
        enablements={version: tuple(kinds) for version, kinds in enablements.items()},
        resources=resources,
        unread=tuple(sorted(unread)),
    )


async def _get(transport: Transport, path: str) -> dict[str, Any]:
    return await transport.good(Request(method="GET", path=path, accepts=_ACCEPTS))


async def _one_by_one(transport: Transport, versions: list[str]) -> Discovered:
    names = [version.removeprefix("v1:") for version in versions]
    paths = [
        f"/api/{name}" if version.startswith("v1:") else f"/apis/{name}"
        for version, name in zip(versions, names, strict=True)
    ]
    answers = await asyncio.gather(*(_resource_list(transport, path) for path in paths))
    rows: list[Resource] = []
    unread: list[str] = []
    for name, answer in zip(names, answers, strict=True):
        if answer is None:
            unread.append(name)
        else:
            rows += legacy_rows(name, answer)
    return collected(rows, unread)


async def _resource_list(transport: Transport, path: str) -> dict[str, Any] | None:
    try:
        return await transport.good(Request(method="GET", path=path))
    except (MemberRefused, MemberUnreachable):
        # An extension server that is down must not hide the others.
        return None


def legacy_rows(group_version: str, answer: Mapping[str, Any]) -> Iterable[Resource]:
    """The rows of an APIResourceList; subresources are left out."""
    for resource in _maps(answer.get("resources")):
        name, kind = str(resource.get("name")), str(resource.get("kind"))
        if "/" not in name:
            yield group_version, kind, name, bool(resource.get("namespaced"))


def _aggregated(answers: Iterable[Mapping[str, Any]]) -> Iterable[Resource]:
    for group, version in _versions(answers):
        group_version = _group_version(group, version)
        for resource in _maps(version.get("resources")):
            kind = _map(resource.get("responseKind")).get("kind")
            if isinstance(kind, str) and kind:
                namespaced = resource.get("scope") == "Namespaced"
                yield group_version, kind, str(resource.get("resource")), namespaced


def _stale(answers: Iterable[Mapping[str, Any]]) -> Iterable[str]:
    for group, version in _versions(answers):
        if version.get("freshness") == "Stale":
            yield _group_version(group, version)


def _versions(
    answers: Iterable[Mapping[str, Any]],
) -> Iterable[tuple[str, Mapping[str, Any]]]:
    for answer in answers:
        for group in _maps(answer.get("items")):
            name = str(_map(group.get("metadata")).get("name") or "")
            for version in _maps(group.get("versions")):
                yield name, version


def _group_version(group: str, version: Mapping[str, Any]) -> str:
    name = str(version.get("version"))
    return f"{group}/{name}" if group else name


def _map(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, dict) else {}


def _maps(value: Any) -> list[dict[str, Any]]:
    return [one for one in value if isinstance(one, dict)] if isinstance(value, list) else []


def _strings(value: Any) -> list[str]:
    return [one for one in value if isinstance(one, str)] if isinstance(value, list) else []
