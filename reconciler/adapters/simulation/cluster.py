"""One simulated member cluster: its state, its clock, and what happens around a write.

`SimulatedCluster` is also the Python interface of tests and controllers: `create`, `get`, `list`,
`apply`, `update`, `patch`, `delete` work on plain dicts with the semantics of the HTTP API.
"""

from __future__ import annotations

import asyncio
import random
import threading
import uuid
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from reconciler.adapters.simulation import addresses, bootstrap, definitions, errors, reads
from reconciler.adapters.simulation.access import DEFAULT_TOKENS, User
from reconciler.adapters.simulation.catalogue import Catalogue, Resource
from reconciler.adapters.simulation.clocks import Clock, system_clock
from reconciler.adapters.simulation.controllers import settle
from reconciler.adapters.simulation.controllers.owned import Owned
from reconciler.adapters.simulation.deletes import DeleteOptions, delete
from reconciler.adapters.simulation.encoding import Encoder
from reconciler.adapters.simulation.faults import HEALTHY
from reconciler.adapters.simulation.features import features
from reconciler.adapters.simulation.generated import populate
from reconciler.adapters.simulation.places import Place, WriteOptions
from reconciler.adapters.simulation.shapes import Struct, type_table
from reconciler.adapters.simulation.store import Event, Key, Store
from reconciler.adapters.simulation.watching import Watch
from reconciler.adapters.simulation.writes import APPLY_PATCH, MERGE_PATCH, Writes

Manifest = dict[str, Any]
_NAMESPACE: Final = uuid.uuid5(uuid.NAMESPACE_DNS, "simulation.fleet-reconciler.io")
_FIRST_REVISION: Final = 100
_PARTITION_SECONDS: Final = 0.1
_OBJECT_META: Final = "apimachinery.pkg.apis.meta.v1.ObjectMeta"


class SimulatedCluster:
    """A member cluster in memory; `version` is `1.20` to `1.37`, `clock` all the time it knows."""

    def __init__(
        self,
        name: str,
        *,
        version: str = "1.36",
        clock: Clock = system_clock,
        tokens: Mapping[str, User] | None = None,
        controllers: bool = False,
        nodes: int = 0,
        seed: int | None = None,
    ) -> None:
        self.name = name
        self.version = version
        self.features = features(version)
        self.base_clock = clock
        self.controllers = controllers
        self.nodes = nodes
        self.faults = HEALTHY
        self.has_generated_nodes = False
        self.tokens: dict[str, User] = dict(DEFAULT_TOKENS if tokens is None else tokens)
        self.random = random.Random(f"{name}/{seed}")  # noqa: S311 — names, no secrets
        self.fault_random = random.Random(f"{name}/faults/{seed}")  # noqa: S311
        self.lock = threading.RLock()
        self.object_meta: Struct = type_table(self.features.minor).struct(_OBJECT_META)
        self.watches: set[Watch] = set()
        self.writes = Writes(self)
        self.store = Store()
        if controllers:
            self.store.listeners.append(self._note_owner)
        self._begin()

    def _begin(self) -> None:
        """An empty cluster, as after its installation."""
        listeners = self.store.listeners
        self.store = Store()
        self.store.listeners = listeners
        self.reindex()
        self.store.revision = _FIRST_REVISION
        self.catalogue = Catalogue(self.features)
        self.addresses = addresses.Addresses()
        self.encoder = Encoder()
        self._settled = -1
        self._wake: datetime | None = None
        bootstrap.fill(self)
        for number in range(1, self.nodes + 1):
            self.add_node(f"node-{number}")

    def reindex(self) -> None:
        """Begin to follow the store anew, after it was replaced or filled from outside."""
        self.owned = Owned(self.store)

    def _note_owner(self, name: tuple[str, str], event: Event) -> None:
        self.owned.note(name, event)

    # ---- time

    def clock(self) -> datetime:
        """The time this cluster believes it is."""
        return self.base_clock() + timedelta(seconds=self.faults.clock_skew_seconds)

    def settle(self) -> None:
        """Let the controllers do what is due; a fleet that serves does this by itself."""
        if not self.controllers or self.faults.partition:
            return
        with self.lock:
            due = self._wake is not None and self.clock() >= self._wake
            if self.store.revision != self._settled or due:
                self._wake = settle(self)
                self._settled = self.store.revision

    def restart(self, *, keep_data: bool = True) -> None:
        """As if the server had been started again: watches end, and with the data all objects."""
        with self.lock:
            for watch in tuple(self.watches):
                watch.end()
            if keep_data:
                self.store.compact()
            else:
                self._begin()

    async def partition_ends(self) -> None:
        """Waits as long as nothing gets through."""
        while self.faults.partition:  # noqa: ASYNC110 — set from any thread, read here
            await asyncio.sleep(_PARTITION_SECONDS)

    # ---- nodes

    def add_node(
        self,
        name: str,
        *,
        cpu: str = "8",
        memory: str = "32Gi",
        pods: int = 110,
        labels: Mapping[str, str] | None = None,
    ) -> Manifest:
        """A node that is ready as soon as the controllers have run."""
        capacity = {"cpu": cpu, "memory": memory, "pods": str(pods)}
        named = {"kubernetes.io/hostname": name, "kubernetes.io/os": "linux", **(labels or {})}
        version = f"v{self.version}.0"
        return self.create(
            {
                "apiVersion": "v1",
                "kind": "Node",
                "metadata": {"name": name, "labels": named},
                "spec": {},
                "status": {"capacity": capacity, "nodeInfo": {"kubeletVersion": version}},
            },
            manager="kubelet",
        )

    def populate(self, *, nodes: int, pods: int) -> None:
        """Many nodes and pods that take no memory each; instead of the ones there are."""
        with self.lock:
            populate(self.store, nodes, pods)
            self.has_generated_nodes = True

    def bind(self, pod: Manifest, node: str) -> None:
        """Place a pod, as the binding subresource does."""
        metadata = pod["metadata"]
        key = (metadata["namespace"], metadata["name"])
        condition = {
            "type": "PodScheduled",
            "status": "True",
            "lastProbeTime": None,
            "lastTransitionTime": self.timestamp(),
        }
        status = {**(pod.get("status") or {}), "conditions": [condition]}
        bound = {**pod, "spec": {**pod["spec"], "nodeName": node}, "status": status}
        self.put(self.resource("v1", "Pod"), key, bound)

    # ---- what writes need

    def timestamp(self, *, after_seconds: float = 0) -> str:
        """The clock in the API's notation."""
        now = self.clock() + timedelta(seconds=after_seconds)
        return now.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")

    def new_uid(self) -> str:
        """A random UUID from this cluster's own generator."""
        return str(uuid.UUID(int=self.random.getrandbits(128), version=4))

    def stable_uid(self, subject: str) -> str:
        """The same for the same cluster name, run after run."""
        return str(uuid.uuid5(_NAMESPACE, f"{self.name}/{subject}"))

    def allocate(self, resource: Resource, manifest: Manifest) -> Manifest:
        """What the server chooses: service addresses and ports."""
        if resource.key == ("", "services"):
            return self.addresses.service(manifest, families=self.features.ip_families)
        return manifest

    def put(self, resource: Resource, key: Key, manifest: Manifest) -> Manifest:
        """Store, then let the built-in reactions of the API server follow."""
        stored = self.store.put(resource.key, key, manifest)
        self._react(resource, key)
        return stored

    def remove(self, resource: Resource, key: Key) -> Manifest:
        """Delete from the store."""
        last = self.store.delete(resource.key, key)
        self._react(resource, key)
        return last

    def finalize_namespace(self, name: str, spec: Mapping[str, Any]) -> Manifest:
        """The finalize subresource: the namespace goes when no finalizer is left."""
        resource = self.resource("v1", "Namespace")
        stored = reads.get(self, resource, "", name)
        changed = {**stored, "spec": {**spec}}
        is_gone = stored["metadata"].get("deletionTimestamp") and not spec.get("finalizers")
        if is_gone and not stored["metadata"].get("finalizers"):
            self.remove(resource, ("", name))
            return changed
        return self.put(resource, ("", name), changed)

    def _react(self, resource: Resource, key: Key) -> None:
        if resource.key == definitions.DEFINITIONS:
            definitions.settle(self, key)
        elif resource.custom is not None:
            definitions.settle_terminating(self, resource)

    # ---- the Python interface

    def resource(self, api_version: str, kind: str) -> Resource:
        """The resource of a kind. Raises ApiError 404 where the cluster does not serve it."""
        group, _, version = api_version.rpartition("/")
        found = self.catalogue.kind(group, version, kind)
        if found is None:
            raise errors.no_such_resource()
        return found

    def create(self, manifest: Mapping[str, Any], *, manager: str = "simulation") -> Manifest:
        place = self._place(manifest)
        options = WriteOptions(manager=manager)
        with self.lock:
            return self.writes.create(place, dict(manifest), options).manifest

    def update(
        self, manifest: Mapping[str, Any], *, subresource: str = "", manager: str = "simulation"
    ) -> Manifest:
        place = self._place(manifest, subresource)
        options = WriteOptions(manager=manager)
        with self.lock:
            return self.writes.update(place, dict(manifest), options).manifest

    def apply(
        self, manifest: Mapping[str, Any], *, manager: str = "simulation", force: bool = True
    ) -> Manifest:
        place = self._place(manifest)
        options = WriteOptions(manager=manager, force=force)
        with self.lock:
            return self.writes.patch(place, dict(manifest), APPLY_PATCH, options).manifest

    def patch(
        self,
        api_version: str,
        kind: str,
        name: str,
        patch: Mapping[str, Any],
        *,
        namespace: str = "",
        subresource: str = "",
        manager: str = "simulation",
    ) -> Manifest:
        """A JSON merge patch."""
        resource = self.resource(api_version, kind)
        place = Place(resource=resource, namespace=namespace, name=name, subresource=subresource)
        options = WriteOptions(manager=manager)
        with self.lock:
            return self.writes.patch(place, dict(patch), MERGE_PATCH, options).manifest

    def get(self, api_version: str, kind: str, name: str, namespace: str = "") -> Manifest | None:
        """The object, or None."""
        resource = self.resource(api_version, kind)
        with self.lock:
            try:
                return reads.get(self, resource, namespace, name)
            except errors.ApiError as error:
                if error.reason == "NotFound":
                    return None
                raise

    def list(self, api_version: str, kind: str, namespace: str = "") -> list[Manifest]:
        """All objects of a kind, in order."""
        resource = self.resource(api_version, kind)
        with self.lock:
            return reads.page(self, resource, namespace, reads.ListOptions()).items

    def delete(
        self,
        api_version: str,
        kind: str,
        name: str,
        namespace: str = "",
        *,
        policy: str | None = None,
    ) -> Manifest:
        resource = self.resource(api_version, kind)
        place = Place(resource=resource, namespace=namespace, name=name)
        with self.lock:
            return delete(self, place, DeleteOptions(policy=policy))

    def objects(self) -> Iterator[tuple[Resource, Key, Manifest]]:
        """Everything stored, by resource and in order."""
        for resource in self.catalogue.every():
            for key, manifest in list(self.store.table(resource.key).scan()):
                yield resource, key, manifest

    def _place(self, manifest: Mapping[str, Any], subresource: str = "") -> Place:
        resource = self.resource(manifest["apiVersion"], manifest["kind"])
        metadata = manifest["metadata"]
        namespace = metadata.get("namespace", "default") if resource.namespaced else ""
        return Place(
            resource=resource,
            namespace=namespace,
            name=metadata.get("name", ""),
            subresource=subresource,
        )
