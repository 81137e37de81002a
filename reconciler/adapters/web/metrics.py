"""MetricsBoard: the samples of the service as Prometheus reads them.

Strategy: a collector in a registry of its own, so nothing of the interpreter or the libraries is
exported. Values are kept here; prometheus_client says them. Names of strangers become label values
only printable, cut and limited in number: what is over the limit is summed under `(other)` and
counted. Used from one thread; `exposition` may be called from another.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.core import GaugeMetricFamily, HistogramMetricFamily
from prometheus_client.metrics_core import Metric as Family
from prometheus_client.registry import Collector

from reconciler.model.metric import BUCKETS, METRICS, MetricKind, Sample
from reconciler.model.text import printable, shortened

CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"
MOST_SERIES = 20_000
_LONGEST_LABEL = 128
_OTHER = "(other)"
_DROPPED = "reconciler_metric_series_dropped"

_Labels = tuple[str, ...]


@dataclass(slots=True)
class _Distribution:
    counts: list[int] = field(default_factory=lambda: [0] * (len(BUCKETS) + 1))
    total: float = 0.0

    def add(self, value: float) -> None:
        self.counts[bisect_left(BUCKETS, value)] += 1
        self.total += value

    def cumulated(self) -> list[tuple[str, float]]:
        """Prometheus' buckets: how many were at most that long."""
        rows, seen = [], 0
        bounds = (*(repr(bound) for bound in BUCKETS), "+Inf")
        for bound, count in zip(bounds, self.counts, strict=True):
            seen += count
            rows.append((bound, float(seen)))
        return rows


class MetricsBoard(Collector):
    """Every metric of the table, empty at first; `most_series` bounds each of them."""

    def __init__(self, *, most_series: int = MOST_SERIES) -> None:
        self._most_series = most_series
        self._values: dict[str, dict[_Labels, float]] = {}
        self._distributions: dict[str, dict[_Labels, _Distribution]] = {}
        self._dropped: dict[str, int] = {}
        self._registry = CollectorRegistry(auto_describe=False)
        self._registry.register(self)

    def record(self, sample: Sample) -> None:
        """Set a gauge, add to a counter, observe into a histogram; KeyError for unknown names."""
        metric = METRICS[sample.name]
        if metric.kind is MetricKind.HISTOGRAM:
            self.observe(sample.name, (sample.value,), sample.labels)
            return
        values = self._values.setdefault(sample.name, {})
        labels = self._place(sample, values)
        before = values.get(labels, 0.0) if metric.kind is MetricKind.COUNTER else 0.0
        values[labels] = before + sample.value

    def observe(self, name: str, values: Iterable[float], labels: Mapping[str, str]) -> None:
        """Many values of one series of a histogram."""
        distributions = self._distributions.setdefault(name, {})
        place = self._place(Sample(name=name, value=0, labels=labels), distributions)
        distribution = distributions.setdefault(place, _Distribution())
        for value in values:
            distribution.add(max(value, 0.0))

    def replace(self, samples: Iterable[Sample], *, names: Iterable[str] = ()) -> None:
        """Gauges as they are now: series of the same metrics that are not given are gone.

        `names` are metrics that are emptied even when no sample of theirs is given.
        """
        given = list(samples)
        fresh: dict[str, dict[_Labels, float]] = {}
        for name in {*names, *(sample.name for sample in given)}:
            assert METRICS[name].kind is MetricKind.GAUGE, f"{name} is no gauge"
            fresh[name] = {}
            self._dropped.pop(name, None)
        for sample in given:
            series = fresh[sample.name]
            labels = self._place(sample, series)
            # Only what shares a series, as what is over the limit does, is summed.
            series[labels] = series.get(labels, 0.0) + sample.value
        # At once, family by family: a reader in another thread sees all of one or none of it.
        self._values.update(fresh)

    def value(self, name: str, /, **labels: str) -> float:
        """A gauge or counter as it stands, a histogram's number of observations; 0 when unseen."""
        place = tuple(labels[label] for label in METRICS[name].labels)
        if METRICS[name].kind is MetricKind.HISTOGRAM:
            found = self._distributions.get(name, {}).get(place)
            return float(sum(found.counts)) if found else 0.0
        return self._values.get(name, {}).get(place, 0.0)

    def exposition(self) -> bytes:
        """The text that Prometheus reads."""
        text: bytes = generate_latest(self._registry)
        return text

    def collect(self) -> Iterator[Family]:
        """Every family that has a series, in the order of the table."""
        for name, metric in METRICS.items():
            match metric.kind:
                case MetricKind.GAUGE:
                    yield from self._gauge(name, metric.help, metric.labels)
                case MetricKind.COUNTER:
                    yield from self._counter(name, metric.help, metric.labels)
                case MetricKind.HISTOGRAM:
                    yield from self._histogram(name, metric.help, metric.labels)

    def _place(
        self, sample: Sample, series: dict[_Labels, float] | dict[_Labels, _Distribution]
    ) -> _Labels:
        """The series a sample belongs to; `(other)` when there are too many already."""
        names = METRICS[sample.name].labels
        assert sample.labels.keys() == set(names), f"{sample.name} has the labels {names}"
        labels = tuple(_label(sample.labels[name]) for name in names)
        if labels in series or len(series) < self._most_series:
            return labels
        self._dropped[sample.name] = self._dropped.get(sample.name, 0) + 1
        return (_OTHER,) * len(names)

    def _gauge(self, name: str, text: str, labels: Sequence[str]) -> Iterator[Family]:
        rows = self._values.get(name, {})
        if name == _DROPPED:
            rows = {(metric,): float(count) for metric, count in list(self._dropped.items())}
        if not rows:
            return
        family = GaugeMetricFamily(name, text, labels=labels)
        for place, value in list(rows.items()):
            family.add_metric(place, value)
        yield family

    def _counter(self, name: str, text: str, labels: Sequence[str]) -> Iterator[Family]:
        rows = self._values.get(name, {})
        if not rows:
            return
        # Some of Karmada's counters lack the suffix that the library would add to their names.
        is_named = name.endswith("_total")
        family = Family(name.removesuffix("_total"), text, "counter" if is_named else "unknown")
        for place, value in list(rows.items()):
            family.add_sample(name, dict(zip(labels, place, strict=True)), value)
        yield family

    def _histogram(self, name: str, text: str, labels: Sequence[str]) -> Iterator[Family]:
        rows = self._distributions.get(name, {})
        if not rows:
            return
        family = HistogramMetricFamily(name, text, labels=labels)
        for place, distribution in list(rows.items()):
            family.add_metric(place, distribution.cumulated(), distribution.total)
        yield family


def _label(value: str) -> str:
    return shortened(printable(value), _LONGEST_LABEL)
