"""Slow, dead and hostile servers cost their own budget and nothing else."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any

import orjson
import pytest
from aiohttp import web

from reconciler.adapters.members.api import ApiMember
from reconciler.adapters.members.credentials import Credentials
from reconciler.adapters.members.observe import observe
from reconciler.adapters.members.opening import member_with
from reconciler.adapters.members.pacing import Breaker, Limits, Time, TokenBucket, backoff
from reconciler.model.cluster import Cluster
from reconciler.model.errors import MemberRefused, MemberUnreachable, NoCredentials
from reconciler.model.identity import ObjectKey
from reconciler.model.member import KindRef, ObjectRef
from tests.realcluster import free_port

Handler = Callable[[web.BaseRequest], Awaitable[web.StreamResponse]]
CONFIG_MAPS = KindRef(api_version="v1", kind="ConfigMap")
RESOURCES = {
    "kind": "APIResourceList",
    "groupVersion": "v1",
    "resources": [
        {"name": "configmaps", "kind": "ConfigMap", "namespaced": True, "verbs": ["list"]}
    ],
}
LIMITS = Limits(
    timeout_seconds=1, connect_seconds=1, response_bytes=10_000, attempts=2, backoff_seconds=0.01
)


def reply(body: Any, status: int = 200, **headers: str) -> web.Response:
    return web.Response(
        body=orjson.dumps(body), status=status, content_type="application/json", headers=headers
    )


def refusal(status: int, message: str, reason: str = "Invalid") -> web.Response:
    body = {"kind": "Status", "apiVersion": "v1", "message": message, "reason": reason}
    return reply(body, status)


@asynccontextmanager
async def against(handler: Handler, limits: Limits = LIMITS) -> AsyncIterator[ApiMember]:
    """A member whose server answers like this; discovery of ConfigMaps works."""

    async def answer(request: web.BaseRequest) -> web.StreamResponse:
        return reply(RESOURCES) if request.path == "/api/v1" else await handler(request)

    runner = web.ServerRunner(web.Server(answer), shutdown_timeout=0.1)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    bound: Any = runner.addresses[0]
    member = member_on(f"http://127.0.0.1:{bound[1]}", limits)
    try:
        yield member
    finally:
        await member.close()
        await runner.cleanup()


def member_on(url: str, limits: Limits = LIMITS) -> ApiMember:
    loop = asyncio.get_running_loop()
    return member_with(
        Cluster(name="evil"),
        Credentials(server=url, authorization="Bearer canary-token"),
        time=Time(now=loop.time, wait=asyncio.sleep, chance=lambda: 0.5),
        limits=limits,
        redact=lambda text: text.replace("canary-secret", "(sensitive)"),
    )


async def always(body: Any, _request: web.BaseRequest) -> web.Response:
    return reply(body)


def listing(*names: Any, **metadata: Any) -> dict[str, Any]:
    items = [{"metadata": {"name": name, "namespace": "s"}} for name in names]
    return {"kind": "ConfigMapList", "metadata": metadata, "items": items}


async def test_a_list_is_read_page_by_page() -> None:
    async def pages(request: web.BaseRequest) -> web.Response:
        if "continue" in request.query:
            return reply(listing("b", resourceVersion="9"))
        return reply(listing("a", **{"continue": "more"}))

    async with against(pages) as member:
        found = await member.list(CONFIG_MAPS)
    assert [item["metadata"]["name"] for item in found.items] == ["a", "b"]
    assert found.resource_version == "9"
    assert all(item["kind"] == "ConfigMap" and item["apiVersion"] == "v1" for item in found.items)


async def test_a_list_whose_pages_expired_begins_anew() -> None:
    expired = 0

    async def pages(request: web.BaseRequest) -> web.Response:
        nonlocal expired
        if "continue" in request.query:
            expired += 1
            return refusal(410, "too old", "Expired") if expired == 1 else reply(listing("b"))
        return reply(listing("a", **{"continue": "more"}))

    async with against(pages) as member:
        found = await member.list(CONFIG_MAPS)
    assert [item["metadata"]["name"] for item in found.items] == ["a", "b"]


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"kind": "ConfigMapList", "items": "none"},
        {"kind": "Pod", "items": []},
        listing(None),
        {"kind": "ConfigMapList", "items": [None]},
        {"kind": "ConfigMapList", "items": [{"metadata": {"name": "a", "namespace": 3}}]},
        {"kind": "ConfigMapList", "items": [{"metadata": []}]},
    ],
)
async def test_a_malformed_list_never_looks_empty(body: Any) -> None:
    async with against(lambda request: always(body, request)) as member:
        with pytest.raises(MemberRefused):
            await member.list(CONFIG_MAPS)


async def test_an_empty_list_may_be_null() -> None:
    body = {"kind": "ConfigMapList", "items": None}
    async with against(lambda request: always(body, request)) as member:
        assert (await member.list(CONFIG_MAPS)).items == ()


@pytest.mark.parametrize(
    "body",
    [
        {"kind": "Secret", "metadata": {"name": "a", "namespace": "s"}},
        {"kind": "ConfigMap", "metadata": {"name": "b", "namespace": "s"}},
        {"kind": "ConfigMap", "metadata": {"name": "a"}},
        {"kind": "ConfigMap"},
        {"kind": "Status", "status": "Success"},
    ],
)
async def test_another_object_than_asked_for_is_refused(body: Any) -> None:
    ref = ObjectRef(api_version="v1", key=ObjectKey("", "ConfigMap", "s", "a"))
    async with against(lambda request: always(body, request)) as member:
        with pytest.raises(MemberRefused):
            await member.get(ref)
        with pytest.raises(MemberRefused):
            await member.apply(ref, b"{}", force=True)


async def test_an_endless_body_is_cut() -> None:
    async def endless(request: web.BaseRequest) -> web.StreamResponse:
        response = web.StreamResponse()
        await response.prepare(request)
        while True:
            await response.write(b"[" * 4096)

    async with against(endless) as member:
        with pytest.raises(MemberRefused, match="more than 10000 bytes"):
            await member.list(CONFIG_MAPS)


@pytest.mark.parametrize("moving", [False, True])
async def test_a_list_without_end_is_cut(moving: bool) -> None:
    pages = 0

    async def more(_request: web.BaseRequest) -> web.Response:
        nonlocal pages
        pages += 1
        return reply(listing("a" * 1000, **{"continue": str(pages) if moving else "again"}))

    async with against(more, Limits(list_bytes=20_000)) as member:
        with pytest.raises(MemberRefused, match="without end"):
            await member.list(CONFIG_MAPS)
    assert pages == (19 if moving else 2)


async def test_a_redirect_is_not_followed() -> None:
    asked: list[str] = []

    async def elsewhere(request: web.BaseRequest) -> web.Response:
        asked.append(request.path)
        return web.Response(status=302, headers={"Location": "/secret"})

    async with against(elsewhere) as member:
        with pytest.raises(MemberRefused, match="redirect"):
            await member.list(CONFIG_MAPS)
    assert asked == ["/api/v1/configmaps"]


async def test_a_slow_server_is_unreachable_in_time() -> None:
    async def slow(_request: web.BaseRequest) -> web.Response:
        await asyncio.sleep(30)
        return reply({})

    limits = Limits(timeout_seconds=0.2, attempts=1)
    async with against(slow, limits) as member:
        with pytest.raises(MemberUnreachable):
            await member.list(CONFIG_MAPS)


async def test_what_a_server_says_is_redacted_and_printable() -> None:
    async def leaking(_request: web.BaseRequest) -> web.Response:
        return refusal(
            422, 'data "canary-secret" Bearer canary-token \x1b]52;c;x\x07\n' + "x" * 9000
        )

    limits = Limits(attempts=1)
    async with against(leaking, limits) as member:
        with pytest.raises(MemberRefused) as caught:
            await member.list(CONFIG_MAPS)
    text = str(caught.value)
    assert "canary" not in text
    assert text.isprintable()
    assert len(text) < 4200
    assert (caught.value.status, caught.value.reason) == (422, "Invalid")


async def test_a_token_that_is_not_accepted_is_missing_credentials() -> None:
    async def unauthorized(_request: web.BaseRequest) -> web.Response:
        return refusal(401, "Unauthorized", "Unauthorized")

    async with against(unauthorized) as member:
        with pytest.raises(NoCredentials):
            await member.list(CONFIG_MAPS)


async def test_reads_are_tried_again_and_writes_only_when_they_did_not_begin() -> None:
    seen: list[str] = []

    async def failing(request: web.BaseRequest) -> web.Response:
        seen.append(request.method)
        if len(seen) == 1:
            return reply({}, 503)
        return reply(listing("a"))

    ref = ObjectRef(api_version="v1", key=ObjectKey("", "ConfigMap", "s", "a"))
    async with against(failing) as member:
        await member.list(CONFIG_MAPS)
        assert seen == ["GET", "GET"]
        seen.clear()
        with pytest.raises(MemberRefused):
            await member.apply(ref, b"{}", force=True)
        assert seen == ["PATCH"]

    async def busy(request: web.BaseRequest) -> web.Response:
        seen.append(request.method)
        if len(seen) == 1:
            return reply({}, 429, **{"Retry-After": "0"})
        return reply({"kind": "ConfigMap", "metadata": {"name": "a", "namespace": "s"}})

    seen.clear()
    async with against(busy) as member:
        await member.apply(ref, b"{}", force=True)
    assert seen == ["PATCH", "PATCH"]


async def test_a_dead_server_is_left_alone_after_a_while() -> None:
    member = member_on(f"http://127.0.0.1:{free_port()}", Limits(attempts=1, failures_to_open=2))
    for _ in range(2):
        with pytest.raises(MemberUnreachable, match="did not answer"):
            await member.list(CONFIG_MAPS)
    with pytest.raises(MemberUnreachable, match="left alone"):
        await member.list(CONFIG_MAPS)
    await member.close()


async def test_a_probe_of_a_dead_or_sick_server_says_so() -> None:
    member = member_on(f"http://127.0.0.1:{free_port()}", Limits(attempts=1))
    facts = await member.probe()
    await member.close()
    ready = facts.condition("Ready")
    assert ready is not None
    assert (ready.status, ready.reason) == ("False", "ClusterNotReachable")

    async def sick(_request: web.BaseRequest) -> web.Response:
        return web.Response(status=500, text="[-]etcd failed")

    async with against(sick, Limits(attempts=1)) as member:
        ready = (await member.probe()).condition("Ready")
    assert ready is not None
    assert (ready.status, ready.reason) == ("False", "ClusterNotReady")


async def test_a_kind_that_is_not_served_has_no_objects_and_cannot_be_written() -> None:
    async def none(_request: web.BaseRequest) -> web.Response:
        return web.Response(status=404, text="404 page not found\n")

    ref = ObjectRef(api_version="x.io/v1", key=ObjectKey("x.io", "Thing", "s", "a"))
    async with against(none) as member:
        assert await observe(member, [ref]) == {}
        with pytest.raises(MemberRefused) as caught:
            await member.apply(ref, b"{}", force=True)
    assert caught.value.reason == "KindNotServed"


async def test_only_namespaces_are_listed_where_the_whole_cluster_is_forbidden() -> None:
    asked: list[str] = []

    async def narrow(request: web.BaseRequest) -> web.Response:
        asked.append(request.path)
        if request.path == "/api/v1/configmaps":
            return refusal(403, "no", "Forbidden")
        return reply(listing("a"))

    ref = ObjectRef(api_version="v1", key=ObjectKey("", "ConfigMap", "s", "a"))
    async with against(narrow) as member:
        assert set(await observe(member, [ref])) == {ref.key}
    assert asked == ["/api/v1/configmaps", "/api/v1/namespaces/s/configmaps"]


async def test_objects_are_read_singly_where_no_list_is_allowed() -> None:
    async def narrow(request: web.BaseRequest) -> web.Response:
        if request.path.endswith("configmaps"):
            return refusal(403, "no", "Forbidden")
        if request.path.endswith("gone"):
            return refusal(404, "no", "NotFound")
        return reply({"kind": "ConfigMap", "metadata": {"name": "a", "namespace": "s"}})

    here, gone = (
        ObjectRef(api_version="v1", key=ObjectKey("", "ConfigMap", "s", name))
        for name in ("a", "gone")
    )
    async with against(narrow) as member:
        assert set(await observe(member, [here], [gone])) == {here.key}


@pytest.mark.parametrize("status", [403, 500])
async def test_what_cannot_be_read_at_all_never_looks_empty(status: int) -> None:
    async def closed(_request: web.BaseRequest) -> web.Response:
        return refusal(status, "no", "Forbidden")

    ref = ObjectRef(api_version="v1", key=ObjectKey("", "ConfigMap", "s", "a"))
    async with against(closed) as member:
        with pytest.raises(MemberRefused):
            await observe(member, [ref])


async def test_a_kind_that_is_never_kept_has_no_objects() -> None:
    async def never(_request: web.BaseRequest) -> web.Response:
        return refusal(405, "no", "MethodNotAllowed")

    ref = ObjectRef(api_version="v1", key=ObjectKey("", "ConfigMap", "s", "a"))
    async with against(never) as member:
        assert await observe(member, [ref]) == {}


async def test_many_missing_objects_cost_one_list_of_names() -> None:
    asked: list[str] = []

    async def many(request: web.BaseRequest) -> web.Response:
        asked.append(request.path_qs)
        if "labelSelector" in request.query:
            return reply(listing())
        if request.path.endswith("configmaps"):
            body = listing("n3")
            return reply({**body, "kind": "PartialObjectMetadataList"})
        return reply({"kind": "ConfigMap", "metadata": {"name": "n3", "namespace": "s"}})

    refs = [
        ObjectRef(api_version="v1", key=ObjectKey("", "ConfigMap", "s", f"n{number}"))
        for number in range(50)
    ]
    async with against(many) as member:
        assert set(await observe(member, refs)) == {refs[3].key}
    assert len(asked) == 3


async def test_an_object_is_read_in_the_version_it_is_desired_in() -> None:
    """A list in one version of a kind holds the objects that are desired in another."""

    async def versions(request: web.BaseRequest) -> web.Response:
        version = request.path.split("/")[3]
        if request.path.count("/") == 3:
            resource = {"name": "things", "kind": "Thing", "namespaced": True}
            return reply({"resources": [resource]})
        items = [
            {"metadata": {"name": name, "namespace": "s"}, "from": version} for name in ("a", "b")
        ]
        return reply({"kind": "ThingList", "items": items})

    refs = [
        ObjectRef(api_version=f"x.io/{version}", key=ObjectKey("x.io", "Thing", "s", name))
        for name, version in (("a", "v1"), ("b", "v2"))
    ]
    async with against(versions) as member:
        found = await observe(member, refs)
    assert {key.name: body["from"] for key, body in found.items()} == {"a": "v1", "b": "v2"}


async def test_a_watch_ends_with_an_unknown_event() -> None:
    async def watched(_request: web.BaseRequest) -> web.Response:
        event = {"type": "ADDED", "object": {"metadata": {"name": "a"}}}
        return web.Response(body=orjson.dumps(event) + b'\n{"type":"EVIL","object":{}}\n')

    async with against(watched) as member:
        events = member.watch(CONFIG_MAPS)
        assert (await anext(events)).type == "ADDED"
        with pytest.raises(MemberRefused):
            await anext(events)


async def test_names_cannot_leave_their_place_in_the_url() -> None:
    asked: list[str] = []

    async def seen(request: web.BaseRequest) -> web.Response:
        asked.append(request.raw_path)
        return reply({}, 404)

    ref = ObjectRef(api_version="v1", key=ObjectKey("", "ConfigMap", "../x", "a/../../b?c#d"))
    async with against(seen) as member:
        assert await member.get(ref) is None
    assert asked == ["/api/v1/namespaces/..%2Fx/configmaps/a%2F..%2F..%2Fb%3Fc%23d"]


class Ticks:
    """Time that rises only by waiting."""

    def __init__(self) -> None:
        self.now = 0.0

    async def wait(self, seconds: float) -> None:
        self.now += seconds

    def time(self) -> Time:
        return Time(now=lambda: self.now, wait=self.wait, chance=lambda: 1.0)


async def test_the_bucket_lets_a_burst_through_and_then_a_rate() -> None:
    ticks = Ticks()
    bucket = TokenBucket(Limits(requests_per_second=10, burst=5), ticks.time())
    for _ in range(5):
        await bucket.take()
    assert ticks.now == 0
    for _ in range(20):
        await bucket.take()
    assert ticks.now == pytest.approx(2.0)


def test_the_breaker_lets_one_try_after_its_pause() -> None:
    ticks = Ticks()
    breaker = Breaker(Limits(failures_to_open=2, open_seconds=30), ticks.time())
    breaker.failed()
    breaker.check("m")
    breaker.failed()
    with pytest.raises(MemberUnreachable):
        breaker.check("m")
    ticks.now = 31
    breaker.check("m")
    with pytest.raises(MemberUnreachable):
        breaker.check("m")
    breaker.succeeded()
    breaker.check("m")


def test_backoff_doubles_with_full_jitter_up_to_a_limit() -> None:
    limits = Limits(backoff_seconds=1, backoff_most_seconds=5)
    assert [backoff(limits, attempt, 1.0) for attempt in range(4)] == [1, 2, 4, 5]
    assert backoff(limits, 3, 0.0) == 0
