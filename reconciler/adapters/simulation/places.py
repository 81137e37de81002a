"""Where a write goes, who sends it, and what it answers."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from reconciler.adapters.simulation.catalogue import Resource

Manifest = dict[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class WriteOptions:
    """What the query string and headers of a write say."""

    manager: str = "unknown"
    dry_run: bool = False
    force: bool = False
    field_validation: str = "Warn"


@dataclass(slots=True)
class Outcome:
    """The object as answered, whether it is new, and warnings for the client."""

    manifest: Manifest
    created: bool = False
    warnings: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Where a write goes."""

    resource: Resource
    namespace: str
    name: str
    subresource: str = ""

    @property
    def key(self) -> tuple[str, str]:
        return self.namespace, self.name
