"""What a controller sees of its cluster, and the few ways it writes."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from reconciler.adapters.simulation.deletes import DeleteOptions, delete
from reconciler.adapters.simulation.errors import ApiError
from reconciler.adapters.simulation.places import Place, WriteOptions

if TYPE_CHECKING:
    from reconciler.adapters.simulation.catalogue import Resource
    from reconciler.adapters.simulation.cluster import SimulatedCluster

Manifest = dict[str, Any]
MANAGER = "kube-controller-manager"


class View:
    """One pass over a cluster. `now` is the cluster's clock; nothing else tells the time."""

    def __init__(self, cluster: SimulatedCluster) -> None:
        self.cluster = cluster
        self.now = cluster.clock()
        self.next_wake: datetime | None = None

    def begin(self) -> None:
        """A new round: what was due may be due later now."""
        self.next_wake = None

    def wake_at(self, moment: datetime) -> None:
        """Run again at this time, if nothing else happens before."""
        if self.next_wake is None or moment < self.next_wake:
            self.next_wake = moment

    # ---- reading

    def all(self, group: str, plural: str, namespace: str = "") -> list[Manifest]:
        """Objects of a kind, in order."""
        return [one for _, one in self.cluster.store.table((group, plural)).scan(namespace)]

    def get(self, group: str, plural: str, namespace: str, name: str) -> Manifest | None:
        return self.cluster.store.table((group, plural)).objects.get((namespace, name))

    def owned(self, owner: Mapping[str, Any], group: str, plural: str) -> list[Manifest]:
        """Objects of the owner's namespace that the owner controls."""
        return self.cluster.owned.of(owner["metadata"]["uid"], (group, plural))

    # ---- writing

    def create(self, manifest: Manifest) -> Manifest | None:
        """None where the cluster refuses, as a namespace that is being deleted does."""
        try:
            return self.cluster.create(manifest, manager=MANAGER)
        except ApiError:
            return None

    def set_status(self, manifest: Manifest, status: Mapping[str, Any]) -> None:
        """Write the status where it differs."""
        if manifest.get("status") != status:
            self._update({**manifest, "status": dict(status)}, "status")

    def set_spec(self, manifest: Manifest, **fields: Any) -> None:
        """Write fields of the spec where they differ."""
        spec = {**(manifest.get("spec") or {}), **fields}
        spec = {name: value for name, value in spec.items() if value is not None}
        if spec != manifest.get("spec"):
            self._update({**manifest, "spec": spec}, "")

    def set_metadata(self, manifest: Manifest, **fields: Any) -> None:
        """Write or, with None, drop parts of metadata."""
        metadata = {**manifest["metadata"], **fields}
        metadata = {name: value for name, value in metadata.items() if value is not None}
        if metadata != manifest["metadata"]:
            self._update({**manifest, "metadata": metadata}, "")

    def _update(self, manifest: Manifest, subresource: str) -> None:
        place = self.place(manifest, subresource)
        self.cluster.writes.write_directly(place, manifest, WriteOptions(manager=MANAGER))

    def replace(self, manifest: Manifest) -> None:
        """Write a whole object."""
        self._update(manifest, "")

    def delete(self, manifest: Mapping[str, Any], *, at_once: bool = False) -> None:
        options = DeleteOptions(
            uid=manifest["metadata"]["uid"], grace_seconds=0 if at_once else None
        )
        try:
            delete(self.cluster, self.place(manifest), options)
        except ApiError as error:
            if error.reason not in ("NotFound", "Conflict"):
                raise

    def place(self, manifest: Mapping[str, Any], subresource: str = "") -> Place:
        resource = self.resource(manifest)
        metadata = manifest["metadata"]
        return Place(
            resource=resource,
            namespace=metadata.get("namespace", ""),
            name=metadata["name"],
            subresource=subresource,
        )

    def resource(self, manifest: Mapping[str, Any]) -> Resource:
        return self.cluster.resource(manifest["apiVersion"], manifest["kind"])

    def record(self, subject: Mapping[str, Any], kind: str, reason: str, message: str) -> None:
        """An Event about an object, once per subject and reason."""
        metadata = subject["metadata"]
        namespace = metadata.get("namespace", "default")
        name = f"{metadata['name']}.{reason.lower()}"
        if self.get("", "events", namespace, name) is not None:
            return
        time = self.cluster.timestamp()
        self.create(
            {
                "apiVersion": "v1",
                "kind": "Event",
                "metadata": {"name": name, "namespace": namespace},
                "involvedObject": {
                    "apiVersion": subject["apiVersion"],
                    "kind": subject["kind"],
                    "name": metadata["name"],
                    "namespace": metadata.get("namespace", ""),
                    "uid": metadata["uid"],
                },
                "type": kind,
                "reason": reason,
                "message": message,
                "count": 1,
                "firstTimestamp": time,
                "lastTimestamp": time,
                "source": {"component": "simulation"},
            }
        )

    def after(self, text: str, seconds: float) -> datetime:
        """Some seconds after a time of the API."""
        return parsed(text) + timedelta(seconds=seconds)


def parsed(text: str) -> datetime:
    """A time of the API."""
    return datetime.strptime(text[:19], "%Y-%m-%dT%H:%M:%S").replace(tzinfo=UTC)


def owner_reference(owner: Mapping[str, Any]) -> Manifest:
    """The reference of a controlled object to its controller."""
    return {
        "apiVersion": owner["apiVersion"],
        "kind": owner["kind"],
        "name": owner["metadata"]["name"],
        "uid": owner["metadata"]["uid"],
        "controller": True,
        "blockOwnerDeletion": True,
    }


def is_deleted(manifest: Mapping[str, Any]) -> bool:
    return bool(manifest["metadata"].get("deletionTimestamp"))


def is_ready(pod: Mapping[str, Any]) -> bool:
    if is_deleted(pod):
        return False
    conditions = (pod.get("status") or {}).get("conditions") or ()
    return any(one["type"] == "Ready" and one["status"] == "True" for one in conditions)


def is_active(pod: Mapping[str, Any]) -> bool:
    """Neither ended nor on its way out."""
    phase = (pod.get("status") or {}).get("phase")
    return not is_deleted(pod) and phase not in ("Succeeded", "Failed")


def pod_of(
    owner: Mapping[str, Any], template: Mapping[str, Any], name: str = "", **metadata: Any
) -> Manifest:
    """A pod from a template, controlled by `owner`."""
    given = template.get("metadata") or {}
    labels = {**(given.get("labels") or {}), **metadata.pop("labels", {})}
    head: Manifest = {
        "namespace": owner["metadata"]["namespace"],
        "labels": labels,
        "ownerReferences": [owner_reference(owner)],
        **metadata,
    }
    if given.get("annotations"):
        head["annotations"] = given["annotations"]
    if name:
        head["name"] = name
    else:
        head["generateName"] = f"{owner['metadata']['name']}-"
    spec = dict(template.get("spec") or {})
    return {"apiVersion": "v1", "kind": "Pod", "metadata": head, "spec": spec}


def conditions_with(
    status: Mapping[str, Any], time: str, wanted: Iterable[tuple[str, str, str, str]]
) -> list[Manifest]:
    """Conditions (type, status, reason, message); those that stay keep their time."""
    old = {one["type"]: one for one in status.get("conditions") or ()}
    return [*_conditions(old, time, wanted)]


def _conditions(
    old: Mapping[str, Manifest], time: str, wanted: Iterable[tuple[str, str, str, str]]
) -> Iterator[Manifest]:
    for kind, state, reason, message in wanted:
        before = old.get(kind, {})
        moved = before.get("status") != state
        yield {
            "type": kind,
            "status": state,
            "lastUpdateTime": time if moved else before.get("lastUpdateTime", time),
            "lastTransitionTime": time if moved else before["lastTransitionTime"],
            "reason": reason,
            "message": message,
        }
