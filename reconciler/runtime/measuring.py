"""Measuring: passes, writes and members as samples of the metrics board."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from reconciler.adapters.web import MetricsBoard
from reconciler.model.change import Action
from reconciler.model.metric import METRICS, Metric, MetricKind, Sample
from reconciler.runtime.executor import ChangeResult, Result
from reconciler.runtime.results import PassResult
from reconciler.status.samples import cluster_samples, report_samples

_WRITES: Final = {
    Action.CREATE: "create_resource_to_cluster",
    Action.RECREATE: "create_resource_to_cluster",
    Action.UPDATE: "update_resource_to_cluster",
    Action.ADOPT: "update_resource_to_cluster",
    Action.DELETE: "delete_resource_from_cluster",
}
_GAUGES_OF_PASSES: Final = tuple(
    name
    for name, metric in METRICS.items()
    if metric.kind is MetricKind.GAUGE and name.startswith(("reconciler_binding", "cluster_"))
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Measuring:
    """Writes samples to the board."""

    board: MetricsBoard

    def passed(self, done: PassResult, seconds: float) -> None:
        """A pass that came to its end."""
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

    def failed(self, seconds: float) -> None:
        """A pass that did not."""
        self.count("reconciler_cycle_duration_seconds", seconds, result="error")

    def wrote(self, result: ChangeResult, *, seen_seconds_ago: float | None, healed: bool) -> None:
        """One write; `seen_seconds_ago` when it came from a new commit."""
        change = result.change
        name = _WRITES.get(change.action)
        if name is None or result.result not in {Result.DONE, Result.FAILED}:
            return
        is_good = result.result is Result.DONE
        labels = {
            "result": "success" if is_good else "error",
            "apiversion": change.api_version,
            "kind": change.key.kind,
            "member_cluster": change.cluster,
            "recreate": str(change.action is Action.RECREATE).lower(),
            "operationResult": "updated" if is_good else "none",
        }
        known = METRICS[name].labels
        self.count(name, 1, **{label: labels[label] for label in known})
        if is_good and healed:
            self.count("reconciler_drift_healed_total", 1, member_cluster=change.cluster)
        if is_good and seen_seconds_ago is not None:
            self.count(
                "reconciler_distribution_latency_seconds",
                seen_seconds_ago,
                member_cluster=change.cluster,
            )

    def watches(self, counts: Iterable[tuple[str, int]]) -> None:
        """Open watches by cluster."""
        self.board.replace(
            [
                Sample(name="reconciler_watches", value=count, labels={"member_cluster": cluster})
                for cluster, count in counts
            ],
            names=("reconciler_watches",),
        )

    def count(self, name: str, value: float, **labels: str) -> None:
        """One sample."""
        self.board.record(Sample(name=name, value=value, labels=labels))


def _kind(sample: Sample) -> MetricKind:
    metric: Metric = METRICS[sample.name]
    return metric.kind
