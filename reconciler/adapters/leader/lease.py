"""LeaseRecord: what a coordination.k8s.io Lease says, read without trust, written exactly.

Source: Kubernetes API reference, Lease v1; client-go's leaderelection, which every replica of a
mixed deployment must understand.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any

import orjson

from reconciler.model.identity import ObjectKey
from reconciler.model.member import ObjectRef

#: When a replica that does not lead was told something that concerns the one that does.
CALLED = "fleet-reconciler.io/called"
API_VERSION, GROUP, KIND = "coordination.k8s.io/v1", "coordination.k8s.io", "Lease"
_LONGEST_SECONDS = 3600.0


def lease_ref(namespace: str, name: str) -> ObjectRef:
    """Where the lease is."""
    return ObjectRef(api_version=API_VERSION, key=ObjectKey(GROUP, KIND, namespace, name))


@dataclass(frozen=True, slots=True, kw_only=True)
class LeaseRecord:
    """Who holds it. `seconds` from one renewal on it may not be taken; `` holder: it is free.

    `transitions` rises with every new holder: the number of the term. `resource_version` is what an
    update must name: the server lets only one writer through. `called` is when a standby last had
    something to tell the holder.
    """

    holder: str
    seconds: float = 0.0
    transitions: int = 0
    acquired: str = ""
    renewed: str = ""
    resource_version: str = ""
    called: str = ""

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
            called=_text((body["metadata"].get("annotations") or {}).get(CALLED)),
        )

    def manifest(self, ref: ObjectRef) -> bytes:
        """The Lease as JSON; the resourceVersion makes an update conditional."""
        metadata: dict[str, Any] = {"name": ref.key.name, "namespace": ref.key.namespace}
        if self.called:
            metadata["annotations"] = {CALLED: self.called}
        if self.resource_version:
            metadata["resourceVersion"] = self.resource_version
        spec: dict[str, Any] = {
            "holderIdentity": self.holder,
            "leaseDurationSeconds": max(int(self.seconds), 1),
            "leaseTransitions": self.transitions,
        }
        times = {"acquireTime": self.acquired, "renewTime": self.renewed}
        spec |= {name: time for name, time in times.items() if time}
        document = {"apiVersion": API_VERSION, "kind": KIND, "metadata": metadata, "spec": spec}
        return orjson.dumps(document)


def is_renewed(before: LeaseRecord | None, now: LeaseRecord | None) -> bool:
    """Whether the holder wrote in between; a call of a standby is no sign of the holder's life."""
    if before is None or now is None:
        return before is not now
    return replace(before, resource_version="", called="") != replace(
        now, resource_version="", called=""
    )


def micro_time(moment: datetime) -> str:
    """The time as a Lease writes it, with microseconds."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def _text(value: Any) -> str:
    return value if isinstance(value, str) else ""


def _number(value: Any) -> int:
    return value if isinstance(value, int) and not isinstance(value, bool) else 0
