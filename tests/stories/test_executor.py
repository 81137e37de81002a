"""The executor: bounded, isolated, cancellable, and silent about fights it cannot win."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from typing import Any

import orjson
import pytest
from aiohttp import web

from reconciler.adapters.members.api import ApiMember
from reconciler.adapters.members.credentials import Credentials
from reconciler.adapters.members.opening import member_with
from reconciler.adapters.members.pacing import Limits, Time
from reconciler.diff.compare import compare
from reconciler.diff.context import Context
from reconciler.model.change import Action, Change, Plan
from reconciler.model.cluster import Cluster
from reconciler.model.identity import ObjectKey
from reconciler.runtime.executor import (
    ChangeResult,
    ExecutionOptions,
    ExecutionReport,
    Result,
    execute,
)
from reconciler.runtime.fights import FIRST_PAUSE_SECONDS, FREE_ROUNDS, Fights
from reconciler.runtime.ports import Member
from tests.realcluster import free_port
from tests.works import a_work

Answer = Callable[[str], Awaitable[web.Response]]
KINDS = {"configmaps": "ConfigMap", "namespaces": "Namespace", "deployments": "Deployment"}
VERBS = {"GET": "get", "POST": "create", "PATCH": "apply", "DELETE": "delete"}


def reply(body: Any, status: int = 200) -> web.Response:
    return web.Response(body=orjson.dumps(body), status=status, content_type="application/json")


def refused(status: int, message: str, reason: str = "Invalid") -> web.Response:
    return reply({"kind": "Status", "message": message, "reason": reason}, status)


@dataclass
class Recorder:
    """An API server that takes everything, or answers writes as told, and notes what was asked.

    Only what is `held` can be read.
    """

    answer: Answer | None = None
    held: dict[str, Any] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)
    running: int = 0
    most: int = 0

    async def handle(self, request: web.BaseRequest) -> web.StreamResponse:
        parts = request.path.strip("/").split("/")
        if len(parts) == (2 if parts[0] == "api" else 3):
            resources = [
                {"name": plural, "kind": kind, "namespaced": plural != "namespaces"}
                for plural, kind in KINDS.items()
            ]
            return reply({"kind": "APIResourceList", "resources": resources})
        body = await request.read()
        name = orjson.loads(body)["metadata"]["name"] if request.method == "POST" else parts[-1]
        kind = KINDS[parts[-1] if request.method == "POST" else parts[-2]]
        self.asked.append(f"{VERBS[request.method]} {kind}/{name}")
        if request.method == "GET":
            return reply(self.held[name]) if name in self.held else reply({}, 404)
        self.running += 1
        self.most = max(self.most, self.running)
        try:
            await asyncio.sleep(0.002)
            if self.answer is not None:
                return await self.answer(name)
        finally:
            self.running -= 1
        namespace = {} if kind == "Namespace" else {"namespace": "s"}
        return reply({"kind": kind, "metadata": {"name": name, **namespace}})


def member_at(name: str, port: int) -> ApiMember:
    loop = asyncio.get_running_loop()
    return member_with(
        Cluster(name=name),
        Credentials(server=f"http://127.0.0.1:{port}"),
        time=Time(now=loop.time, wait=asyncio.sleep, chance=lambda: 0.5),
        limits=Limits(attempts=1, concurrency=32),
        redact=lambda text: text,
    )


@asynccontextmanager
async def serving(recorder: Recorder) -> AsyncIterator[dict[str, Member]]:
    """The member `one` of this server."""
    runner = web.ServerRunner(web.Server(recorder.handle), shutdown_timeout=0.1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    bound: Any = runner.addresses[0]
    member = member_at("one", bound[1])
    try:
        yield {"one": member}
    finally:
        await member.close()
        await runner.cleanup()


async def run(
    recorder: Recorder, *changes: Change, options: ExecutionOptions | None = None
) -> ExecutionReport:
    async with serving(recorder) as members:
        return await execute(Plan(changes=changes), members, options or OPTIONS)


def again(change: Change, observed: dict[str, Any] | None) -> Change:
    return compare(change.desired, observed, Context(cluster=change.cluster, fleet_id="f"))


OPTIONS = ExecutionOptions(
    recompare=again,
    redact=lambda text: text.replace("canary", "(sensitive)"),
    now=time.monotonic,
    poll_seconds=0.01,
    settle_seconds=0.1,
)


def creation(name: str, kind: str = "ConfigMap", cluster: str = "one") -> Change:
    group = {"Deployment": "apps/v1"}.get(kind, "v1")
    metadata = {"name": name} if kind == "Namespace" else {"name": name, "namespace": "s"}
    body = {"apiVersion": group, "kind": kind, "metadata": metadata}
    return compare(a_work(body, cluster), None, Context(cluster=cluster, fleet_id="f"))


def deletion(name: str, kind: str = "ConfigMap") -> Change:
    key = ObjectKey("", kind, "" if kind == "Namespace" else "s", name)
    return Change(cluster="one", key=key, action=Action.DELETE, api_version="v1", uid="u")


async def test_waves_follow_each_other_and_deletes_come_last() -> None:
    member = Recorder()
    changes = (
        deletion("old", "Namespace"),
        deletion("gone"),
        creation("web", "Deployment"),
        creation("settings"),
        creation("shop", "Namespace"),
    )
    await run(member, *changes)
    assert member.asked == [
        "apply Namespace/shop",
        "apply ConfigMap/settings",
        "apply Deployment/web",
        "delete ConfigMap/gone",
        "delete Namespace/old",
    ]


async def test_a_member_gets_no_more_at_once_than_allowed() -> None:
    member = Recorder()
    changes = (creation(f"c{number}") for number in range(50))
    report = await run(member, *changes, options=replace(OPTIONS, concurrency=3))
    assert report.count(Result.DONE) == 50
    assert member.most == 3


async def test_a_dead_member_is_given_up_and_another_is_not_slowed() -> None:
    changes = tuple(
        creation(f"c{number}", cluster=cluster)
        for number in range(20)
        for cluster in ("one", "two")
    )
    gone = member_at("two", free_port())
    async with serving(Recorder()) as members:
        report = await execute(
            Plan(changes=changes), {**members, "two": gone}, replace(OPTIONS, concurrency=2)
        )
    await gone.close()
    assert set(report.frozen) == {"two"}
    assert report.count(Result.FAILED) <= 2
    assert report.count(Result.DONE) == 20
    assert len(report.results) == 40


async def test_a_member_that_is_not_connected_is_frozen() -> None:
    report = await execute(Plan(changes=(creation("a"),)), {}, OPTIONS)
    assert set(report.frozen) == {"one"}
    assert report.count(Result.SKIPPED) == 1


async def test_conflicts_holds_and_unchanged_objects_ask_nothing() -> None:
    member = Recorder()
    changes = (
        replace(creation(action.value), action=action, reason="why")
        for action in (Action.CONFLICT, Action.HOLD, Action.UNCHANGED)
    )
    report = await run(member, *changes)
    assert member.asked == []
    assert {one.change.action: one.result for one in report.results} == {
        Action.CONFLICT: Result.CONFLICT,
        Action.HOLD: Result.SKIPPED,
        Action.UNCHANGED: Result.SKIPPED,
    }


async def test_one_object_fails_alone_and_says_no_secret() -> None:
    async def picky(name: str) -> web.Response:
        if name == "bad":
            return refused(422, "no canary")
        return reply({"kind": "ConfigMap", "metadata": {"name": name, "namespace": "s"}})

    report = await run(Recorder(picky), creation("bad"), creation("good"))
    failed = [one for one in report.results if one.result is Result.FAILED]
    assert [one.change.key.name for one in failed] == ["bad"]
    assert "canary" not in failed[0].message
    assert not report.frozen


async def test_an_object_nobody_can_make_sense_of_fails_alone() -> None:
    def broken(_change: Change, _observed: dict[str, Any] | None) -> Change:
        raise RecursionError("deep canary")

    bad = replace(creation("bad"), payload=b"")
    options = replace(OPTIONS, recompare=broken)
    report = await run(Recorder(), bad, creation("good"), options=options)
    failed = [one for one in report.results if one.result is Result.FAILED]
    assert [one.message for one in failed] == ["RecursionError: deep (sensitive)"]
    assert report.count(Result.DONE) == 1


async def test_preconditions_that_never_hold_end() -> None:
    async def moving(_name: str) -> web.Response:
        return refused(409, "modified", "Conflict")

    member = Recorder(moving)
    report = await run(member, creation("a"))
    assert report.count(Result.FAILED) == 1
    assert member.asked.count("apply ConfigMap/a") == OPTIONS.attempts


async def test_a_delete_that_began_is_recorded_though_the_run_is_cancelled() -> None:
    began = asyncio.Event()

    async def slow(_name: str) -> web.Response:
        began.set()
        await asyncio.sleep(0.05)
        return reply({"kind": "Status", "status": "Success"})

    heard: list[ChangeResult] = []
    options = replace(OPTIONS, record=heard.append)
    async with serving(Recorder(slow)) as members:
        task = asyncio.create_task(execute(Plan(changes=(deletion("gone"),)), members, options))
        await began.wait()
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
    assert [(one.change.key.name, one.result) for one in heard] == [("gone", Result.DONE)]


async def test_no_delete_begins_once_a_newer_commit_is_known() -> None:
    member = Recorder()
    options = replace(OPTIONS, concurrency=1, may_delete=lambda: not deletes_of(member))
    changes = (deletion("a"), deletion("b"), creation("c"))
    report = await run(member, *changes, options=options)
    assert len(deletes_of(member)) == 1
    left = [one for one in report.results if one.result is Result.SKIPPED]
    assert [one.message for one in left] == ["a newer commit is known; the next pass decides"]
    assert report.count(Result.DONE) == 2


@pytest.mark.parametrize("is_newest", [True, False])
async def test_a_delete_that_a_busy_server_refused_is_decided_anew(*, is_newest: bool) -> None:
    async def busy(_name: str) -> web.Response:
        if len(deletes_of(member)) == 1:
            return refused(429, "later", "TooManyRequests")
        return reply({"kind": "Status", "status": "Success"})

    async def wait(_seconds: float) -> None:
        waited.append(len(deletes_of(member)))

    waited: list[int] = []
    held = {"kind": "ConfigMap", "metadata": {"name": "a", "namespace": "s", "uid": "u"}}
    member = Recorder(busy, held={"a": held})
    options = replace(
        OPTIONS,
        recompare=lambda change, _observed: change,
        wait=wait,
        may_delete=lambda: is_newest or not waited,
    )
    report = await run(member, deletion("a"), options=options)
    assert waited == [1]
    again = ["delete ConfigMap/a"] if is_newest else []
    assert member.asked == ["delete ConfigMap/a", "get ConfigMap/a", *again]
    assert report.count(Result.DONE if is_newest else Result.SKIPPED) == 1


def deletes_of(member: Recorder) -> list[str]:
    return [one for one in member.asked if one.startswith("delete ")]


async def test_a_delete_of_what_is_gone_is_done() -> None:
    async def replaced(_name: str) -> web.Response:
        return refused(409, "uid", "Conflict")

    report = await run(Recorder(replaced), deletion("gone"))
    assert report.count(Result.DONE) == 1


async def test_a_bare_namespace_that_exists_by_now_is_done() -> None:
    async def exists(_name: str) -> web.Response:
        return refused(409, "exists", "AlreadyExists")

    key = ObjectKey("", "Namespace", "", "shop")
    payload = orjson.dumps({"kind": "Namespace", "metadata": {"name": "shop"}})
    bare = Change(cluster="one", key=key, action=Action.CREATE, api_version="v1", payload=payload)
    member = Recorder(exists)
    report = await run(member, bare)
    assert (report.count(Result.DONE), member.asked) == (1, ["create Namespace/shop"])


async def test_a_plan_without_payloads_is_decided_on_the_spot() -> None:
    member = Recorder()
    report = await run(member, replace(creation("a"), payload=b""))
    assert report.count(Result.DONE) == 1
    assert member.asked == ["get ConfigMap/a", "apply ConfigMap/a"]


async def test_an_object_that_is_changed_back_is_left_alone_for_longer_and_longer() -> None:
    now = 0.0
    options = replace(OPTIONS, fights=Fights(), now=lambda: now)
    change = replace(creation("a"), action=Action.UPDATE)

    async def once(change: Change) -> Result:
        return (await run(Recorder(), change, options=options)).results[0].result

    for _ in range(FREE_ROUNDS + 1):
        assert await once(change) is Result.DONE
    assert await once(change) is Result.SKIPPED
    now += FIRST_PAUSE_SECONDS
    assert await once(change) is Result.DONE
    now += FIRST_PAUSE_SECONDS
    assert await once(change) is Result.SKIPPED
    other = {
        "apiVersion": "v1",
        "kind": "ConfigMap",
        "metadata": {"name": "a", "namespace": "s"},
        "data": {"x": "1"},
    }
    assert await once(replace(change, desired=a_work(other))) is Result.DONE
