"""Intents: what a controller asks for. A controller decides, `settle` carries out.

Every intent but Wake and Clock says why in `cause`, half a sentence for the state branch's log.
"""

from __future__ import annotations

from dataclasses import dataclass

from reconciler.model.binding import EvictionTask
from reconciler.model.cluster import Taint
from reconciler.model.identity import ObjectKey


@dataclass(frozen=True, slots=True, kw_only=True)
class TaintCluster:
    """Taints to have on a cluster, and taints not to have; both are known by key and effect."""

    cluster: str
    add: tuple[Taint, ...] = ()
    remove: tuple[Taint, ...] = ()
    cause: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Evict:
    """A binding leaves a cluster. With a task it does so gracefully: what runs there may stay until
    the task ends; without one it is gone at once.
    """

    key: ObjectKey
    cluster: str
    task: EvictionTask | None = None
    cause: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class StampEviction:
    """The task for a cluster begins to count at this time, RFC 3339."""

    key: ObjectKey
    cluster: str
    at: str
    cause: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class EndEviction:
    """The task for a cluster is over: what was left there may go."""

    key: ObjectKey
    cluster: str
    cause: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Reschedule:
    """A binding is to be scheduled afresh; `at` is when that was asked for, RFC 3339."""

    key: ObjectKey
    at: str
    cause: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Clock:
    """Remember a time by name, RFC 3339, or forget it: ``."""

    name: str
    at: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Wake:
    """Look again at this time, RFC 3339, though nothing else may happen until then."""

    at: str


Intent = TaintCluster | Evict | StampEviction | EndEviction | Reschedule | Clock | Wake
