"""Periodic, cron and single wake-ups, over apscheduler 3.

Rules: a job never overlaps itself, and any number of missed runs makes one late run. Jitter spreads
the polls of many reconcilers. A job is replaced by another of its name.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta

from apscheduler.jobstores.base import JobLookupError
from apscheduler.schedulers.asyncio import AsyncIOScheduler
from apscheduler.triggers.base import BaseTrigger
from apscheduler.triggers.date import DateTrigger
from apscheduler.triggers.interval import IntervalTrigger

from reconciler.adapters.clock.triggers import Cron, Forward
from reconciler.model.errors import SettingsInvalid

Job = Callable[[], Awaitable[None]]


class Scheduler:
    """Jobs by name on the running event loop."""

    def __init__(self) -> None:
        self._scheduler = AsyncIOScheduler(
            timezone=UTC,
            # None: however late, a missed run is made up for.
            job_defaults={"coalesce": True, "max_instances": 1, "misfire_grace_time": None},
        )

    def start(self) -> None:
        """Begin to run jobs; needs a running event loop."""
        self._scheduler.start()

    def stop(self) -> None:
        """Run no more jobs; one that runs is cancelled with its loop, not here."""
        if self._scheduler.running:
            self._scheduler.shutdown(wait=False)

    def every(
        self, name: str, interval: timedelta, job: Job, *, jitter: timedelta = timedelta()
    ) -> None:
        """Run at this interval, each time later or earlier by up to the jitter."""
        if interval <= timedelta():
            raise SettingsInvalid(f"the interval of {name} is not positive")
        # apscheduler moves a run by the whole jitter in both directions: more than half an interval
        # would let two runs change places.
        spread = min(jitter, interval / 2).total_seconds()
        trigger = IntervalTrigger(
            seconds=interval.total_seconds(), jitter=spread or None, timezone=UTC
        )
        self._add(name, Forward(trigger), job)

    def cron(self, name: str, expression: str, job: Job, *, timezone: str = "UTC") -> None:
        """Run when a five-field cron expression says so; raises `SettingsInvalid`."""
        self._add(name, Cron(expression, timezone), job)

    def once(self, name: str, moment: datetime, job: Job) -> None:
        """Run at a moment, at once when it has passed."""
        self._add(name, DateTrigger(moment), job)

    def cancel(self, name: str) -> None:
        """Run the job of this name no more, if there is one."""
        try:
            self._scheduler.remove_job(name)
        except JobLookupError:
            return

    def next_run(self, name: str) -> datetime | None:
        """When the job of this name runs next; None when there is none."""
        job = self._scheduler.get_job(name)
        moment: datetime | None = job.next_run_time if job is not None else None
        return moment

    def _add(self, name: str, trigger: BaseTrigger, job: Job) -> None:
        self._scheduler.add_job(job, trigger, id=name, name=name, replace_existing=True)
