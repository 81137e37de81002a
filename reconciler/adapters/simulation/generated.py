"""Nodes and pods by the thousand without a dict each: made when somebody looks.

A cluster of this kind answers lists, gets and watches of its nodes and pods like any other, from a
few numbers. An object that is written to becomes a stored one.
"""

from __future__ import annotations

import functools
from collections.abc import Iterator, MutableMapping
from dataclasses import dataclass
from typing import Any, Final

from reconciler.adapters.simulation.store import Key, Manifest, Store, Table

_NODE_SHAPES: Final = (
    {"cpu": "4", "memory": "16Gi", "pods": "110", "ephemeral-storage": "100Gi"},
    {"cpu": "8", "memory": "32Gi", "pods": "110", "ephemeral-storage": "100Gi"},
    {"cpu": "16", "memory": "64Gi", "pods": "110", "ephemeral-storage": "200Gi"},
    {"cpu": "64", "memory": "256Gi", "pods": "250", "ephemeral-storage": "500Gi"},
)
_REQUESTS: Final = (
    {"cpu": "100m", "memory": "128Mi"},
    {"cpu": "250m", "memory": "512Mi"},
    {"cpu": "500m", "memory": "1Gi"},
    {"cpu": "1", "memory": "2Gi"},
)
_ZONES: Final = ("a", "b", "c")
_NAMESPACE: Final = "default"
_TIME: Final = "2024-01-01T00:00:00Z"


class Made(dict[str, Any]):
    """An object that is not stored: nothing may remember it by identity."""

    __slots__ = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Population:
    """How many there are, and the revision they were born at."""

    nodes: int
    pods: int
    revision: int

    def node(self, number: int) -> Manifest:
        name = f"node-{number:05}"
        capacity = _NODE_SHAPES[number % len(_NODE_SHAPES)]
        zone = _ZONES[number % len(_ZONES)]
        ready = {
            "type": "Ready",
            "status": "True",
            "reason": "KubeletReady",
            "message": "kubelet is posting ready status",
            "lastTransitionTime": _TIME,
        }
        labels = {"kubernetes.io/hostname": name, "topology.kubernetes.io/zone": zone}
        return self._made(
            "Node",
            {"name": name, "labels": labels},
            f"10000000-0000-4000-8000-{number:012x}",
            spec={"providerID": f"simulated://{name}"},
            status={"capacity": capacity, "allocatable": capacity, "conditions": [ready]},
        )

    def pod(self, number: int) -> Manifest:
        name = f"pod-{number:06}"
        container = {
            "name": "c",
            "image": "simulated:1",
            "resources": {"requests": _REQUESTS[number % len(_REQUESTS)]},
        }
        ready = {"type": "Ready", "status": "True", "lastTransitionTime": _TIME}
        return self._made(
            "Pod",
            {"name": name, "namespace": _NAMESPACE, "labels": {"app": f"app-{number % 100}"}},
            f"20000000-0000-4000-8000-{number:012x}",
            spec={"nodeName": f"node-{number % max(1, self.nodes):05}", "containers": [container]},
            status={"phase": "Running", "conditions": [ready]},
        )

    def _made(self, kind: str, metadata: Manifest, uid: str, **halves: Any) -> Manifest:
        head = {
            **metadata,
            "uid": uid,
            "resourceVersion": str(self.revision),
            "creationTimestamp": _TIME,
        }
        return Made(kind=kind, apiVersion="v1", metadata=head, **halves)


@functools.cache
def _node_keys(count: int) -> tuple[Key, ...]:
    return tuple(("", f"node-{number:05}") for number in range(count))


@functools.cache
def _pod_keys(count: int) -> tuple[Key, ...]:
    return tuple((_NAMESPACE, f"pod-{number:06}") for number in range(count))


class GeneratedObjects(MutableMapping[Key, Manifest]):
    """A mapping that makes what nobody has written."""

    def __init__(self, population: Population, kind: str) -> None:
        self._population = population
        self._is_node = kind == "nodes"
        count = population.nodes if self._is_node else population.pods
        self._keys = _node_keys(count) if self._is_node else _pod_keys(count)
        self._written: dict[Key, Manifest] = {}
        self._removed: set[Key] = set()

    def __getitem__(self, key: Key) -> Manifest:
        written = self._written.get(key)
        if written is not None:
            return written
        if key in self._removed:
            raise KeyError(key)
        number = self._number(key)
        return self._population.node(number) if self._is_node else self._population.pod(number)

    def _number(self, key: Key) -> int:
        _, _, digits = key[1].rpartition("-")
        number = int(digits) if digits.isdigit() else -1
        if not 0 <= number < len(self._keys) or self._keys[number] != key:
            raise KeyError(key)
        return number

    def __setitem__(self, key: Key, manifest: Manifest) -> None:
        self._written[key] = manifest
        self._removed.discard(key)

    def __delitem__(self, key: Key) -> None:
        self[key]
        self._written.pop(key, None)
        self._removed.add(key)

    def __iter__(self) -> Iterator[Key]:
        if not self._written and not self._removed:
            return iter(self._keys)
        made = (key for key in self._keys if key not in self._removed and key not in self._written)
        return iter([*made, *self._written])

    def __len__(self) -> int:
        return sum(1 for _ in self)


def populate(store: Store, nodes: int, pods: int) -> None:
    """Fill a cluster's nodes and pods with generated ones."""
    population = Population(nodes=nodes, pods=pods, revision=store.revision)
    for plural, count in (("nodes", nodes), ("pods", pods)):
        if count:
            table = Table(("", plural))
            table.objects = GeneratedObjects(population, plural)
            table.is_generated = True
            table.compacted = store.revision
            store.tables["", plural] = table
