"""Clocks and wake-ups."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from reconciler.adapters.clock import FakeClock, Scheduler, SystemClock
from reconciler.adapters.clock.fake import START
from reconciler.adapters.clock.scheduler import cron_trigger
from reconciler.model.errors import SettingsInvalid


async def test_the_system_clock_is_aware_and_goes_forward() -> None:
    clock = SystemClock()
    before, began = clock.now(), clock.monotonic()
    await clock.sleep(0.01)
    assert before.tzinfo is UTC
    assert clock.now() > before
    assert clock.monotonic() - began >= 0.009
    await clock.sleep(-1)


async def test_sleepers_wake_in_order_each_at_its_moment() -> None:
    clock = FakeClock()
    woken: list[tuple[str, float]] = []

    async def sleeper(name: str, *naps: float) -> None:
        for nap in naps:
            await clock.sleep(nap)
            woken.append((name, clock.monotonic()))

    tasks = [asyncio.create_task(sleeper("a", 3, 3)), asyncio.create_task(sleeper("b", 1, 1, 1))]
    await clock.advance(2.5)
    assert woken == [("b", 1), ("b", 2)]
    assert clock.next_wake() == START + timedelta(seconds=3)
    await clock.advance(timedelta(seconds=10))
    assert woken[2:] == [("a", 3), ("b", 3), ("a", 6)]
    assert clock.now() == START + timedelta(seconds=12.5)
    assert clock.monotonic() == 12.5
    await asyncio.gather(*tasks)


async def test_a_cancelled_sleeper_is_forgotten() -> None:
    clock = FakeClock()
    task = asyncio.create_task(clock.sleep(5))
    await asyncio.sleep(0)
    task.cancel()
    await asyncio.sleep(0)
    assert clock.next_wake() is None
    await clock.advance(10)


async def test_a_poll_repeats_and_never_overlaps_itself() -> None:
    scheduler = Scheduler()
    running = most = runs = 0
    enough = asyncio.Event()

    async def poll() -> None:
        nonlocal running, most, runs
        running += 1
        most = max(most, running)
        await asyncio.sleep(0.03)
        running -= 1
        runs += 1
        if runs == 3:
            enough.set()

    scheduler.start()
    scheduler.every("poll", timedelta(seconds=0.05), poll, jitter=timedelta(seconds=10))
    await asyncio.wait_for(enough.wait(), timeout=5)
    scheduler.stop()
    scheduler.stop()
    assert most == 1


async def test_a_moment_that_has_passed_is_now_and_a_cancelled_job_is_gone() -> None:
    scheduler = Scheduler()
    ran = asyncio.Event()

    async def job() -> None:
        ran.set()

    scheduler.start()
    scheduler.once("late", datetime(2001, 1, 1, tzinfo=UTC), job)
    await asyncio.wait_for(ran.wait(), timeout=5)
    scheduler.once("never", SystemClock().now() + timedelta(hours=1), job)
    assert scheduler.next_run("never") is not None
    scheduler.cancel("never")
    scheduler.cancel("never")
    assert scheduler.next_run("never") is None
    scheduler.cron("nightly", "30 2 * * *", job, timezone="Europe/Berlin")
    assert scheduler.next_run("nightly") is not None
    scheduler.stop()


def test_a_cron_job_runs_once_on_the_day_the_clock_is_put_back() -> None:
    berlin = ZoneInfo("Europe/Berlin")
    trigger = cron_trigger("30 1 * * *", "Europe/Berlin")
    moment = datetime(2026, 10, 24, 12, tzinfo=berlin)
    days = []
    for _ in range(3):
        moment = trigger.get_next_fire_time(moment, moment + timedelta(seconds=1))
        days.append((moment.astimezone(berlin).day, moment.astimezone(berlin).hour))
    assert days == [(25, 1), (26, 1), (27, 1)]


@pytest.mark.parametrize(
    ("expression", "timezone"),
    [("* * *", "UTC"), ("61 * * * *", "UTC"), ("* * * * *", "Mars/Olympus"), ("", "UTC")],
)
def test_an_expression_that_is_none_is_a_setting_to_correct(expression: str, timezone: str) -> None:
    with pytest.raises(SettingsInvalid):
        cron_trigger(expression, timezone)


async def test_an_interval_of_nothing_is_refused() -> None:
    async def job() -> None:
        """Never runs."""

    with pytest.raises(SettingsInvalid):
        Scheduler().every("x", timedelta(), job)
