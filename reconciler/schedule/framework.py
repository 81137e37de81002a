"""What a scheduler plugin is: filters, scores and divisions as values in tables.

A plugin is prepared once for a binding and then asked once for each cluster, so that what depends
on the binding alone is worked out once; a filter or score that has nothing to say about the binding
returns None from `prepare` and costs nothing. Out-of-tree plugins are the same values, found under
the entry points `reconciler.schedule.filters`, `.scores` and `.divisions` by the runtime.

Source: Karmada pkg/scheduler/framework; docs/guides/scheduler-plugins.md.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from reconciler.model.cluster import Cluster
from reconciler.model.decision import ScheduleReason
from reconciler.schedule.request import Request, Share

Check = Callable[[Cluster], str | None]
"""Why a cluster is refused, as a full clause; None lets it pass."""

Rate = Callable[[Cluster], int]
"""Score of a cluster, 0 to 100."""

Divide = Callable[[Share], Mapping[str, int]]
"""Replicas by cluster name; raises `Refusal` where the share cannot be divided."""


class Refusal(Exception):  # noqa: N818 - an outcome of scheduling, not an error
    """Scheduling found no answer; caught by the scheduler and turned into a Decision."""

    def __init__(self, reason: ScheduleReason, message: str) -> None:
        super().__init__(message)
        self.reason = reason
        self.message = message


class Strategy(StrEnum):
    """How replicas spread over the selected clusters (karmada-semantics §2.9)."""

    DUPLICATED = "Duplicated"
    STATIC_WEIGHT = "StaticWeight"
    DYNAMIC_WEIGHT = "DynamicWeight"
    AGGREGATED = "Aggregated"


@dataclass(frozen=True, slots=True, kw_only=True)
class Filter:
    """Refuses clusters. `gate` names the feature gate it stands behind, `` for none."""

    name: str
    prepare: Callable[[Request], Check | None]
    gate: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Score:
    """Prefers clusters: scores of all plugins are added."""

    name: str
    prepare: Callable[[Request], Rate | None]
    gate: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Division:
    """Divides replicas for one strategy. `weighs_room` False: it never looks at what clusters can
    take, so that nobody has to estimate it.
    """

    name: str
    strategy: Strategy
    divide: Divide
    weighs_room: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Plugins:
    """Plugins found outside the tree, in the order of their names."""

    filters: tuple[Filter, ...] = ()
    scores: tuple[Score, ...] = ()
    divisions: tuple[Division, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Profile:
    """What one `schedulerName` runs. A later division of the same strategy replaces an earlier."""

    filters: tuple[Filter, ...]
    scores: tuple[Score, ...]
    divisions: tuple[Division, ...]
    by_strategy: Mapping[Strategy, Division] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        """Index the divisions."""
        object.__setattr__(self, "by_strategy", {one.strategy: one for one in self.divisions})
