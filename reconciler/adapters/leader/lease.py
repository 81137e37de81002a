"""LeaseRecord: what a coordination.k8s.io Lease says, read without trust, written exactly.

Source: Kubernetes API reference, Lease v1; client-go's leaderelection, which every replica of a
mixed deployment must understand.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import orjson

from reconciler.model.identity import ObjectKey
from reconciler.model.member import ObjectRef

API_VERSION, GROUP, KIND = "coordination.k8s.io/v1", "coordination.k8s.io", "Lease"
_LONGEST_SECONDS = 3600.0


def lease_ref(namespace: str, name: str) -> ObjectRef:
    """Where the lease is."""
    return ObjectRef(api_version=API_VERSION, key=ObjectKey(GROUP, KIND, namespace, name))


@dataclass(frozen=True, slots=True, kw_only=True)
class LeaseRecord:
    """Who holds it. `seconds` from one renewal on it may not be taken; `` holder: it is free.

    `transitions` rises with every new holder: the number of the term. `resource_version` is what an
    update must name: the server lets only one writer through.
    """

    holder: str
    seconds: float = 0.0
    transitions: int = 0
    acquired: str = ""
    renewed: str = ""
    resource_version: str = ""

    @classmethod
    def of(cls, body: dict[str, Any]) -> LeaseRecord:
        """The record of a Lease; fields that are missing or odd count as not said."""
        spec = body.get("spec")
        said = spec if isinstance(spec, dict) else {}
        return cls(
            holder=_text(said.get("holderIdentity")),
            seconds=min(max(float(_number(said.get("leaseDurationSeconds"))), 0), _LONGEST_SECONDS),
            transitions=max(_number(said.get("leaseTransitions")), 0),
            acquired=_text(said.get("acquireTime")),
            renewed=_text(said.get("renewTime")),
            resource_version=_text(body["metadata"].get("resourceVersion")),
        )

    def manifest(self, ref: ObjectRef) -> bytes:
        """The Lease as JSON; the resourceVersion makes an update conditional."""
        metadata = {"name": ref.key.name, "namespace": ref.key.namespace}
        if self.resource_version:
            metadata["resourceVersion"] = self.resource_version
        spec: dict[str, Any] = {
            "holderIdentity": self.holder,
            "leaseDurationSeconds": max(int(self.seconds), 1),
            "leaseTransitions": self.transitions,
            "acquireTime": self.acquired,
            "renewTime": self.renewed,
        }
        document = {"apiVersion": API_VERSION, "kind": KIND, "metadata": metadata, "spec": spec}
        return orjson.dumps(document)


def micro_time(moment: datetime) -> str:
    """The time as a Lease writes it, with microseconds."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def _text(value: Any) -> str:
    return value if isinstance(value, str) else ""


def _number(value: Any) -> int:
    return value if isinstance(value, int) and not isinstance(value, bool) else 0
