"""Metric samples of a report and of the members' facts: pure rows, one a figure.

Names and meanings: karmada-semantics §2.27. Beyond Karmada: health and completeness of every
template, which it does not export.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from types import MappingProxyType

from reconciler.model.cluster import ClusterFacts, ResourceSummary
from reconciler.model.metric import Sample
from reconciler.model.quantity import Quantity
from reconciler.model.report import FleetReport, Health
from reconciler.status.summary import is_everything_applied

_MILLI = 1000


def _is_ready(facts: ClusterFacts) -> float:
    ready = facts.condition("Ready")
    return float(ready is not None and ready.status == "True")


_FACTS: dict[str, Callable[[ClusterFacts], float]] = {
    "cluster_ready_state": _is_ready,
    "cluster_node_number": lambda facts: float(facts.nodes_total),
    "cluster_ready_node_number": lambda facts: float(facts.nodes_ready),
}

_Amounts = Mapping[str, Quantity]
_ALLOCATABLE: Callable[[ResourceSummary], _Amounts] = lambda summary: summary.allocatable  # noqa: E731
_ALLOCATED: Callable[[ResourceSummary], _Amounts] = lambda summary: summary.allocated  # noqa: E731

#: Metric → (which amounts, resource).
_CAPACITY: Mapping[str, tuple[Callable[[ResourceSummary], _Amounts], str]] = MappingProxyType(
    {
        "cluster_memory_allocatable_bytes": (_ALLOCATABLE, "memory"),
        "cluster_cpu_allocatable_number": (_ALLOCATABLE, "cpu"),
        "cluster_pod_allocatable_number": (_ALLOCATABLE, "pods"),
        "cluster_memory_allocated_bytes": (_ALLOCATED, "memory"),
        "cluster_cpu_allocated_number": (_ALLOCATED, "cpu"),
        "cluster_pod_allocated_number": (_ALLOCATED, "pods"),
    }
)

_REPORT: dict[str, Callable[[FleetReport], float]] = {
    "reconciler_everything_applied": lambda report: float(is_everything_applied(report)),
    "reconciler_holds": lambda report: float(len(report.holds)),
    "reconciler_problems": lambda report: float(len(report.problems)),
}


def cluster_samples(facts: Mapping[str, ClusterFacts]) -> Iterator[Sample]:
    """What every member reported, members in order; capacity only where it is known."""
    for name, of_cluster in sorted(facts.items()):
        labels = {"member_cluster": name}
        for metric, value in _FACTS.items():
            yield Sample(name=metric, value=value(of_cluster), labels=labels)
        summary = of_cluster.resource_summary
        if summary is None:
            continue
        for metric, (amounts, resource) in _CAPACITY.items():
            amount = amounts(summary).get(resource)
            value_now = amount.milli_value() / _MILLI if amount is not None else 0.0
            yield Sample(name=metric, value=value_now, labels=labels)


def report_samples(report: FleetReport) -> Iterator[Sample]:
    """What a report says: the whole, every template, and every cluster."""
    for metric, value in _REPORT.items():
        yield Sample(name=metric, value=value(report))
    waiting = sum(1 for one in report.templates.values() if one.scheduled_message)
    yield Sample(
        name="scheduler_pending_bindings",
        value=float(waiting),
        labels={"queue": "unschedulable"},
    )
    yield from _by_health(report)
    yield from _by_template(report)
    yield from _by_cluster(report)


def _by_health(report: FleetReport) -> Iterator[Sample]:
    counts = Counter(one.health for one in report.templates.values())
    for health in Health:
        yield Sample(
            name="reconciler_templates",
            value=float(counts[health]),
            labels={"health": str(health)},
        )


def _by_template(report: FleetReport) -> Iterator[Sample]:
    for key, template in report.templates.items():
        labels = {
            "group": key.group,
            "kind": key.kind,
            "namespace": key.namespace,
            "name": key.name,
        }
        applied = float(template.is_fully_applied and not template.scheduled_message)
        yield Sample(name="reconciler_binding_fully_applied", value=applied, labels=labels)
        health = float(template.health.rank)
        yield Sample(name="reconciler_binding_health", value=health, labels=labels)


def _by_cluster(report: FleetReport) -> Iterator[Sample]:
    expected: Counter[str] = Counter()
    applied: Counter[str] = Counter()
    for template in report.templates.values():
        expected.update(one.cluster for one in template.members)
        applied.update(one.cluster for one in template.members if one.applied)
    for name in sorted({*expected, *report.frozen_clusters}):
        for state, counts in (("expected", expected), ("applied", applied)):
            yield Sample(
                name="reconciler_cluster_objects",
                value=float(counts[name]),
                labels={"member_cluster": name, "state": state},
            )
        yield Sample(
            name="reconciler_cluster_frozen",
            value=float(name in report.frozen_clusters),
            labels={"member_cluster": name},
        )
