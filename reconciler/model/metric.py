"""METRICS: every metric of the service by name, and the plain values that are put into them.

Rules: Karmada's name where the meaning is Karmada's (karmada-semantics §2.27), `reconciler_` before
our own. Times are seconds; histograms have fifteen buckets from 1 ms, each twice the one before.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum


class MetricKind(StrEnum):
    """How a value is kept: the last one, the sum, or a distribution."""

    GAUGE = "gauge"
    COUNTER = "counter"
    HISTOGRAM = "histogram"


@dataclass(frozen=True, slots=True)
class Metric:
    """One family: its help line and the names of its labels, in order."""

    kind: MetricKind
    help: str
    labels: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Sample:
    """One value of a metric of the table; `labels` has exactly the labels of its family."""

    name: str
    value: float
    labels: Mapping[str, str] = field(default_factory=dict)


#: Upper bounds in seconds. Karmada: exponential buckets, base 2, from 1 ms.
BUCKETS: tuple[float, ...] = tuple(0.001 * 2**power for power in range(15))

_GAUGE, _COUNTER, _HISTOGRAM = MetricKind.GAUGE, MetricKind.COUNTER, MetricKind.HISTOGRAM
_MEMBER = ("member_cluster",)
_WRITE = ("result", "apiversion", "kind", "member_cluster")
_BINDING = ("group", "kind", "namespace", "name")

_CLUSTER_METRICS: dict[str, Metric] = {
    "cluster_ready_state": Metric(_GAUGE, "Whether the member is ready (1) or not (0).", _MEMBER),
    "cluster_node_number": Metric(_GAUGE, "Nodes of the member.", _MEMBER),
    "cluster_ready_node_number": Metric(_GAUGE, "Ready nodes of the member.", _MEMBER),
    "cluster_memory_allocatable_bytes": Metric(_GAUGE, "Memory that pods may use.", _MEMBER),
    "cluster_cpu_allocatable_number": Metric(_GAUGE, "Cores that pods may use.", _MEMBER),
    "cluster_pod_allocatable_number": Metric(_GAUGE, "Pods that may run.", _MEMBER),
    "cluster_memory_allocated_bytes": Metric(_GAUGE, "Memory that pods asked for.", _MEMBER),
    "cluster_cpu_allocated_number": Metric(_GAUGE, "Cores that pods asked for.", _MEMBER),
    "cluster_pod_allocated_number": Metric(_GAUGE, "Pods that run.", _MEMBER),
    "cluster_sync_status_duration_seconds": Metric(
        _HISTOGRAM, "Time to read a member's status.", _MEMBER
    ),
}

_EVICTION_METRICS: dict[str, Metric] = {
    "eviction_queue_depth": Metric(_GAUGE, "Evictions that wait, by queue.", ("name",)),
    "eviction_kind_total": Metric(
        _GAUGE, "Evictions that wait, by kind.", ("member_cluster", "resource_kind")
    ),
    "eviction_processing_latency_seconds": Metric(
        _HISTOGRAM, "Time from queueing an eviction to its end.", ("name",)
    ),
    "eviction_processing_total": Metric(_COUNTER, "Evictions carried out.", ("name", "result")),
}

_POLICY_METRICS: dict[str, Metric] = {
    "resource_match_policy_duration_seconds": Metric(
        _HISTOGRAM, "Time to find the policy of a template."
    ),
    "resource_apply_policy_duration_seconds": Metric(
        _HISTOGRAM, "Time to make a binding of a claim.", ("result",)
    ),
    "policy_apply_attempts_total": Metric(
        _COUNTER, "Attempts to apply a policy to a template.", ("result",)
    ),
    "policy_preemption_total": Metric(_COUNTER, "Claims that went to another policy.", ("result",)),
}

_WORK_METRICS: dict[str, Metric] = {
    "binding_sync_work_duration_seconds": Metric(
        _HISTOGRAM, "Time to render the Works of a binding.", ("result",)
    ),
    "work_sync_workload_duration_seconds": Metric(
        _HISTOGRAM, "Time to bring one Work to its member.", ("result",)
    ),
    "create_resource_to_cluster": Metric(
        _COUNTER, "Objects created on members.", (*_WRITE, "recreate")
    ),
    "update_resource_to_cluster": Metric(
        _COUNTER, "Objects updated on members.", (*_WRITE, "operationResult")
    ),
    "delete_resource_from_cluster": Metric(_COUNTER, "Objects deleted on members.", _WRITE),
}

_SCHEDULER_METRICS: dict[str, Metric] = {
    "karmada_scheduler_schedule_attempts_total": Metric(
        _COUNTER, "Attempts to schedule a binding.", ("result", "schedule_type")
    ),
    "karmada_scheduler_e2e_scheduling_duration_seconds": Metric(
        _HISTOGRAM, "Time to schedule a binding.", ("result", "schedule_type")
    ),
    "karmada_scheduler_scheduling_algorithm_duration_seconds": Metric(
        _HISTOGRAM, "Time of one step of scheduling.", ("schedule_step",)
    ),
    "karmada_scheduler_queue_incoming_bindings_total": Metric(
        _COUNTER, "Bindings that were queued for scheduling.", ("event",)
    ),
    "scheduler_pending_bindings": Metric(_GAUGE, "Bindings that wait for a place.", ("queue",)),
}

_INDICATOR_METRICS: dict[str, Metric] = {
    "reconciler_distribution_latency_seconds": Metric(
        _HISTOGRAM, "Time from seeing a commit to its object on the member.", _MEMBER
    ),
    "reconciler_schedule_latency_seconds": Metric(
        _HISTOGRAM, "Time from seeing a commit to its recorded decisions."
    ),
    "reconciler_registration_latency_seconds": Metric(
        _HISTOGRAM, "Time from seeing a Cluster document to its member being ready.", _MEMBER
    ),
    "reconciler_api_call_duration_seconds": Metric(
        _HISTOGRAM, "Time of one request to a member.", ("verb", "member_cluster")
    ),
    "reconciler_cycle_duration_seconds": Metric(_HISTOGRAM, "Time of one cycle.", ("result",)),
}

_REPORT_METRICS: dict[str, Metric] = {
    "reconciler_everything_applied": Metric(
        _GAUGE, "Whether every object of the last commit is on every cluster it belongs to."
    ),
    "reconciler_templates": Metric(_GAUGE, "Templates by their worst health.", ("health",)),
    "reconciler_binding_fully_applied": Metric(
        _GAUGE, "Whether a template is on all its clusters.", _BINDING
    ),
    "reconciler_binding_health": Metric(
        _GAUGE, "Worst health of a template: 0 healthy, 1 unknown, 2 unhealthy.", _BINDING
    ),
    "reconciler_cluster_objects": Metric(
        _GAUGE, "Objects that belong on a member, and those that are there.", (*_MEMBER, "state")
    ),
    "reconciler_cluster_frozen": Metric(
        _GAUGE, "Whether a member is left alone because something of it cannot be read.", _MEMBER
    ),
    "reconciler_holds": Metric(_GAUGE, "Holds that wait for approval."),
    "reconciler_problems": Metric(_GAUGE, "Problems of the last commit."),
}

_SERVICE_METRICS: dict[str, Metric] = {
    "reconciler_leader": Metric(_GAUGE, "Whether this replica acts (1) or stands by (0)."),
    "reconciler_queue_depth": Metric(_GAUGE, "Keys in the work queue.", ("queue",)),
    "reconciler_fetch_total": Metric(_COUNTER, "Fetches of the source repository.", ("result",)),
    "reconciler_push_total": Metric(_COUNTER, "Pushes of our branches.", ("branch", "result")),
    "reconciler_last_fetch_timestamp_seconds": Metric(
        _GAUGE, "When the source was last read, in seconds since 1970."
    ),
    "reconciler_drift_healed_total": Metric(
        _COUNTER, "Objects brought back after somebody changed them.", _MEMBER
    ),
    "reconciler_field_fights": Metric(
        _GAUGE, "Objects that another controller keeps changing back.", _MEMBER
    ),
    "reconciler_member_circuit_open": Metric(
        _GAUGE, "Whether a member is not asked for a while because it failed.", _MEMBER
    ),
    "reconciler_watches": Metric(_GAUGE, "Open watches of a member.", _MEMBER),
    "reconciler_webhook_deliveries_total": Metric(
        _COUNTER, "Deliveries of push webhooks.", ("provider", "result")
    ),
    "reconciler_metric_series_dropped": Metric(
        _GAUGE, "Series that were left out because their metric had too many.", ("metric",)
    ),
}

#: Every metric of the service.
METRICS: dict[str, Metric] = {
    **_CLUSTER_METRICS,
    **_EVICTION_METRICS,
    **_POLICY_METRICS,
    **_WORK_METRICS,
    **_SCHEDULER_METRICS,
    **_INDICATOR_METRICS,
    **_REPORT_METRICS,
    **_SERVICE_METRICS,
}
