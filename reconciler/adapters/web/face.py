"""Face: what the web adapter shows, and the little it may cause."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from reconciler.adapters.web.metrics import MetricsBoard
from reconciler.adapters.web.webhooks.inbox import Inbox
from reconciler.model.report import FleetReport


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """Bounds of the server; times in seconds, sizes in bytes."""

    body_bytes: int = 10 << 20  # a push of two thousand commits is far below
    body_seconds: float = 10.0
    deliveries_at_once: int = 8
    connections: int = 512
    header_seconds: float = 10.0
    request_seconds: float = 30.0
    idle_seconds: float = 15.0
    refusal_seconds: float = 0.05


def _nothing_wrong() -> Mapping[str, str]:
    return {}


def _nothing_to_measure() -> None:
    return None


def _no_report() -> FleetReport | None:
    return None


@dataclass(frozen=True, slots=True, kw_only=True)
class Face:
    """What one service shows.

    `report` is the last pass's, None before the first. `measure` brings gauges that nobody records
    up to date. `unready` and `unhealthy` map the name of a
    check to what is wrong, empty when nothing is; neither may hold a secret. `viewer_token` guards
    everything that shows names of the fleet; empty, whoever reaches the port may look.
    """

    metrics: MetricsBoard
    inbox: Inbox
    report: Callable[[], FleetReport | None] = _no_report
    measure: Callable[[], None] = _nothing_to_measure
    unready: Callable[[], Mapping[str, str]] = _nothing_wrong
    unhealthy: Callable[[], Mapping[str, str]] = _nothing_wrong
    viewer_token: str = field(default="", repr=False)
    limits: Limits = field(default_factory=Limits)
