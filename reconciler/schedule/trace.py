"""Why a decision came out as it did, collected while it is made and only when somebody asked."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import replace

from reconciler.model.cluster import Cluster
from reconciler.model.decision import ClusterVerdict, Trace, TraceStep
from reconciler.model.text import count_of
from reconciler.schedule.request import Candidate, Share


class Recorder:
    """Takes notes of one attempt."""

    __slots__ = ("_steps", "_verdicts", "affinity_name")

    def __init__(self, affinity_name: str) -> None:
        """Start the notes of one affinity."""
        self.affinity_name = affinity_name
        self._verdicts: dict[str, ClusterVerdict] = {}
        self._steps: list[TraceStep] = []

    def refuse(self, cluster: Cluster, plugin: str, reason: str) -> None:
        """A filter said no."""
        self._verdicts[cluster.name] = ClusterVerdict(
            cluster=cluster.name, plugin=plugin, reason=reason
        )

    def rate(
        self, candidate: Candidate, scores: tuple[tuple[str, int], ...], *, is_estimated: bool
    ) -> None:
        """A cluster passed the filters."""
        self._verdicts[candidate.name] = ClusterVerdict(
            cluster=candidate.name,
            scores=scores,
            available=candidate.available if is_estimated else None,
            overflow_order=candidate.overflow_order,
        )

    def group(
        self, field: str, scores: Mapping[str, tuple[int, int]], best: Collection[str]
    ) -> None:
        """Groups of clusters were weighed: (clusters, score) by name, and the chosen ones."""
        rows = tuple(
            f"{name}: {count_of(clusters, 'cluster')}, score {score}, "
            f"{'chosen' if name in best else 'left out'}"
            for name, (clusters, score) in scores.items()
        )
        self._steps.append(TraceStep(title=f"Group by {field}", rows=rows))

    def select(self, ranked: list[Candidate], selected: list[Candidate]) -> None:
        """Clusters were chosen among those that passed."""
        chosen = {one.name for one in selected}
        rows = tuple(
            f"{one.name}: {'used' if one.name in chosen else 'left out'}" for one in ranked
        )
        self._steps.append(TraceStep(title="Select clusters", rows=rows))
        for name in (one.name for one in ranked if one.name not in chosen):
            self._verdicts[name] = replace(
                self._verdicts[name],
                plugin="Select",
                reason="other clusters satisfy the spread constraints better",
            )

    def divide(
        self, division: str, share: Share, result: Mapping[str, int], *, weighs_room: bool
    ) -> None:
        """Replicas were divided; what clusters can take is told where it counted."""
        has = {one.name: one.replicas for one in share.request.previous_targets}
        rows = tuple(
            f"{one.name}: {has.get(one.name, 0)} -> {result.get(one.name, 0)}"
            f"{f' (room for {one.allocatable} more)' if weighs_room else ''}"
            for one in share.candidates
        )
        mode = "fresh" if share.request.is_fresh else "steady"
        title = f"Divide {count_of(share.replicas, 'replica')} by {division}"
        title += f", {mode}" if weighs_room else ""
        self._steps.append(TraceStep(title=title, rows=rows))

    def trace(self) -> Trace:
        """The notes as a value, verdicts by cluster name."""
        verdicts = tuple(self._verdicts[name] for name in sorted(self._verdicts))
        return Trace(affinity_name=self.affinity_name, verdicts=verdicts, steps=tuple(self._steps))
