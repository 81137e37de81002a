"""Which resources a server of a version serves, and what each is called."""

from __future__ import annotations

import functools
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from importlib import resources
from typing import Any

import orjson

from reconciler.adapters.simulation.features import Features
from reconciler.adapters.simulation.shapes import ANYTHING, Shape, type_table


@dataclass(frozen=True, slots=True, kw_only=True)
class Subresource:
    """`status`, `scale` and the like: the kind it speaks and its verbs."""

    name: str
    kind: str
    group: str
    version: str
    verbs: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Resource:
    """One resource in one version."""

    group: str
    version: str
    kind: str
    plural: str
    singular: str
    namespaced: bool
    verbs: tuple[str, ...]
    short: tuple[str, ...] = ()
    categories: tuple[str, ...] = ()
    subresources: Mapping[str, Subresource] = field(default_factory=dict)
    shape: Shape = ANYTHING
    list_kind: str = ""
    custom: Any = None  # the CRD version's compiled schema, None for built-ins

    @property
    def api_version(self) -> str:
        return f"{self.group}/{self.version}" if self.group else self.version

    @property
    def key(self) -> tuple[str, str]:
        """What its objects are stored under: all versions share them."""
        return self.group, self.plural


@functools.cache
def _rows() -> list[dict[str, Any]]:
    folder = resources.files("reconciler.adapters.simulation") / "data"
    rows: list[dict[str, Any]] = orjson.loads((folder / "resources.json").read_bytes())
    return rows


@functools.cache
def built_in(minor: int) -> tuple[Resource, ...]:
    """The resources that this minor version serves by default, in discovery order."""
    return tuple(
        _resource(row, minor) for row in _rows() if row["since"] <= minor <= row.get("until", minor)
    )


def _resource(row: Mapping[str, Any], minor: int) -> Resource:
    shape = type_table(minor).of_kind(row["group"], row["version"], row["kind"])
    return Resource(
        group=row["group"],
        version=row["version"],
        kind=row["kind"],
        plural=row["plural"],
        singular=row["singular"],
        namespaced=row["namespaced"],
        verbs=tuple(row["verbs"]),
        short=tuple(row["short"]),
        categories=tuple(row["categories"]),
        list_kind=row["kind"] + "List",
        shape=shape or ANYTHING,
        subresources={
            name: Subresource(
                name=name,
                kind=sub["kind"],
                group=sub["group"],
                version=sub["version"],
                verbs=tuple(sub["verbs"]),
            )
            for name, sub in row["subresources"].items()
            if sub.get("since", 0) <= minor
        },
    )


class Catalogue:
    """The built-ins and the custom resources of one cluster."""

    def __init__(self, features: Features) -> None:
        self.features = features
        self._served: dict[tuple[str, str], dict[str, Resource]] = {}
        for resource in built_in(features.minor):
            self._add(resource)
        self._built_in = frozenset(self._served)

    def _add(self, resource: Resource) -> None:
        listed = self._served.setdefault((resource.group, resource.version), {})
        listed[resource.plural] = resource

    def serve(self, served: Iterable[Resource]) -> None:
        """Add custom resources."""
        for resource in served:
            self._add(resource)

    def withdraw(self, group: str, plural: str) -> None:
        """Remove every version of a custom resource."""
        for group_version in [key for key in self._served if key[0] == group]:
            self._served[group_version].pop(plural, None)
            if not self._served[group_version] and group_version not in self._built_in:
                del self._served[group_version]

    def find(self, group: str, version: str, plural: str) -> Resource | None:
        return self._served.get((group, version), {}).get(plural)

    def kind(self, group: str, version: str, kind: str) -> Resource | None:
        """The resource that serves a kind."""
        for resource in self._served.get((group, version), {}).values():
            if resource.kind == kind:
                return resource
        return None

    def resources(self, group: str, version: str) -> list[Resource] | None:
        """Of one group version, in order of name; None when it is not served."""
        listed = self._served.get((group, version))
        return None if listed is None else [listed[name] for name in sorted(listed)]

    def group_versions(self) -> list[tuple[str, str]]:
        """Every group version that is served."""
        return list(self._served)

    def groups(self) -> dict[str, list[str]]:
        """Group → versions, preferred first; the core group is left out."""
        result: dict[str, list[str]] = {}
        for group, version in self._served:
            if group:
                result.setdefault(group, []).append(version)
        return {group: sorted(versions, key=_version_rank) for group, versions in result.items()}

    def storage(self, group: str, plural: str) -> Resource | None:
        """Any served version of a resource, the preferred one first."""
        versions = ["v1"] if not group else self.groups().get(group, [])
        for version in versions:
            if found := self.find(group, version, plural):
                return found
        return None

    def every(self) -> list[Resource]:
        """Each resource once, in its preferred version."""
        found: dict[tuple[str, str], Resource] = {}
        for group, versions in {"": ["v1"], **self.groups()}.items():
            for version in versions:
                for resource in self._served[group, version].values():
                    found.setdefault(resource.key, resource)
        return list(found.values())


def _version_rank(version: str) -> tuple[int, int, int, str]:
    """Kubernetes' order: stable before beta before alpha, newer first."""
    body = version[1:]
    for stage, word in ((1, "beta"), (2, "alpha")):
        major, found, minor = body.partition(word)
        if found and major.isdigit() and minor.isdigit():
            return stage, -int(major), -int(minor), version
    return (0, -int(body), 0, version) if body.isdigit() else (3, 0, 0, version)
