"""ApiMember against API servers of several versions: one suite, real and simulated."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import orjson
import pytest

from reconciler.adapters.members.api import ApiMember
from reconciler.adapters.members.opening import open_member
from reconciler.adapters.members.pacing import Limits, loop_time
from reconciler.model.cluster import Cluster, ResourceModel, ResourceRange
from reconciler.model.errors import MemberRefused, NoCredentials
from reconciler.model.identity import ObjectKey
from reconciler.model.member import KindRef, ObjectRef, PatchType, WatchEvent
from reconciler.model.quantity import Quantity
from tests.realcluster import VIEW_TOKEN, RealApiServer
from tests.stories.memberbench import RealServer, Server, SimulatedServer

CONFIG_MAPS = KindRef(api_version="v1", kind="ConfigMap", namespace="contract")
FIRST = ObjectRef(api_version="v1", key=ObjectKey("", "ConfigMap", "contract", "first"))


@pytest.fixture(params=["1.20", "1.36", pytest.param("real", marks=pytest.mark.cluster)])
def server(request: pytest.FixtureRequest) -> Iterator[Server]:
    if request.param != "real":
        with SimulatedServer.running(request.param) as simulated:
            yield prepared(simulated)
        return
    real: RealApiServer = request.getfixturevalue("real_api_server")
    found = prepared(RealServer(real))
    yield found
    _, listing = found.request("GET", "/api/v1/namespaces/contract/configmaps")
    for item in listing["items"]:
        name = item["metadata"]["name"]
        found.request("DELETE", f"/api/v1/namespaces/contract/configmaps/{name}")


def prepared(server: Server) -> Server:
    namespace = {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "contract"}}
    server.request("POST", "/api/v1/namespaces", namespace)
    return server


def credentials(root: Path, server: Server, token: str) -> Path:
    entry = root / "fleet" / "one"
    entry.mkdir(parents=True)
    (entry / "token").write_text(token)
    if server.ca_pem():
        (entry / "caBundle").write_text(server.ca_pem())
    return root


def opened(server: Server, root: Path, **more: Any) -> ApiMember:
    return open_member(
        Cluster(name="one", api_endpoint=server.url, secret_ref=("fleet", "one"), **more),
        root,
        time=loop_time(lambda: 0.5),
        limits=Limits(page_size=2, attempts=1),
        redact=lambda text: text,
    )


@pytest.fixture
async def member(server: Server, tmp_path: Path) -> AsyncIterator[ApiMember]:
    found = opened(server, credentials(tmp_path, server, server.token))
    yield found
    await found.close()


def body(name: str = "first", **data: str) -> bytes:
    return orjson.dumps(
        {
            "apiVersion": "v1",
            "kind": "ConfigMap",
            "metadata": {"name": name, "namespace": "contract"},
            "data": data,
        }
    )


async def test_a_probe_tells_version_kinds_and_identity(member: ApiMember) -> None:
    facts = await member.probe()
    assert facts.kubernetes_version.startswith("v")
    assert facts.serves("apps/v1", "Deployment")
    assert facts.serves("v1", "ConfigMap")
    assert not facts.serves("apps/v1", "Nothing")
    assert facts.resources["apps/v1", "Deployment"] == ("deployments", True)
    assert facts.resources["v1", "Namespace"] == ("namespaces", False)
    assert not any("/" in plural for plural, _ in facts.resources.values())
    ready, complete = facts.condition("Ready"), facts.condition("CompleteAPIEnablements")
    assert ready is not None
    assert ready.status == "True"
    assert complete is not None
    assert complete.status == "True"
    assert facts.uid == (await member.probe()).uid


async def test_apply_get_list_and_pages(member: ApiMember) -> None:
    assert await member.get(FIRST) is None
    made = await member.apply(FIRST, body(a="1"), force=True)
    assert made["metadata"]["managedFields"][0]["manager"] == "reconciler"
    assert (await member.get(FIRST) or {})["data"] == {"a": "1"}
    for number in range(5):
        ref = ObjectRef(api_version="v1", key=ObjectKey("", "ConfigMap", "contract", f"m{number}"))
        await member.apply(ref, body(f"m{number}", a="1"), force=True)
    names = {item["metadata"]["name"] for item in (await member.list(CONFIG_MAPS)).items}
    assert names >= {"first", "m0", "m4"}
    only = await member.list(CONFIG_MAPS, metadata_only=True)
    assert all("data" not in item for item in only.items)
    assert len(only.items) == len(names)


async def test_a_dry_run_changes_nothing(member: ApiMember) -> None:
    made = await member.apply(FIRST, body(a="1"), force=True, dry_run=True)
    assert made["data"] == {"a": "1"}
    assert await member.get(FIRST) is None


async def test_create_update_and_patch(member: ApiMember) -> None:
    made = await member.create(FIRST, body(a="1"))
    with pytest.raises(MemberRefused) as caught:
        await member.create(FIRST, body(a="1"))
    assert (caught.value.status, caught.value.reason) == (409, "AlreadyExists")
    made["data"] = {"a": "2"}
    put = await member.update(FIRST, orjson.dumps(made))
    assert put["data"] == {"a": "2"}
    with pytest.raises(MemberRefused) as caught:
        await member.update(FIRST, orjson.dumps(made))
    assert (caught.value.status, caught.value.reason) == (409, "Conflict")
    patch = orjson.dumps({"data": {"b": "3"}})
    assert (await member.patch(FIRST, patch, PatchType.MERGE))["data"] == {"a": "2", "b": "3"}


async def test_a_stale_apply_is_refused(member: ApiMember) -> None:
    made = await member.apply(FIRST, body(a="1"), force=True)
    await member.apply(FIRST, body(a="2"), force=True)
    stale = orjson.loads(body(a="3"))
    stale["metadata"]["resourceVersion"] = made["metadata"]["resourceVersion"]
    with pytest.raises(MemberRefused) as caught:
        await member.apply(FIRST, orjson.dumps(stale), force=True)
    assert caught.value.status == 409


async def test_a_delete_hits_only_the_object_it_saw(member: ApiMember) -> None:
    old = (await member.apply(FIRST, body(a="1"), force=True))["metadata"]
    new = (await member.apply(FIRST, body(a="2"), force=True))["metadata"]
    for uid, version in ((old["uid"], old["resourceVersion"]), ("other", new["resourceVersion"])):
        with pytest.raises(MemberRefused) as caught:
            await member.delete(FIRST, uid=uid, resource_version=version)
        assert caught.value.status == 409
    seen = {"uid": new["uid"], "resource_version": new["resourceVersion"]}
    await member.delete(FIRST, **seen, dry_run=True)
    assert await member.get(FIRST) is not None
    await member.delete(FIRST, **seen)
    assert await member.get(FIRST) is None
    await member.delete(FIRST, **seen)


async def test_a_watch_tells_what_happens(member: ApiMember) -> None:
    start = (await member.list(CONFIG_MAPS)).resource_version
    events: list[WatchEvent] = []

    async def follow() -> None:
        async for event in member.watch(CONFIG_MAPS, resource_version=start):
            if event.type != "BOOKMARK":
                events.append(event)
            if len(events) == 3:
                return

    task = asyncio.create_task(follow())
    made = await member.apply(FIRST, body(a="1"), force=True)
    made = await member.apply(FIRST, body(a="2"), force=True)
    metadata = made["metadata"]
    await member.delete(FIRST, uid=metadata["uid"], resource_version=metadata["resourceVersion"])
    await asyncio.wait_for(task, 20)
    assert [event.type for event in events] == ["ADDED", "MODIFIED", "DELETED"]


async def test_a_kind_that_is_not_served_is_said(member: ApiMember) -> None:
    for version, kind in (("nope.example/v1", "Thing"), ("v1", "Thing")):
        with pytest.raises(MemberRefused) as caught:
            await member.list(KindRef(api_version=version, kind=kind))
        assert caught.value.reason == "KindNotServed"


async def test_what_is_invalid_is_refused_with_its_reason(member: ApiMember) -> None:
    ref = ObjectRef(api_version="v1", key=ObjectKey("", "ConfigMap", "contract", "Not_A_Name"))
    with pytest.raises(MemberRefused) as caught:
        await member.apply(ref, body("Not_A_Name"), force=True)
    assert (caught.value.status, caught.value.reason) == (422, "Invalid")


async def test_a_wrong_token_is_no_credential(server: Server, tmp_path: Path) -> None:
    member = opened(server, credentials(tmp_path, server, "wrong"))
    with pytest.raises((NoCredentials, MemberRefused)):
        await member.probe()
    with pytest.raises(NoCredentials):
        await member.list(CONFIG_MAPS)
    await member.close()


async def test_a_token_without_rights_is_refused(server: Server, tmp_path: Path) -> None:
    member = opened(server, credentials(tmp_path, server, VIEW_TOKEN))
    with pytest.raises(MemberRefused) as caught:
        await member.list(CONFIG_MAPS)
    assert (caught.value.status, caught.value.reason) == (403, "Forbidden")
    await member.close()


async def test_nodes_and_pods_become_a_summary(server: Server, tmp_path: Path) -> None:
    node = {
        "apiVersion": "v1",
        "kind": "Node",
        "metadata": {"name": "contract-node"},
    }
    server.request("POST", "/api/v1/nodes", node)
    status = {
        "status": {
            "allocatable": {"cpu": "4", "memory": "8Gi", "pods": "10"},
            "conditions": [{"type": "Ready", "status": "True"}],
        }
    }
    path = "/api/v1/nodes/contract-node"
    server.request("PATCH", f"{path}/status", status, content_type="application/merge-patch+json")
    grades = tuple(
        ResourceModel(
            grade=grade,
            ranges=(ResourceRange(name="cpu", min=Quantity.of(low), max=Quantity.of(high)),),
        )
        for grade, low, high in ((0, 0, 2), (1, 2, 100))
    )
    member = opened(server, credentials(tmp_path, server, server.token), resource_models=grades)
    facts = await member.probe()
    await member.close()
    server.request("DELETE", path)
    assert facts.nodes_total >= 1
    summary = facts.resource_summary
    assert summary is not None
    assert summary.allocatable["cpu"] >= Quantity.of(4)
    assert [one.grade for one in summary.modelings] == [0, 1]
    assert sum(one.count for one in summary.modelings) == facts.nodes_total
