"""Manifest: any Kubernetes object, opaque but for what every object has.

The body is a plain JSON value shared freely and never changed in place; only `interpret/`,
`overriders/` and the
defaulting tables of `parse/` look inside it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from reconciler.model.identity import ObjectKey, split_api_version

_NOTHING: Mapping[str, str] = {}


@dataclass(frozen=True, slots=True)
class Manifest:
    """One object body: a JSON object with `apiVersion`, `kind` and `metadata.name`. Treated as
    immutable.
    """

    body: dict[str, Any]

    @property
    def api_version(self) -> str:
        """`apps/v1`."""
        return str(self.body.get("apiVersion", ""))

    @property
    def kind(self) -> str:
        """`Deployment`."""
        return str(self.body.get("kind", ""))

    @property
    def metadata(self) -> Mapping[str, Any]:
        """The metadata object, empty when absent or of another type."""
        metadata = self.body.get("metadata")
        return metadata if isinstance(metadata, dict) else {}

    @property
    def name(self) -> str:
        """`metadata.name`."""
        return str(self.metadata.get("name") or "")

    @property
    def namespace(self) -> str:
        """`metadata.namespace`, `` for none."""
        return str(self.metadata.get("namespace") or "")

    @property
    def labels(self) -> Mapping[str, str]:
        """`metadata.labels`."""
        return self.metadata.get("labels") or _NOTHING

    @property
    def annotations(self) -> Mapping[str, str]:
        """`metadata.annotations`."""
        return self.metadata.get("annotations") or _NOTHING

    @property
    def key(self) -> ObjectKey:
        """Identity of the object; the API version is not part of it."""
        return ObjectKey(
            split_api_version(self.api_version)[0], self.kind, self.namespace, self.name
        )

    def at(self, *path: str) -> Any:
        """The value below nested maps, None where a step is missing: `at("spec", "replicas")`."""
        value: Any = self.body
        for step in path:
            if not isinstance(value, dict):
                return None
            value = value.get(step)
        return value
