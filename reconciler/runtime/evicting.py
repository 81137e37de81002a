"""Evictions between two passes: which wait, and which have come to their end (karmada-semantics
§2.18, §2.27).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final

from reconciler.model.binding import BindingState, EvictionTask
from reconciler.model.identity import ObjectKey
from reconciler.model.instant import instant
from reconciler.model.metric import Sample

#: Gauges that `waiting` says all of.
WAITING: Final = ("eviction_queue_depth", "eviction_kind_total")

_Place = tuple[ObjectKey, str]


@dataclass(slots=True)
class Evictions:
    """The graceful evictions that waited after the last pass."""

    _tasks: dict[_Place, EvictionTask] = field(default_factory=dict)

    def seen(self, bindings: Mapping[ObjectKey, BindingState], now: datetime) -> Iterator[Sample]:
        """Samples of what has ended since the last time."""
        tasks = {
            (key, task.from_cluster): task
            for key, state in bindings.items()
            for task in state.eviction_tasks
        }
        ended = [task for place, task in self._tasks.items() if place not in tasks]
        self._tasks = tasks
        for task in ended:
            yield Sample(
                name="eviction_processing_total",
                value=1,
                labels={"name": task.producer, "result": "success"},
            )
            began = instant(task.created)
            if began is not None:
                yield Sample(
                    name="eviction_processing_latency_seconds",
                    value=(now - began).total_seconds(),
                    labels={"name": task.producer},
                )

    def waiting(self) -> Iterator[Sample]:
        """Samples of what waits."""
        for name, number in Counter(task.producer for task in self._tasks.values()).items():
            yield Sample(name="eviction_queue_depth", value=number, labels={"name": name})
        kinds = Counter((cluster, key.kind) for key, cluster in self._tasks)
        for (cluster, kind), number in kinds.items():
            labels = {"member_cluster": cluster, "resource_kind": kind}
            yield Sample(name="eviction_kind_total", value=number, labels=labels)
