"""Clocks and wake-ups."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta

import pytest
from apscheduler.triggers.interval import IntervalTrigger

from reconciler.adapters.clock import FakeClock, Scheduler, SystemClock
from reconciler.adapters.clock.fake import START
from reconciler.adapters.clock.triggers import Cron, Forward
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


@pytest.mark.parametrize(
    ("expression", "after", "moments"),
    [
        # The clock goes back at 3:00 on 25 October, and forward at 2:00 on 29 March.
        ("30 2 * * *", "2026-10-24T12:00", ["25T00:30", "25T01:30", "26T01:30"]),
        ("30 2 * * *", "2026-03-28T12:00", ["29T01:00", "30T00:30", "31T00:30"]),
        ("0 12 * * 0", "2026-01-01T00:00", ["04T11:00", "11T11:00", "18T11:00"]),
        ("0 12 5 * 7", "2026-01-01T00:00", ["04T11:00", "05T11:00", "11T11:00"]),
    ],
)
def test_cron_means_what_kubernetes_means(expression: str, after: str, moments: list[str]) -> None:
    trigger = Cron(expression, "Europe/Berlin")
    moment = datetime.fromisoformat(after).replace(tzinfo=UTC)
    found = []
    for _ in moments:
        moment = trigger.get_next_fire_time(moment, moment)
        found.append(moment.strftime("%dT%H:%M"))
    assert found == moments


def test_years_of_missed_runs_are_one_step() -> None:
    now = datetime(2026, 1, 1, tzinfo=UTC)
    long_ago = datetime(1970, 1, 1, tzinfo=UTC)
    assert Cron("* * * * *", "UTC").get_next_fire_time(long_ago, now) > now
    every_second = Forward(IntervalTrigger(seconds=1, timezone=UTC))
    assert every_second.get_next_fire_time(long_ago, now) == now + timedelta(seconds=1)


@pytest.mark.parametrize(
    ("expression", "timezone"),
    [
        ("* * *", "UTC"),
        ("61 * * * *", "UTC"),
        ("* * * * *", "Mars/Olympus"),
        ("", "UTC"),
        ("0 0 * * * *", "UTC"),
    ],
)
def test_an_expression_that_is_none_is_a_setting_to_correct(expression: str, timezone: str) -> None:
    with pytest.raises(SettingsInvalid):
        Cron(expression, timezone)


async def test_an_interval_of_nothing_is_refused() -> None:
    async def job() -> None:
        """Never runs."""

    with pytest.raises(SettingsInvalid):
        Scheduler().every("x", timedelta(), job)
