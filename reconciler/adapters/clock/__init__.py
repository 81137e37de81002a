"""The only reader of time: now, sleeping, periodic and cron wake-ups. May import model."""

from __future__ import annotations

from reconciler.adapters.clock.fake import FakeClock
from reconciler.adapters.clock.scheduler import Scheduler
from reconciler.adapters.clock.system import SystemClock

__all__ = ["FakeClock", "Scheduler", "SystemClock"]
