"""From a URL path to what it names, as the API server's request-info resolver reads it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

_CORE_PARTS: Final = 2  # api/v1
_GROUP_PARTS: Final = 3  # apis/<group>/<version>
_NAMESPACE_SUBRESOURCES: Final = frozenset({"status", "finalize"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """`/apis/<group>/<version>/namespaces/<namespace>/<plural>/<name>/<subresource>`."""

    group: str
    version: str
    namespace: str
    plural: str
    name: str
    subresource: str


def target(path: str) -> Target | None:
    """What a path below a group version names; None for any other path."""
    parts = path.strip("/").split("/")
    if parts[0] == "api" and len(parts) > _CORE_PARTS:
        return _below("", parts[1], parts[_CORE_PARTS:])
    if parts[0] == "apis" and len(parts) > _GROUP_PARTS:
        return _below(parts[1], parts[2], parts[_GROUP_PARTS:])
    return None


def _below(group: str, version: str, rest: list[str]) -> Target | None:
    namespace = ""
    if rest[0] == "namespaces" and len(rest) > _CORE_PARTS:
        inside = not (len(rest) == _GROUP_PARTS and rest[2] in _NAMESPACE_SUBRESOURCES)
        if inside or group:
            namespace, rest = rest[1], rest[2:]
    plural, name, subresource = (*rest, "", "", "")[:3]
    if len(rest) > _GROUP_PARTS:
        subresource = "/".join(rest[2:])
    return Target(
        group=group,
        version=version,
        namespace=namespace,
        plural=plural,
        name=name,
        subresource=subresource,
    )
