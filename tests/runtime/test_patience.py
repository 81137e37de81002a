"""Nobody waits long for a few that are slow, and who is slow has its turn all the same."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from functools import partial

import pytest

from reconciler.runtime.patience import Patience
from tests.virtualtime import in_virtual_time

QUICK = {f"member{number}": 0.01 for number in range(9)}


async def step(needed: float) -> None:
    """What a member does in so many seconds."""
    await asyncio.sleep(needed)


async def waited(patience: Patience, seconds: Mapping[str, float]) -> tuple[list[str], float]:
    """Who is late when each member needs so long, and how long everybody waited."""
    clock = asyncio.get_running_loop().time
    began = clock()
    steps = {name: partial(step, needed) for name, needed in seconds.items()}
    return await patience.awaited(steps), clock() - began


@in_virtual_time
async def test_nobody_is_late_where_all_answer() -> None:
    late, took = await waited(Patience(print), QUICK)
    assert late == []
    assert took < 0.5


@in_virtual_time
async def test_a_slow_member_is_left_out_and_says_when_it_is_through() -> None:
    through: list[str] = []
    patience = Patience(through.append)
    late, took = await waited(patience, {**QUICK, "slow": 2.0})
    assert late == ["slow"]
    assert took == pytest.approx(1.01, abs=0.02)
    late, took = await waited(patience, {**QUICK, "slow": 0.01})
    assert late == ["slow"], "it is still at it"
    assert took < 0.5
    assert through == []
    await asyncio.sleep(1.1)
    assert through == ["slow"]
    late, took = await waited(patience, {**QUICK, "slow": 3.0})
    assert late == ["slow"]
    assert took < 0.5, "who was slow before is not waited for again"
    await patience.close()


@in_virtual_time
async def test_who_is_quick_again_is_waited_for_again() -> None:
    patience = Patience(lambda _: None)
    await waited(patience, {**QUICK, "slow": 1.2})
    await asyncio.sleep(0.4)
    assert await waited(patience, dict.fromkeys((*QUICK, "slow"), 0.01))
    late, _ = await waited(patience, {**QUICK, "slow": 0.7})
    assert late == []


@in_virtual_time
async def test_where_most_take_their_time_the_rest_has_as_long() -> None:
    late, _ = await waited(Patience(print), {**dict.fromkeys(QUICK, 1.5), "slow": 2.5})
    assert late == []


@in_virtual_time
async def test_what_is_newer_ends_all_waiting() -> None:
    patience = Patience(print)
    asyncio.get_running_loop().call_later(0.2, patience.end)
    late, took = await waited(patience, {**QUICK, "dead": 60.0})
    assert late == ["dead"]
    assert took < 0.5
    await patience.close()


@in_virtual_time
async def test_what_goes_wrong_is_heard_of() -> None:
    async def broken() -> None:
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        await Patience(print).awaited({"broken": broken})


@in_virtual_time
async def test_nobody_to_wait_for() -> None:
    assert await Patience(print).awaited({}) == []
