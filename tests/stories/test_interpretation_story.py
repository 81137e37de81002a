"""Kinds that scripts and webhooks interpret, in whole passes on simulated members.

Whatever an interpreter does, the rest of the fleet is reconciled, and its own objects are left as
they are.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from reconciler.model.identity import ObjectKey
from reconciler.runtime.offline import Planner
from reconciler.runtime.repository import FleetRepository
from tests.adapters.interpreterhook import hook
from tests.interpret.bodies import a_customization
from tests.stories.fleetbench import (
    CONFIG,
    FleetBench,
    codes,
    config_map,
    deployment,
    place,
    policy,
    written,
)
from tests.stories.memberbench import CountingFleet, Server, SimulatedServer

WEB = ObjectKey("apps", "Deployment", "shop", "web")
WIDGET = ObjectKey("example.io", "Widget", "shop", "w")
NAMES = ("one", "two")
KINDS = (("apps/v1", "Deployment"), ("v1", "ConfigMap"), ("example.io/v1", "Widget"))
STATUS = "status/shop/example.io/Widget/w.yaml"
WIDGETS = "/apis/example.io/v1/namespaces/shop/widgets"
DIVIDED = {
    "replicaScheduling": {
        "replicaSchedulingType": "Divided",
        "replicaDivisionPreference": "Weighted",
    }
}

#: What hostile scripts try, by the field that runs them.
HOSTILE = {
    "an endless loop": "while true do end",
    "pattern backtracking": "string.find(string.rep('a', 4000), string.rep('.-', 6) .. 'b')",
    "a pcall loop": "while true do pcall(function() while true do end end) end",
    "memory growth": "local t = {} while true do t[#t + 1] = string.rep('x', 1000) end",
    "a string.rep bomb": "return string.rep('x', 1e9)",
    "os access": "return os.execute('true')",
    "io access": "return io.open('/etc/passwd')",
    "a metatable escape": "getmetatable('').__index = nil",
    "recursion": "local function f() return 1 + f() end return f()",
    "an error in the error handler": "xpcall(error, function() error('x') end) error('y')",
    "a coroutine": "coroutine.wrap(function() while true do end end)()",
    "a wrong type": "return {}, {}",
}


@pytest.fixture(scope="module")
def servers() -> Iterator[dict[str, Server]]:
    """Two simulated members that serve Widgets."""
    fleets = {name: CountingFleet([name], version="1.30") for name in NAMES}
    found: dict[str, Server] = {}
    for name, fleet in fleets.items():
        found[name] = SimulatedServer(fleet, fleet.start()[name])
        status, body = found[name].request(
            "POST", "/apis/apiextensions.k8s.io/v1/customresourcedefinitions", definition()
        )
        assert status == 201, body
    yield found
    for fleet in fleets.values():
        fleet.stop()


@pytest.fixture
def bench(tmp_path: Path, servers: dict[str, Server]) -> Iterator[FleetBench]:
    """A Deployment, a ConfigMap and a Widget for both members."""
    kinds = "kinds: {example.io/Widget: Namespaced}\n"
    bench = FleetBench(tmp_path, servers, config=CONFIG + kinds)
    bench.write_documents("web.yaml", deployment("web"))
    bench.write_documents("settings.yaml", config_map("settings", level="info"))
    bench.write_documents("widget.yaml", widget(4))
    bench.write_documents("policy.yaml", policy("all", *KINDS))
    yield bench
    for server in servers.values():
        server.request("DELETE", f"{WIDGETS}/w")
        for kind, name in (("Deployment", "web"), ("ConfigMap", "settings"), ("ConfigMap", "cm")):
            server.request("DELETE", place(kind, name))


def definition() -> dict[str, Any]:
    """The CustomResourceDefinition of Widgets."""
    schema = {"type": "object", "x-kubernetes-preserve-unknown-fields": True}
    return {
        "apiVersion": "apiextensions.k8s.io/v1",
        "kind": "CustomResourceDefinition",
        "metadata": {"name": "widgets.example.io"},
        "spec": {
            "group": "example.io",
            "scope": "Namespaced",
            "names": {"kind": "Widget", "plural": "widgets"},
            "versions": [
                {
                    "name": "v1",
                    "served": True,
                    "storage": True,
                    "subresources": {"status": {}},
                    "schema": {"openAPIV3Schema": schema},
                }
            ],
        },
    }


def widget(size: int) -> dict[str, Any]:
    """A Widget as people write it."""
    return {
        "apiVersion": "example.io/v1",
        "kind": "Widget",
        "metadata": {"name": "w", "namespace": "shop"},
        "spec": {"size": size},
    }


def live(bench: FleetBench, name: str) -> Any:
    """The Widget on a member, None where it is not."""
    status, body = bench.servers[name].request("GET", f"{WIDGETS}/w")
    return body if status == 200 else None


def rest_is_there(bench: FleetBench) -> bool:
    """Whether everything but the Widget stands on every member."""
    return all(
        server.request("GET", place(kind, name))[0] == 200
        for server in bench.servers.values()
        for kind, name in (("Deployment", "web"), ("ConfigMap", "settings"))
    )


def failing_row(bench: FleetBench) -> Any:
    """What the summary says of the Widget."""
    (row,) = (one for one in bench.summary()["failing"] if one["object"] == str(WIDGET))
    return row


# Scripts.


def failing(script: str, *fields: str) -> dict[str, Any]:
    """A customization of Widgets whose functions all do this."""
    functions = {
        "replicaResource": "GetReplicas",
        "healthInterpretation": "InterpretHealth",
        "statusReflection": "ReflectStatus",
        "retention": "Retain",
        "dependencyInterpretation": "GetDependencies",
    }
    return a_customization(
        {field: f"function {functions[field]}(a, b) {script} end" for field in fields}
    )


@pytest.mark.parametrize("script", HOSTILE.values(), ids=HOSTILE.keys())
async def test_a_hostile_script_stops_its_kind_and_nothing_else(
    bench: FleetBench, script: str
) -> None:
    await bench.apply_commit("open the shop")
    bench.write_documents("custom.yaml", failing(script, "replicaResource"))
    bench.write_documents("widget.yaml", widget(5))
    bench.write_documents("web.yaml", deployment("web", image="shop/web:2"))
    begun = time.monotonic()
    done = await bench.apply_commit("customize")
    assert time.monotonic() - begun < 20
    assert written(done) == {(name, "update", str(WEB)) for name in NAMES}
    assert codes(done) == {"RC052"}
    assert [live(bench, name)["spec"]["size"] for name in NAMES] == [4, 4]
    assert rest_is_there(bench)
    assert bench.summary()["frozen"] == [str(WIDGET)]
    bench.remove("custom.yaml")
    done = await bench.apply_commit("take it back")
    assert written(done) == {(name, "update", str(WIDGET)) for name in NAMES}


async def test_hostile_health_and_reflection_leave_the_object_unknown(bench: FleetBench) -> None:
    script = HOSTILE["an endless loop"]
    fields = ("healthInterpretation", "statusReflection")
    bench.write_documents("custom.yaml", failing(script, *fields))
    done = await bench.apply_commit()
    assert rest_is_there(bench)
    assert not done.has_failures
    document = bench.document("reconciler/status", STATUS)
    assert document["fullyApplied"] is True
    assert document["health"] == "Unknown"
    assert {one.code for one in done.diagnostics} == {"RC056"}
    assert bench.summary()["everythingApplied"] is True


async def test_a_script_that_does_not_compile_is_said_at_its_document(bench: FleetBench) -> None:
    document = a_customization({"replicaResource": "function GetReplicas(obj) retrun 1 end"})
    bench.write_documents("custom.yaml", document)
    done = await bench.apply_commit()
    found = {one.code: one for one in done.diagnostics}
    assert found["RC054"].position.path == "custom.yaml"
    assert "does not compile" in found["RC054"].message
    assert rest_is_there(bench)
    assert live(bench, "one") is None


async def test_hostile_retention_leaves_the_object_as_it_is(bench: FleetBench) -> None:
    await bench.apply_commit()
    bench.write_documents("custom.yaml", failing(HOSTILE["an endless loop"], "retention"))
    bench.write_documents("widget.yaml", widget(5))
    bench.write_documents("web.yaml", deployment("web", image="shop/web:2"))
    done = await bench.apply_commit()
    assert written(done) == {(name, "update", str(WEB)) for name in NAMES}
    assert [live(bench, name)["spec"]["size"] for name in NAMES] == [4, 4]
    assert failing_row(bench)["state"] == "NotApplied"


async def test_a_failing_dependency_script_keeps_what_was_required(bench: FleetBench) -> None:
    bench.write_documents("cm.yaml", config_map("cm", a="b"))
    reference = "{apiVersion = 'v1', kind = 'ConfigMap', namespace = 'shop', name = 'cm'}"
    good = f"return {{{reference}}}"
    bench.write_documents("custom.yaml", failing(good, "dependencyInterpretation"))
    bench.write_documents(
        "policy.yaml",
        policy("all", KINDS[0], KINDS[2], propagateDeps=True),
    )
    await bench.apply_commit()
    assert bench.servers["one"].request("GET", place("ConfigMap", "cm"))[0] == 200
    bench.write_documents("custom.yaml", failing("error('no')", "dependencyInterpretation"))
    done = await bench.apply_commit()
    assert written(done) == set()
    assert bench.servers["one"].request("GET", place("ConfigMap", "cm"))[0] == 200
    assert codes(done) == {"RC052"}


async def test_no_secret_is_repeated_by_a_script(bench: FleetBench) -> None:
    hidden = "aHVudGVyMi1odW50ZXIy"
    bench.write_documents(
        "secret.yaml",
        {
            "apiVersion": "v1",
            "kind": "Secret",
            "metadata": {"name": "key", "namespace": "shop"},
            "data": {"token": hidden},
        },
    )
    leak = a_customization(
        {
            "replicaResource": "function GetReplicas(obj) error(obj.data.token) end",
        },
        api_version="v1",
        kind="Secret",
    )
    bench.write_documents("custom.yaml", leak)
    bench.write_documents("policy.yaml", policy("all", *KINDS, ("v1", "Secret")))
    done = await bench.apply_commit()
    assert codes(done) == {"RC052"}
    assert hidden not in repr(done.diagnostics)
    assert rest_is_there(bench)
    for branch in ("reconciler/status", "reconciler/state"):
        assert hidden not in bench.git("grep", "-h", "", branch)


# Webhooks.


def replicas_by_size(request: dict[str, Any]) -> dict[str, Any]:
    """A webhook that knows Widgets."""
    body = request["object"]
    if request["operation"] == "InterpretReplica":
        return {"replicas": body["spec"]["size"]}
    if request["operation"] == "InterpretHealth":
        return {"healthy": body["spec"]["size"] > 1}
    return {}


async def test_a_webhook_decides_replicas_and_health(bench: FleetBench, tmp_path: Path) -> None:
    bench.write_documents("policy.yaml", policy("all", *KINDS, placement=DIVIDED))
    with hook(tmp_path, replicas_by_size) as running:
        operations = ("InterpretReplica", "InterpretHealth")
        bench.write_documents("hook.yaml", running.configuration("Widget", *operations))
        done = await bench.apply_commit()
        assert not done.has_failures
        binding = bench.document("reconciler/state", "bindings/shop/example.io/Widget/w.yaml")
        assert [one["replicas"] for one in binding["spec"]["clusters"]] == [2, 2]
        document = bench.document("reconciler/status", STATUS)
        assert document["health"] == "Healthy"
        asked = len(running.asked)
        assert written(await bench.apply()) == set()
        assert len(running.asked) == asked


async def test_a_silent_webhook_freezes_its_objects_only(bench: FleetBench, tmp_path: Path) -> None:
    await bench.apply_commit("open the shop")
    with hook(tmp_path, replicas_by_size) as running:
        configuration = running.configuration("Widget", "InterpretReplica")
    bench.write_documents("hook.yaml", configuration)
    bench.write_documents("widget.yaml", widget(5))
    bench.write_documents("web.yaml", deployment("web", image="shop/web:2"))
    done = await bench.apply_commit()
    assert written(done) == {(name, "update", str(WEB)) for name in NAMES}
    assert [live(bench, name)["spec"]["size"] for name in NAMES] == [4, 4]
    found = {one.code: one.message for one in done.diagnostics}
    assert found["RC055"].endswith("1 object waits for it")
    assert done.has_failures
    assert bench.summary()["frozen"] == [str(WIDGET)]


async def test_a_slow_webhook_costs_its_timeout_and_others_nothing(
    bench: FleetBench, tmp_path: Path
) -> None:
    released = threading.Event()

    def slow(_: dict[str, Any]) -> dict[str, Any]:
        released.wait(30)
        return {"replicas": 1}

    with hook(tmp_path, slow) as running:
        configuration = running.configuration("Widget", "InterpretReplica", timeout=1)
        bench.write_documents("hook.yaml", configuration)
        begun = time.monotonic()
        await bench.apply_commit()
        assert time.monotonic() - begun < 15
        released.set()
    assert rest_is_there(bench)
    assert live(bench, "one") is None


async def test_a_lying_webhook_freezes_its_objects_only(bench: FleetBench, tmp_path: Path) -> None:
    with hook(tmp_path, lambda _: {"replicas": "many"}) as running:
        bench.write_documents("hook.yaml", running.configuration("Widget", "InterpretReplica"))
        done = await bench.apply_commit()
    assert codes(done) == {"RC052"}
    assert rest_is_there(bench)
    assert live(bench, "one") is None


async def test_retention_by_a_webhook(bench: FleetBench, tmp_path: Path) -> None:
    await bench.apply_commit()
    with hook(tmp_path, lambda _: {}) as running:
        bench.write_documents("hook.yaml", running.configuration("Widget", "Retain"))
        bench.write_documents("widget.yaml", widget(5))
        done = await bench.apply_commit()
        assert written(done) == {(name, "update", str(WIDGET)) for name in NAMES}
    bench.write_documents("widget.yaml", widget(6))
    bench.restart()
    done = await bench.apply_commit()
    assert written(done) == set()
    message = failing_row(bench)["message"]
    assert message.startswith("what the member keeps cannot be told: webhook")


async def test_an_offline_plan_says_what_is_known_after_apply(
    bench: FleetBench, tmp_path: Path
) -> None:
    await bench.apply_commit()
    with hook(tmp_path, replicas_by_size) as running:
        bench.write_documents("hook.yaml", running.configuration("Widget", "InterpretReplica"))
    bench.write_documents("widget.yaml", widget(5))
    bench.commit()
    plan = Planner(FleetRepository.local(bench.repo)).plan().head.plan
    name = "for-widget/widget.example.io"
    assert plan.is_empty
    assert plan.notes == (
        f"known after apply: {WIDGET}, when webhook {name} answers InterpretReplica",
    )
    assert running.asked == []
