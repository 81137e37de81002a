"""What befalls a hub whose members are real API servers: crashes, new tokens, new kinds, pushes."""

from __future__ import annotations

import asyncio
import json
import time
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import pytest

from reconciler.adapters.simulation import Endpoint
from reconciler.model.identity import ObjectKey
from reconciler.runtime.executor import Result
from tests.adapters.web import payloads
from tests.githttp import GitServer, serving
from tests.realcluster import RealApiServer, assets
from tests.stories.fleetbench import FleetBench, config_map, place, policy, written
from tests.stories.memberbench import RealServer
from tests.stories.servicebench import RunningHub, SourceRepo, eventually, running

pytestmark = [pytest.mark.cluster, pytest.mark.timeout(240)]

NAMES = ("one", "two")
CONFIG_MAPS = "/api/v1/namespaces/shop/configmaps"
WIDGETS = "/apis/example.io/v1/namespaces/shop/widgets"
DEFINITION = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions/widgets.example.io"
#: More than a hub sends to one member in its first seconds, so that a crash finds it at work.
MANY = 240
SYSTEM = "/api/v1/namespaces/kube-system"


@pytest.fixture(scope="module")
def members() -> Iterator[dict[str, RealApiServer]]:
    """Two API servers, started once for all stories."""
    binaries = assets()
    if binaries is None:
        pytest.skip("KUBEBUILDER_ASSETS names no folder with etcd and kube-apiserver")
    with ExitStack() as stack:
        yield {name: stack.enter_context(RealApiServer(binaries)) for name in NAMES}


@pytest.fixture(autouse=True)
def _clean(members: dict[str, RealApiServer]) -> Iterator[None]:
    """Every story finds members that hold nothing of another one."""
    yield
    for member in members.values():
        member.request("DELETE", CONFIG_MAPS)
        member.request("DELETE", DEFINITION)


@pytest.fixture
def bench(tmp_path: Path, members: dict[str, RealApiServer]) -> FleetBench:
    """A fleet of both members without any object; passes are made one by one."""
    return FleetBench(tmp_path, {name: RealServer(member) for name, member in members.items()})


@pytest.fixture
def source(tmp_path: Path, members: dict[str, RealApiServer]) -> SourceRepo:
    """A fleet of both members with one ConfigMap, for a service."""
    endpoints = {
        name: Endpoint(name=name, url=one.url, token=one.token) for name, one in members.items()
    }
    source = SourceRepo(tmp_path, endpoints)
    for name, member in members.items():
        bundle = source.credentials / "fleet" / name / "caBundle"
        bundle.write_text(member.ca_file.read_text())
    source.documents("policy.yaml", policy("all", ("v1", "ConfigMap")))
    set_level(source, "0")
    return source


def set_level(source: SourceRepo, value: str) -> str:
    """A commit with this level."""
    source.documents("settings.yaml", config_map("settings", level=value))
    return source.commit(f"level {value}")


def level(member: RealApiServer) -> str:
    """What the ConfigMap says there, `` when it is not there."""
    status, body = member.request("GET", place("ConfigMap", "settings"))
    return str(body["data"]["level"]) if status == 200 else ""


def settled(hub: RunningHub, members: dict[str, RealApiServer], wanted: str = "0") -> None:
    """Wait until every member has this level and the pass is over."""
    eventually(lambda: all(level(member) == wanted for member in members.values()), every=0.2)
    eventually(lambda: hub.get("/readyz")[0] == 200)


def held(member: RealApiServer) -> dict[str, str]:
    """UIDs of the numbered ConfigMaps there, by name."""
    _, listed = member.request("GET", CONFIG_MAPS)
    found = (item["metadata"] for item in listed["items"])
    return {one["name"]: one["uid"] for one in found if one["name"].startswith("many-")}


def deletes(member: RealApiServer) -> int:
    """Requests to delete something in the namespace of the stories, whoever sent them."""
    lines = member.audit_log.read_text().splitlines()
    return sum('"verb":"delete' in line and '"namespace":"shop"' in line for line in lines)


@contextmanager
def no_deletes(members: dict[str, RealApiServer]) -> Iterator[None]:
    """Nothing inside may delete."""
    before = {name: deletes(member) for name, member in members.items()}
    yield
    assert {name: deletes(member) for name, member in members.items()} == before


async def test_a_server_that_dies_in_the_middle_of_an_apply_is_caught_up(
    bench: FleetBench, members: dict[str, RealApiServer]
) -> None:
    names = {f"many-{number}" for number in range(MANY)}
    bench.write_documents("many.yaml", *(config_map(name, value="1") for name in sorted(names)))
    bench.write_documents("policy.yaml", policy("all", ("v1", "ConfigMap")))
    bench.commit("many")
    dying, other = members["one"], members["two"]
    with no_deletes(members):
        applying = asyncio.create_task(bench.apply())
        await asyncio.to_thread(eventually, lambda: len(held(dying)) > MANY // 8)
        assert not applying.done()
        await asyncio.to_thread(dying.kill)
        done = await applying
        assert done.has_failures
        assert held(other).keys() == names, "the other member does not wait for it"

        await asyncio.to_thread(dying.restart)
        kept = held(dying)
        assert 0 < len(kept) < MANY
        done = await bench.apply()
        assert not done.has_failures
        assert {action for _, action, _ in written(done)} == {"create"}
        assert {cluster for cluster, _, _ in written(done)} == {"one"}
        after = held(dying)
        assert after.keys() == names
        assert {name: after[name] for name in kept} == kept, "what stood there stands there"

        assert not written(await bench.apply())
    assert bench.summary()["everythingApplied"] is True

    # What is counted as a deletion is one when Git wants it.
    before = deletes(dying)
    names.remove("many-0")
    bench.write_documents("many.yaml", *(config_map(name, value="1") for name in sorted(names)))
    done = await bench.apply_commit("one less")
    assert ("one", "delete", "ConfigMap shop/many-0") in written(done)
    assert deletes(dying) > before


async def test_a_definition_and_its_instances_land_in_one_pass(
    bench: FleetBench, members: dict[str, RealApiServer]
) -> None:
    widgets = {f"widget-{number}": number for number in range(3)}
    # The instances come first in the repo, and their names sort before the definition's.
    bench.write_documents("a/widgets.yaml", *(widget(*one) for one in widgets.items()))
    bench.write_documents("b/definition.yaml", definition())
    bench.write_documents("policies.yaml", policy("widgets", ("example.io/v1", "Widget")))
    bench.write_documents("definitions.yaml", definitions_everywhere())
    with no_deletes(members):
        done = await bench.apply_commit("a new kind")
        assert not done.has_failures, done.diagnostics
        for name, member in members.items():
            _, listed = member.request("GET", WIDGETS)
            found = {one["metadata"]["name"]: one["spec"]["size"] for one in listed["items"]}
            assert found == widgets
            for widget_name in widgets:
                key = ObjectKey("example.io", "Widget", "shop", widget_name)
                assert (name, "create", str(key)) in written(done)
        assert done.execution.count(Result.FAILED) == 0

        assert not written(await bench.apply())


def definition() -> dict[str, Any]:
    """The CustomResourceDefinition of Widgets."""
    size = {"type": "object", "properties": {"size": {"type": "integer"}}}
    schema = {"type": "object", "properties": {"spec": size}}
    return {
        "apiVersion": "apiextensions.k8s.io/v1",
        "kind": "CustomResourceDefinition",
        "metadata": {"name": "widgets.example.io"},
        "spec": {
            "group": "example.io",
            "scope": "Namespaced",
            "names": {
                "kind": "Widget",
                "listKind": "WidgetList",
                "plural": "widgets",
                "singular": "widget",
            },
            "versions": [
                {
                    "name": "v1",
                    "served": True,
                    "storage": True,
                    "schema": {"openAPIV3Schema": schema},
                }
            ],
        },
    }


def definitions_everywhere() -> dict[str, Any]:
    """Definitions have no namespace, so a policy of the whole fleet places them."""
    version = "apiextensions.k8s.io/v1"
    return {
        "apiVersion": "policy.karmada.io/v1alpha1",
        "kind": "ClusterPropagationPolicy",
        "metadata": {"name": "definitions"},
        "spec": {
            "resourceSelectors": [{"apiVersion": version, "kind": "CustomResourceDefinition"}],
            "placement": {},
        },
    }


def widget(name: str, size: int) -> dict[str, Any]:
    """A Widget as people write it."""
    return {
        "apiVersion": "example.io/v1",
        "kind": "Widget",
        "metadata": {"name": name, "namespace": "shop"},
        "spec": {"size": size},
    }


def test_a_token_is_rotated_under_a_running_service(
    source: SourceRepo, members: dict[str, RealApiServer]
) -> None:
    member = members["one"]
    make_robot(member)
    old, new = issued(member, "first"), issued(member, "second")
    file = source.credentials / "fleet" / "one" / "token"
    replace_text(file, old)
    with running(RunningHub(source)) as hub, no_deletes(members):
        settled(hub, members)
        process = hub.process
        replace_text(file, new)
        revoke(member, "first")
        eventually(refuses(member, old), every=0.2)
        set_level(source, "1")
        began = time.monotonic()
        settled(hub, members, "1")
        assert time.monotonic() - began < 8, "before the next probe was due"
        assert member.request("GET", CONFIG_MAPS, token=new)[0] == 200
        assert hub.process is process
        assert process is not None
        assert process.poll() is None
        shown = hub.log_file.read_text()
    assert old not in shown
    assert new not in shown


def make_robot(member: RealApiServer) -> None:
    """The ServiceAccount that a hub is at this member."""
    account = {"apiVersion": "v1", "kind": "ServiceAccount", "metadata": {"name": "robot"}}
    assert member.request("POST", f"{SYSTEM}/serviceaccounts", account)[0] == 201
    binding = {
        "apiVersion": "rbac.authorization.k8s.io/v1",
        "kind": "ClusterRoleBinding",
        "metadata": {"name": "robot"},
        "roleRef": {
            "apiGroup": "rbac.authorization.k8s.io",
            "kind": "ClusterRole",
            "name": "cluster-admin",
        },
        "subjects": [{"kind": "ServiceAccount", "name": "robot", "namespace": "kube-system"}],
    }
    bindings = "/apis/rbac.authorization.k8s.io/v1/clusterrolebindings"
    assert member.request("POST", bindings, binding)[0] == 201


def issued(member: RealApiServer, name: str) -> str:
    """A token of the robot that counts as long as the Secret of this name is there."""
    secret = {"apiVersion": "v1", "kind": "Secret", "metadata": {"name": name}}
    assert member.request("POST", f"{SYSTEM}/secrets", secret)[0] == 201
    bound = {"apiVersion": "v1", "kind": "Secret", "name": name}
    request = {
        "apiVersion": "authentication.k8s.io/v1",
        "kind": "TokenRequest",
        "spec": {"audiences": ["api"], "boundObjectRef": bound},
    }
    status, body = member.request("POST", f"{SYSTEM}/serviceaccounts/robot/token", request)
    assert status == 201, body
    return str(body["status"]["token"])


def revoke(member: RealApiServer, name: str) -> None:
    """The token of this Secret does not count any more, once the server has forgotten it."""
    assert member.request("DELETE", f"{SYSTEM}/secrets/{name}")[0] == 200


def refuses(member: RealApiServer, token: str) -> Callable[[], bool]:
    """Whether a member does not know this token any more."""
    return lambda: member.request("GET", CONFIG_MAPS, token=token)[0] == 401


def replace_text(file: Path, text: str) -> None:
    """As secrets are replaced: never half there."""
    fresh = file.with_suffix(".new")
    fresh.write_text(text)
    fresh.replace(file)


def test_a_push_to_github_reaches_the_members(
    source: SourceRepo, members: dict[str, RealApiServer], tmp_path: Path
) -> None:
    bare = tmp_path / "bare.git"
    source.git("clone", "-q", "--bare", str(source.repo), str(bare))
    environment = {
        "RECONCILER_WEBHOOK_SECRET": payloads.SECRET,
        "RECONCILER_WEBHOOK_URLS": payloads.URL,
    }
    # A repository on this machine would be watched; one behind HTTP tells of nothing by itself.
    with serving(GitServer(tmp_path)) as host:
        hub = RunningHub(source, ("--interval=3600",), environment, repo=host.url(bare.name))
        with running(hub), no_deletes(members):
            settled(hub, members)
            before = source.git("rev-parse", "HEAD").strip()
            commit = set_level(source, "1")
            source.git("push", "-q", str(bare), "main")
            time.sleep(2)
            assert {level(member) for member in members.values()} == {"0"}, "nobody told it yet"

            pushed = {**payloads.GITHUB, "before": before, "after": commit}
            assert deliver(hub, pushed) == 202
            settled(hub, members, "1")
            passes = eventually(
                lambda: [one for one in hub.lines("pass") if one["commit"] == commit]
            )
            assert all("error" not in one for one in passes)


def deliver(hub: RunningHub, payload: dict[str, Any]) -> int:
    """The status of a delivery as GitHub sends it."""
    body = json.dumps(payload).encode()
    request = urllib.request.Request(
        f"http://127.0.0.1:{hub.port}/webhook/github",
        data=body,
        headers={"Content-Type": "application/json", **payloads.headers("github", body)},
    )
    with urllib.request.urlopen(request, timeout=10) as answer:  # noqa: S310 - ours
        return int(answer.status)
