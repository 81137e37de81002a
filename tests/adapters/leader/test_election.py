"""Elections over HTTP against simulated and real API servers."""

from __future__ import annotations

import asyncio
import contextlib
import threading
import time
from typing import Any

import pytest

from reconciler.adapters.clock.system import SystemClock
from reconciler.adapters.leader import LeaseElection, Timing
from reconciler.adapters.leader.lease import LeaseRecord, lease_ref
from reconciler.adapters.members.api import ApiMember
from reconciler.model.errors import LockHeld, MemberRefused, SettingsInvalid
from tests.adapters.leader.conftest import NAMESPACE, QUICK, LeaseServer, Replica


async def forever(_: int) -> None:
    await asyncio.Event().wait()


async def until(condition: Any, seconds: float = 20.0) -> float:
    """Wait; how long it took."""
    began = time.monotonic()
    async with asyncio.timeout(seconds):
        while not condition():  # noqa: ASYNC110 - what is waited for is said by the server
            await asyncio.sleep(0.01)
    return time.monotonic() - began


async def ended(*tasks: asyncio.Task[None]) -> None:
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)


async def test_one_leads_and_hands_over_at_once_when_it_stops(replica: Replica) -> None:
    first, second = replica("a"), replica("b")
    one = asyncio.create_task(first.run(forever))
    await until(lambda: first.leads)
    two = asyncio.create_task(second.run(forever))
    await asyncio.sleep(QUICK.lease_seconds * 1.5)
    assert first.leads
    assert not second.leads
    assert second.holder == "a"
    with pytest.raises(LockHeld):
        second.check()
    await ended(one)
    assert not first.leads
    assert await until(lambda: second.leads) < QUICK.lease_seconds, "the lease was given back"
    assert second.term > first.term - 1
    await ended(two)


async def test_a_dead_leader_is_followed_when_its_lease_is_over(
    replica: Replica, lease_server: LeaseServer, lease_name: str
) -> None:
    client = lease_server.client()
    ref = lease_ref(NAMESPACE, lease_name)
    dead = LeaseRecord(
        holder="dead",
        seconds=1.0,
        renewed="2026-01-01T00:00:00.000000Z",
        acquired="2026-01-01T00:00:00.000000Z",
        transitions=6,
    )
    await client.create(ref, dead.manifest(ref))
    election = replica("b")
    task = asyncio.create_task(election.run(forever))
    waited = await until(lambda: election.leads)
    assert waited >= QUICK.lease_seconds - 0.05, "however old the lease says it is"
    assert waited < QUICK.lease_seconds + 5 * QUICK.retry_seconds
    assert election.term == 7
    await ended(task)
    await client.close()


async def test_a_deposed_leader_is_cancelled_and_campaigns_again(
    replica: Replica, lease_server: LeaseServer, lease_name: str
) -> None:
    terms: list[int] = []
    cancelled: list[int] = []

    async def lead(term: int) -> None:
        terms.append(term)
        try:
            await asyncio.Event().wait()
        finally:
            cancelled.append(term)

    election, client = replica("a"), lease_server.client()
    task = asyncio.create_task(election.run(lead))
    await until(lambda: terms)
    await _steal(client, lease_name, "thief")
    await until(lambda: cancelled)
    assert not election.leads
    await until(lambda: len(terms) == 2)
    assert terms[1] > terms[0]
    await ended(task)
    await client.close()


async def _steal(client: ApiMember, name: str, holder: str) -> None:
    """Take the lease whatever it says, as an operator could."""
    ref = lease_ref(NAMESPACE, name)
    while True:
        found = await client.get(ref)
        assert found is not None
        found["spec"] |= {"holderIdentity": holder, "leaseTransitions": 40}
        with contextlib.suppress(MemberRefused):  # the leader may have renewed in between
            await client.update(ref, LeaseRecord.of(found).manifest(ref))
            return


async def test_a_leader_that_was_stopped_wakes_up_deposed(
    replica: Replica, lease_server: LeaseServer, lease_name: str
) -> None:
    election = replica("a")
    acts: list[str] = []

    async def lead(_: int) -> None:
        time.sleep(QUICK.lease_seconds + 1.5)  # noqa: ASYNC251 - the whole process stands still
        with pytest.raises(LockHeld):
            election.check()
        acts.append("refused")
        await asyncio.Event().wait()

    overtaken: list[float] = []
    stop = threading.Event()
    other = threading.Thread(
        target=lambda: asyncio.run(_other(lease_server, lease_name, overtaken, stop))
    )
    task = asyncio.create_task(election.run(lead))
    other.start()
    await until(lambda: acts)
    assert overtaken, "meanwhile the other replica took over"
    assert not election.leads
    stop.set()
    other.join()
    await ended(task)


async def _other(
    server: LeaseServer, name: str, overtaken: list[float], stop: threading.Event
) -> None:
    client = server.client()
    election = LeaseElection(
        client, namespace=NAMESPACE, name=name, identity="b", clock=SystemClock(), timing=QUICK
    )
    await asyncio.sleep(0.3)
    task = asyncio.create_task(election.run(forever))
    while not stop.is_set():
        if election.leads and not overtaken:
            overtaken.append(time.monotonic())
        await asyncio.sleep(0.02)
    await ended(task)
    await client.close()


async def test_what_the_leader_does_ends_the_campaign(replica: Replica) -> None:
    election = replica("a")

    async def done(_: int) -> None:
        await asyncio.sleep(0)

    async def broken(_: int) -> None:
        raise RuntimeError("a failure")

    await election.run(done)
    with pytest.raises(RuntimeError, match="a failure"):
        await election.run(broken)
    assert not election.leads


async def test_a_deleted_lease_is_made_again_by_its_leader(
    replica: Replica, lease_server: LeaseServer, lease_name: str
) -> None:
    first, second, client = replica("a"), replica("b"), lease_server.client()
    one = asyncio.create_task(first.run(forever))
    await until(lambda: first.leads)
    two = asyncio.create_task(second.run(forever))
    await until(lambda: second.holder == "a")
    ref = lease_ref(NAMESPACE, lease_name)
    found = await client.get(ref)
    assert found is not None
    metadata = found["metadata"]
    for _ in range(50):
        try:
            await client.delete(
                ref, uid=metadata["uid"], resource_version=metadata["resourceVersion"]
            )
            break
        except MemberRefused:  # it was renewed in between
            found = await client.get(ref)
            assert found is not None
            metadata = found["metadata"]
    for _ in range(20):
        await asyncio.sleep(QUICK.retry_seconds)
        assert not (first.leads and second.leads)
    assert first.leads
    await ended(one, two)
    await client.close()


async def test_an_unreachable_server_is_told_and_nobody_leads() -> None:
    client = LeaseServer(url="http://127.0.0.1:9", token="canary-token-771").client()
    election = LeaseElection(
        client, namespace="x", name="y", identity="a", clock=SystemClock(), timing=QUICK
    )
    task = asyncio.create_task(election.run(forever))
    await until(lambda: election.problem)
    assert not election.leads
    assert "canary" not in election.problem + repr(election)
    await ended(task)
    await client.close()


@pytest.mark.parametrize("seconds", [(8, 8, 1), (5, 8, 1), (8, 5, 5), (8, 5, 0)])
def test_a_lease_that_cannot_be_safe_is_refused(seconds: tuple[float, float, float]) -> None:
    lease, renew, retry = seconds
    with pytest.raises(SettingsInvalid):
        Timing(lease_seconds=lease, renew_seconds=renew, retry_seconds=retry)


@pytest.mark.parametrize(
    "spec",
    [
        None,
        [],
        {},
        {"holderIdentity": 5, "leaseDurationSeconds": "x"},
        {"leaseTransitions": -4},
        {"leaseDurationSeconds": 10**30, "holderIdentity": "a" * 100_000},
    ],
)
def test_a_lease_of_any_shape_is_read(spec: Any) -> None:
    record = LeaseRecord.of({"metadata": {"resourceVersion": "1"}, "spec": spec})
    assert record.seconds <= 3600
    assert record.transitions >= 0


async def test_a_standby_calls_the_leader(
    lease_server: LeaseServer, lease_name: str, replica: Replica
) -> None:
    calls: list[float] = []
    client = lease_server.client()
    first = LeaseElection(
        client,
        namespace=NAMESPACE,
        name=lease_name,
        identity="a",
        clock=SystemClock(),
        timing=QUICK,
        called=lambda: calls.append(time.monotonic()),
    )
    second = replica("b")
    assert await second.call(), "nobody leads, so nobody has to be told"
    one = asyncio.create_task(first.run(forever))
    await until(lambda: first.leads)
    two = asyncio.create_task(second.run(forever))
    for number in (1, 2):
        while not await second.call():  # the leader wrote in between
            pass
        await until(lambda: len(calls) == number)  # noqa: B023 - at once
        await asyncio.sleep(QUICK.retry_seconds * 3)
    assert len(calls) == 2
    assert first.leads
    assert not second.leads
    await ended(one, two)
    await client.close()


async def test_calls_do_not_keep_a_dead_leader_in_office(
    lease_server: LeaseServer, lease_name: str, replica: Replica
) -> None:
    client, second = lease_server.client(), replica("b")
    dead = LeaseRecord(
        holder="a", seconds=QUICK.lease_seconds, renewed="2026-01-01T00:00:00.000000Z"
    )
    ref = lease_ref(NAMESPACE, lease_name)
    await client.create(ref, dead.manifest(ref))
    two = asyncio.create_task(second.run(forever))

    async def calling() -> None:
        third = replica("c")
        while True:
            await third.call()
            await asyncio.sleep(0.05)

    three = asyncio.create_task(calling())
    assert await until(lambda: second.leads) < QUICK.lease_seconds + 1.0
    await ended(two, three)
    await client.close()
