"""Measuring: passes, writes and members as samples of the metrics board."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final

from reconciler.adapters.web import MetricsBoard
from reconciler.model.change import Action
from reconciler.model.metric import METRICS, Metric, MetricKind, Sample
from reconciler.runtime.evicting import WAITING, Evictions
from reconciler.runtime.executor import ChangeResult, Result
from reconciler.runtime.metering import CycleMeter
from reconciler.runtime.results import PassResult
from reconciler.status.samples import cluster_samples, report_samples

_WRITES: Final = {
    Action.CREATE: "create_resource_to_cluster",
    Action.RECREATE: "create_resource_to_cluster",
    Action.UPDATE: "update_resource_to_cluster",
    Action.ADOPT: "update_resource_to_cluster",
    Action.DELETE: "delete_resource_from_cluster",
}
_RESULTS: Final = {True: "success", False: "error"}
_GAUGES_OF_PASSES: Final = tuple(
    name
    for name, metric in METRICS.items()
    if metric.kind is MetricKind.GAUGE and name.startswith(("reconciler_binding", "cluster_"))
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Measuring:
    """Writes samples to the board."""

    board: MetricsBoard
    meter: CycleMeter
    evictions: Evictions = field(default_factory=Evictions)

    def passed(self, done: PassResult, seconds: float, now: datetime) -> None:
        """A pass that came to its end."""
        self.meter.told_to(self.board)
        result = "interrupted" if done.execution.is_interrupted else "success"
        self.count(
            "reconciler_cycle_duration_seconds", seconds, result="error" if done.error else result
        )
        if done.execution.is_interrupted:
            return
        facts = {one.name: one.facts for one in done.outcome.clusters if one.facts is not None}
        gauges = [*report_samples(done.report), *cluster_samples(facts)]
        self.board.replace(
            [one for one in gauges if _kind(one) is MetricKind.GAUGE], names=_GAUGES_OF_PASSES
        )
        for sample in self.evictions.seen(done.outcome.state.bindings, now):
            self.board.record(sample)
        self.board.replace(self.evictions.waiting(), names=WAITING)

    def failed(self, seconds: float) -> None:
        """A pass that did not."""
        self.meter.told_to(self.board)
        self.count("reconciler_cycle_duration_seconds", seconds, result="error")

    def wrote(self, result: ChangeResult, *, seen_seconds_ago: float | None, healed: bool) -> None:
        """One write; `seen_seconds_ago` when it came from a new commit."""
        change = result.change
        name = _WRITES.get(change.action)
        if name is None or result.result not in {Result.DONE, Result.FAILED}:
            return
        is_good = result.result is Result.DONE
        labels = {
            "result": _RESULTS[is_good],
            "apiversion": change.api_version,
            "kind": change.key.kind,
            "member_cluster": change.cluster,
            "recreate": str(change.action is Action.RECREATE).lower(),
            "operationResult": "updated" if is_good else "none",
        }
        known = METRICS[name].labels
        self.count("work_sync_workload_duration_seconds", result.seconds, result=labels["result"])
        self.count(name, 1, **{label: labels[label] for label in known})
        if is_good and healed:
            self.count("reconciler_drift_healed_total", 1, member_cluster=change.cluster)
        if is_good and seen_seconds_ago is not None:
            self.count(
                "reconciler_distribution_latency_seconds",
                seen_seconds_ago,
                member_cluster=change.cluster,
            )

    def called(self, cluster: str, verb: str, seconds: float) -> None:
        """A member answered."""
        self.count(
            "reconciler_api_call_duration_seconds", seconds, verb=verb, member_cluster=cluster
        )

    def asked(self, cluster: str, seconds: float) -> None:
        """A member's status was read, or it did not answer in that time."""
        self.count("cluster_sync_status_duration_seconds", seconds, member_cluster=cluster)

    def pushed(self, branch: str, *, is_good: bool) -> None:
        """A push of one of our branches."""
        self.count("reconciler_push_total", 1, branch=branch, result=_RESULTS[is_good])

    def members(self, name: str, values: Iterable[tuple[str, float]]) -> None:
        """A gauge of every member there is, by cluster."""
        samples = [
            Sample(name=name, value=value, labels={"member_cluster": cluster})
            for cluster, value in values
        ]
        self.board.replace(samples, names=(name,))

    def queues(self, lengths: Mapping[str, int]) -> None:
        """How much waits in each queue."""
        for queue, length in lengths.items():
            self.count("reconciler_queue_depth", length, queue=queue)

    def count(self, name: str, value: float, **labels: str) -> None:
        """One sample."""
        self.board.record(Sample(name=name, value=value, labels=labels))


def _kind(sample: Sample) -> MetricKind:
    metric: Metric = METRICS[sample.name]
    return metric.kind
