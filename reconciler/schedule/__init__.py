"""Filter, score, select, divide: where a binding goes and with how many replicas.

Imports model and interpret.
"""

from __future__ import annotations

from reconciler.schedule.context import Peer, SchedulingContext
from reconciler.schedule.framework import Plugins
from reconciler.schedule.profiles import profiles, unknown_plugins
from reconciler.schedule.scheduler import place, schedule

__all__ = [
    "Peer",
    "Plugins",
    "SchedulingContext",
    "place",
    "profiles",
    "schedule",
    "unknown_plugins",
]
