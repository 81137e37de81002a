"""Decision: where a binding goes, or why it goes nowhere, and the trace of how that came about."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from reconciler.model.binding import Target


class ScheduleReason(StrEnum):
    """Reason of the Scheduled condition (karmada-semantics §1.4)."""

    SUCCESS = "Success"
    SCHEDULER_ERROR = "SchedulerError"
    NO_CLUSTER_FIT = "NoClusterFit"
    UNSCHEDULABLE = "Unschedulable"
    QUOTA_EXCEEDED = "QuotaExceeded"


@dataclass(frozen=True, slots=True, kw_only=True)
class ClusterVerdict:
    """One cluster in one scheduling attempt: refused by `plugin` with `reason`, or scored.

    `available` is the estimator's answer plus what is already assigned, None when nobody asked.
    """

    cluster: str
    plugin: str = ""
    reason: str = ""
    scores: tuple[tuple[str, int], ...] = ()
    available: int | None = None
    overflow_order: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class TraceStep:
    """A named step with rows of text: groups considered, weights, division."""

    title: str
    rows: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Trace:
    """Why a decision came out as it did; only computed when asked for."""

    affinity_name: str = ""
    verdicts: tuple[ClusterVerdict, ...] = ()
    steps: tuple[TraceStep, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """Result of scheduling one binding.

    `was_scheduled` False: the scheduler had no cause to look (karmada-semantics §2.6), targets are
    the previous ones.
    `targets` sorted by cluster name. `reason` SUCCESS goes with an empty `message`.
    `keeps_previous` says that a failure keeps the old
    targets (Unschedulable) instead of clearing them (NoClusterFit).
    """

    targets: tuple[Target, ...] = ()
    reason: ScheduleReason = ScheduleReason.SUCCESS
    message: str = ""
    affinity_name: str = ""
    was_scheduled: bool = True
    keeps_previous: bool = False
    traces: tuple[Trace, ...] = ()
