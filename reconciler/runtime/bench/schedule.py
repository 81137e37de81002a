"""`bench schedule`: one binding over a hundred and a thousand clusters that reported capacity."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any, Final

from reconciler.interpret.chain import Interpreter
from reconciler.match import bind
from reconciler.model.binding import Binding
from reconciler.model.cluster import Cluster, ClusterFacts, Condition, ResourceSummary
from reconciler.model.config import FleetConfig
from reconciler.model.diagnostic import Position
from reconciler.model.features import enabled
from reconciler.model.quantity import Quantity
from reconciler.parse import parse_fleet
from reconciler.parse.decode.propagation import decode_propagation_policy
from reconciler.runtime.bench.apart import apart
from reconciler.runtime.bench.fleet import MadeFleet, source_files
from reconciler.runtime.bench.measure import Row, Watch
from reconciler.runtime.bench.options import Options
from reconciler.schedule import SchedulingContext, schedule

PART: Final = "schedule"
_SIZES: Final = {100: 0.003, 1000: 0.030}
_BINDINGS: Final = 400

_DYNAMIC: Final = {
    "replicaSchedulingType": "Divided",
    "replicaDivisionPreference": "Weighted",
    "weightPreference": {"dynamicWeight": "AvailableReplicas"},
}
_AGGREGATED: Final = {
    "replicaSchedulingType": "Divided",
    "replicaDivisionPreference": "Aggregated",
}
_REGIONS: Final = [
    {"spreadByField": "region", "minGroups": 2, "maxGroups": 3},
    {"spreadByField": "cluster", "minGroups": 4, "maxGroups": 20},
]
#: Placements that a binding may have, in turn.
PLACEMENTS: Final[tuple[dict[str, Any], ...]] = (
    {"clusterAffinity": {}},
    {"clusterAffinity": {"labelSelector": {"matchLabels": {"env": "prod"}}}},
    {"replicaScheduling": _DYNAMIC},
    {"replicaScheduling": _AGGREGATED},
    {"replicaScheduling": _DYNAMIC, "spreadConstraints": _REGIONS},
    {"replicaScheduling": _AGGREGATED, "spreadConstraints": _REGIONS},
)


def rows(options: Options) -> Iterator[Row]:
    """A line for each number of clusters."""
    yield from apart(_measured, options)


def _measured(_options: Options) -> list[Row]:
    return [_row(size, limit) for size, limit in _SIZES.items()]


def _row(size: int, limit: float) -> Row:
    bindings, clusters = _bindings(), _clusters(size)
    context = SchedulingContext(clusters=clusters, gates=enabled({}))
    watch = Watch()
    for binding in bindings[: len(PLACEMENTS)]:
        schedule(binding, None, context)  # what all bindings share is worked out once for a run
    for binding in bindings:
        with watch.lap():
            schedule(binding, None, context)
    name = f"one binding over {size} clusters"
    return watch.row(PART, name, count="bindings", limit=limit, is_tail=True)


def _bindings() -> list[Binding]:
    """Workloads of many kinds of placement."""
    fleet = parse_fleet(source_files(MadeFleet(objects=_BINDINGS * 5, clusters=1).files()))
    workloads = [one for key, one in fleet.templates.items() if key.kind == "Deployment"]
    interpreter, config = Interpreter(), FleetConfig()
    return [
        bind(
            workload,
            decode_propagation_policy(_policy(PLACEMENTS[number % len(PLACEMENTS)]), Position()),
            interpreter=interpreter,
            config=config,
            previous=None,
        )
        for number, workload in enumerate(workloads[:_BINDINGS])
    ]


def _policy(placement: dict[str, Any]) -> dict[str, Any]:
    selectors = [{"apiVersion": "apps/v1", "kind": "Deployment"}]
    return {
        "apiVersion": "policy.karmada.io/v1alpha1",
        "kind": "ClusterPropagationPolicy",
        "metadata": {"name": "bench"},
        "spec": {"resourceSelectors": selectors, "placement": placement},
    }


def _clusters(size: int) -> tuple[Cluster, ...]:
    fleet = parse_fleet(source_files(MadeFleet(objects=1, clusters=size).files()))
    return tuple(
        replace(cluster, facts=_facts(number)) for number, cluster in enumerate(fleet.clusters)
    )


def _facts(number: int) -> ClusterFacts:
    """A member of some size, half full."""
    cores, gib = 64 + number % 7 * 32, 256 + number % 5 * 128
    return ClusterFacts(
        kubernetes_version="v1.33.0",
        enablements={"apps/v1": ("Deployment", "StatefulSet"), "v1": ("Service", "ConfigMap")},
        conditions=(Condition(type="Ready", status="True"),),
        nodes_total=8,
        nodes_ready=8,
        resource_summary=ResourceSummary(
            allocatable=_resources(cores, gib, 880), allocated=_resources(cores // 2, gib // 2, 300)
        ),
    )


def _resources(cores: int, gib: int, pods: int) -> dict[str, Quantity]:
    amounts = {"cpu": str(cores), "memory": f"{gib}Gi", "pods": str(pods)}
    return {name: Quantity.parse(amount) for name, amount in amounts.items()}
