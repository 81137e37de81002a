"""The life of objects on a member: applied once, healed, shared, retained, adopted, pruned."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace as changed
from typing import Any

import pytest

from reconciler.model.change import Action, Plan
from reconciler.model.identity import ObjectKey
from reconciler.runtime.executor import ExecutionReport, Result, execute
from tests.realcluster import RealApiServer, assets, free_port
from tests.stories.manykinds import MANY_KINDS
from tests.stories.memberbench import FLEET, Bench, RealServer, Server, SimulatedServer
from tests.works import a_work

DEPLOYMENT = ObjectKey("apps", "Deployment", "shop", "web")
CONFIG = ObjectKey("", "ConfigMap", "shop", "settings")


@pytest.fixture(scope="module")
def real() -> Iterator[Server]:
    binaries = assets()
    if binaries is None:
        pytest.skip("no kube-apiserver")
    with RealApiServer(binaries) as server:
        yield RealServer(server)


@pytest.fixture
def simulated_old() -> Iterator[Server]:
    with SimulatedServer.running("1.20") as server:
        yield server


@pytest.fixture
def simulated_new() -> Iterator[Server]:
    with SimulatedServer.running("1.36") as server:
        yield server


@pytest.fixture(
    params=[
        "simulated_old",
        "simulated_new",
        pytest.param("real", marks=pytest.mark.cluster),
    ]
)
def server(request: pytest.FixtureRequest) -> Iterator[Server]:
    """A server without the objects of earlier stories."""
    found: Server = request.getfixturevalue(request.param)
    yield found
    if request.param != "real":
        return
    for path in (
        "/apis/apps/v1/namespaces/shop/deployments",
        "/api/v1/namespaces/shop/configmaps",
        "/api/v1/namespaces/shop/services",
        "/api/v1/namespaces/shop/secrets",
    ):
        _, listing = found.request("GET", path)
        for item in listing.get("items") or ():
            found.request("DELETE", f"{path}/{item['metadata']['name']}")


@pytest.fixture
def bench(server: Server) -> Bench:
    return Bench(server)


def deployment(**changes: Any) -> dict[str, Any]:
    return {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {
            "name": "web",
            "namespace": "shop",
            "labels": {"app": "web", **changes.get("labels", {})},
        },
        "spec": {
            "replicas": changes.get("replicas", 3),
            "selector": {"matchLabels": {"app": "web"}},
            "template": {
                "metadata": {"labels": {"app": "web"}},
                "spec": {
                    "containers": [
                        {
                            "name": "web",
                            "image": changes.get("image", "shop/web:1"),
                            "ports": [{"containerPort": 8080}],
                            "resources": {"requests": {"cpu": "1000m", "memory": "0.5Gi"}},
                            "env": changes.get("env", [{"name": "A", "value": "1"}]),
                        }
                    ]
                },
            },
        },
    }


def settings(**data: str) -> dict[str, Any]:
    return {
        "apiVersion": "v1",
        "kind": "ConfigMap",
        "metadata": {"name": "settings", "namespace": "shop"},
        "data": data or {"a": "1"},
    }


def live(server: Server, key: ObjectKey) -> dict[str, Any] | None:
    plural = {"Deployment": "apis/apps/v1", "ConfigMap": "api/v1"}[key.kind]
    code, body = server.request(
        "GET", f"/{plural}/namespaces/{key.namespace}/{key.kind.lower()}s/{key.name}"
    )
    return body if code == 200 else None


def live_object(server: Server, key: ObjectKey) -> dict[str, Any]:
    found = live(server, key)
    assert found is not None
    return found


def namespace(server: Server, name: str = "shop") -> None:
    server.request(
        "POST",
        "/api/v1/namespaces",
        {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name}},
    )


def all_done(report: ExecutionReport) -> bool:
    return all(one.result is Result.DONE for one in report.results) and not report.frozen


def troubles(report: ExecutionReport) -> list[str]:
    return [
        f"{one.change.key}: {one.message}"
        for one in report.results
        if one.result is not Result.DONE
    ]


def actions(plan: Any) -> dict[str, str]:
    return {f"{one.key.kind}/{one.key.name}": one.action.value for one in plan.changes}


async def test_first_apply_creates_and_the_second_writes_nothing(bench: Bench) -> None:
    bench.want(deployment(), settings())
    _, report = await bench.apply()
    assert all_done(report)
    stored = live_object(bench.server, DEPLOYMENT)
    assert stored["metadata"]["labels"]["karmada.io/managed"] == "true"
    assert stored["metadata"]["annotations"]["fleet-reconciler.io/fleet"] == FLEET
    with bench.no_writes():
        plan, _ = await bench.apply()
    assert actions(plan) == {}


async def test_a_manual_scale_is_healed(bench: Bench) -> None:
    bench.want(deployment())
    await bench.apply()
    scale(bench.server, 9)
    plan, report = await bench.apply()
    assert actions(plan) == {"Deployment/web": "update"}
    assert plan.changes[0].edits[0].path == "spec.replicas"
    assert all_done(report)
    assert live_object(bench.server, DEPLOYMENT)["spec"]["replicas"] == 3
    with bench.no_writes():
        await bench.apply()


async def test_a_field_of_another_manager_survives(bench: Bench) -> None:
    bench.want(deployment())
    await bench.apply()
    path = "/apis/apps/v1/namespaces/shop/deployments/web"
    theirs = {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {"name": "web", "namespace": "shop", "annotations": {"team": "blue"}},
        "spec": {"minReadySeconds": 5, "selector": {"matchLabels": {"app": "web"}}},
    }
    code, _ = bench.server.request(
        "PATCH",
        f"{path}?fieldManager=blue&force=true",
        theirs,
        content_type="application/apply-patch+yaml",
    )
    assert code == 200
    with bench.no_writes():
        await bench.apply()
    bench.want(deployment(image="shop/web:2"))
    _, report = await bench.apply()
    assert all_done(report)
    stored = live_object(bench.server, DEPLOYMENT)
    assert stored["spec"]["minReadySeconds"] == 5
    assert stored["metadata"]["annotations"]["team"] == "blue"
    assert stored["spec"]["template"]["spec"]["containers"][0]["image"] == "shop/web:2"


async def test_retained_replicas_stay_when_a_label_changes(bench: Bench) -> None:
    keep = {"resourcetemplate.karmada.io/retain-replicas": "true"}
    bench.want(deployment(labels=keep))
    await bench.apply()
    scale(bench.server, 7)
    with bench.no_writes():
        await bench.apply()
    bench.want(deployment(labels={**keep, "tier": "front"}))
    _, report = await bench.apply()
    assert all_done(report)
    stored = live_object(bench.server, DEPLOYMENT)
    assert stored["spec"]["replicas"] == 7
    assert stored["metadata"]["labels"]["tier"] == "front"
    bench.want(deployment(labels={**keep, "tier": "back"}))
    await bench.apply()
    assert live_object(bench.server, DEPLOYMENT)["spec"]["replicas"] == 7
    with bench.no_writes():
        await bench.apply()


async def test_what_is_not_sent_any_more_is_dropped(bench: Bench) -> None:
    bench.want(deployment(env=[{"name": "A", "value": "1"}, {"name": "B", "value": "2"}]))
    await bench.apply()
    bench.want(deployment(env=[{"name": "B", "value": "2"}]))
    plan, _ = await bench.apply()
    assert [edit.path for edit in plan.changes[0].edits] == [
        "spec.template.spec.containers[name=web].env[name=A]"
    ]
    container = live_object(bench.server, DEPLOYMENT)["spec"]["template"]["spec"]["containers"][0]
    assert container["env"] == [{"name": "B", "value": "2"}]
    with bench.no_writes():
        await bench.apply()


async def test_what_nothing_desires_any_more_is_pruned(bench: Bench) -> None:
    bench.want(deployment(), settings())
    await bench.apply()
    bench.drop(CONFIG)
    plan, report = await bench.apply()
    assert actions(plan) == {"ConfigMap/settings": "delete"}
    assert [change.key for change in report.deleted] == [CONFIG]
    assert live(bench.server, CONFIG) is None
    assert live(bench.server, DEPLOYMENT) is not None


async def test_what_was_never_recorded_is_not_pruned(bench: Bench) -> None:
    bench.want(settings())
    await bench.apply()
    bench.drop(CONFIG)
    bench.recorded = {ObjectKey("", "ConfigMap", "shop", "other"): "v1"}
    with bench.no_writes():
        plan, _ = await bench.apply()
    assert actions(plan) == {}
    assert live(bench.server, CONFIG) is not None


async def test_an_object_is_left_when_its_policy_preserves_it(bench: Bench) -> None:
    bench.want(settings())
    await bench.apply()
    bench.drop(CONFIG)
    bench.preserved = frozenset({CONFIG})
    _, report = await bench.apply()
    assert all_done(report)
    metadata = live_object(bench.server, CONFIG)["metadata"]
    assert not metadata.get("labels")
    assert not metadata.get("annotations")


async def test_an_equal_object_is_adopted(bench: Bench) -> None:
    namespace(bench.server)
    theirs = deployment()
    theirs["spec"]["template"]["spec"]["containers"][0]["resources"]["requests"] = {
        "cpu": "1",
        "memory": "512Mi",
    }
    bench.server.request("POST", "/apis/apps/v1/namespaces/shop/deployments", theirs)
    bench.want(deployment())
    plan, report = await bench.apply()
    assert actions(plan) == {"Deployment/web": "adopt"}
    assert all_done(report)
    with bench.no_writes():
        plan, _ = await bench.apply()
    assert actions(plan) == {}


async def test_an_unequal_object_is_a_conflict_and_untouched(bench: Bench) -> None:
    namespace(bench.server)
    bench.server.request("POST", "/api/v1/namespaces/shop/configmaps", settings(a="theirs"))
    bench.want(settings(a="ours"), deployment())
    with_conflict, report = await bench.apply()
    assert actions(with_conflict)["ConfigMap/settings"] == "conflict"
    assert report.count(Result.CONFLICT) == 1
    assert report.count(Result.DONE) == 1
    assert live_object(bench.server, CONFIG)["data"] == {"a": "theirs"}
    bench.want(settings(a="ours"), conflict="overwrite")
    await bench.apply()
    assert live_object(bench.server, CONFIG)["data"] == {"a": "ours"}


@pytest.mark.parametrize("adopt", ["", "karmada"])
async def test_an_object_of_another_fleet_is_never_touched(bench: Bench, adopt: str) -> None:
    namespace(bench.server)
    theirs = settings(a="ours")
    theirs["metadata"] |= {
        "labels": {"karmada.io/managed": "true"},
        "annotations": {"fleet-reconciler.io/fleet": "somebody-else"},
    }
    bench.server.request("POST", "/api/v1/namespaces/shop/configmaps", theirs)
    bench.adopt = adopt
    bench.want(settings(a="ours"), conflict="overwrite")
    bench.recorded = {CONFIG: "v1"}
    with bench.no_writes():
        plan, _ = await bench.apply()
        assert actions(plan) == {"ConfigMap/settings": "conflict"}
        bench.drop(CONFIG)
        bench.recorded = {CONFIG: "v1"}
        plan, _ = await bench.apply()
        assert actions(plan) == {}


async def test_what_was_karmadas_is_taken_over_only_when_asked(bench: Bench) -> None:
    namespace(bench.server)
    theirs = settings(a="theirs")
    theirs["metadata"]["labels"] = {"karmada.io/managed": "true"}
    bench.server.request("POST", "/api/v1/namespaces/shop/configmaps", theirs)
    bench.want(settings(a="ours"))
    plan, _ = await bench.apply()
    assert actions(plan) == {"ConfigMap/settings": "conflict"}
    bench.adopt = "karmada"
    plan, report = await bench.apply()
    assert actions(plan) == {"ConfigMap/settings": "adopt"}
    assert all_done(report)
    assert live_object(bench.server, CONFIG)["data"] == {"a": "ours"}


async def test_a_change_after_the_plan_was_made_is_decided_again(bench: Bench) -> None:
    bench.want(settings(a="1"))
    await bench.apply()
    member = bench.member()
    bench.want(settings(a="2"))
    plan = await bench.plan(member)
    bench.server.request(
        "PATCH",
        "/api/v1/namespaces/shop/configmaps/settings",
        {"data": {"b": "theirs"}},
        content_type="application/merge-patch+json",
    )
    report = await execute(plan, {"one": member}, bench.options())
    await member.close()
    assert all_done(report)
    assert live_object(bench.server, CONFIG)["data"] == {"a": "2", "b": "theirs"}


async def test_a_place_taken_after_the_plan_was_made_is_a_conflict(bench: Bench) -> None:
    namespace(bench.server)
    member = bench.member()
    bench.want(settings(a="ours"))
    plan = await bench.plan(member)
    assert actions(plan) == {"ConfigMap/settings": "create"}
    bench.server.request("POST", "/api/v1/namespaces/shop/configmaps", settings(a="theirs"))
    report = await execute(plan, {"one": member}, bench.options())
    await member.close()
    assert report.count(Result.CONFLICT) == 1
    assert live_object(bench.server, CONFIG)["data"] == {"a": "theirs"}


async def test_an_object_replaced_after_the_plan_was_made_is_not_deleted(bench: Bench) -> None:
    bench.want(settings(a="1"))
    await bench.apply()
    stored = live_object(bench.server, CONFIG)
    bench.drop(CONFIG)
    member = bench.member()
    plan = await bench.plan(member)
    bench.server.request("DELETE", "/api/v1/namespaces/shop/configmaps/settings")
    again = settings(a="1")
    again["metadata"] |= {
        "labels": stored["metadata"]["labels"],
        "annotations": stored["metadata"]["annotations"],
    }
    bench.server.request("POST", "/api/v1/namespaces/shop/configmaps", again)
    report = await execute(plan, {"one": member}, bench.options())
    await member.close()
    assert report.count(Result.FAILED) == 1
    assert live(bench.server, CONFIG) is not None


async def test_one_failing_object_does_not_stop_the_others(bench: Bench) -> None:
    bad = settings()
    bad["metadata"]["name"] = "Not_A_Name"
    bench.want(bad, settings())
    _, report = await bench.apply()
    assert report.count(Result.FAILED) == 1
    assert live(bench.server, CONFIG) is not None


async def test_a_crd_is_established_before_its_instances(bench: Bench) -> None:
    crd = {
        "apiVersion": "apiextensions.k8s.io/v1",
        "kind": "CustomResourceDefinition",
        "metadata": {"name": "widgets.example.io"},
        "spec": {
            "group": "example.io",
            "scope": "Namespaced",
            "names": {"kind": "Widget", "plural": "widgets", "singular": "widget"},
            "versions": [
                {
                    "name": "v1",
                    "served": True,
                    "storage": True,
                    "schema": {
                        "openAPIV3Schema": {
                            "type": "object",
                            "properties": {
                                "spec": {
                                    "type": "object",
                                    "properties": {
                                        "size": {"type": "integer", "default": 1},
                                        "on": {"type": "boolean"},
                                        "parts": {
                                            "type": "array",
                                            "items": {
                                                "type": "object",
                                                "properties": {
                                                    "name": {"type": "string"},
                                                    "weight": {"type": "integer", "default": 1},
                                                },
                                            },
                                        },
                                    },
                                }
                            },
                        }
                    },
                }
            ],
        },
    }
    widget = {
        "apiVersion": "example.io/v1",
        "kind": "Widget",
        "metadata": {"name": "w", "namespace": "shop"},
        "spec": {"on": False, "parts": [{"name": "a"}, {"name": "b"}]},
    }
    bench.want(widget, crd)
    _, report = await bench.apply()
    assert all_done(report), report.results
    with bench.no_writes():
        plan, _ = await bench.apply()
    assert actions(plan) == {}
    bench.server.request(
        "DELETE", "/apis/apiextensions.k8s.io/v1/customresourcedefinitions/widgets.example.io"
    )


async def test_a_dry_run_changes_nothing_and_knows_what_comes_first(bench: Bench) -> None:
    body = settings()
    body["metadata"]["namespace"] = "not-yet"
    bench.want(settings())
    await bench.apply()
    bench.drop(CONFIG)
    bench.want(body)
    member = bench.member()
    plan = await bench.plan(member)
    assert {change.action for change in plan.changes} == {Action.CREATE, Action.DELETE}
    report = await execute(plan, {"one": member}, changed(bench.options(), dry_run=True))
    await member.close()
    assert not troubles(report)
    assert live(bench.server, CONFIG) is not None
    assert bench.server.request("GET", "/api/v1/namespaces/not-yet")[0] == 404


async def test_a_stopped_member_is_frozen_alone(bench: Bench) -> None:
    class Nowhere:
        url = f"http://127.0.0.1:{free_port()}"
        token = "t"

        def ca_pem(self) -> str:
            return ""

    other = Bench(Nowhere(), name="two")  # type: ignore[arg-type]
    bench.want(settings())
    good, bad = bench.member(), other.member()
    plan = await bench.plan(good)
    lost = tuple(changed(change, cluster="two") for change in plan.changes)
    report = await execute(
        Plan(changes=plan.changes + lost), {"one": good, "two": bad}, bench.options()
    )
    await good.close()
    await bad.close()
    assert set(report.frozen) == {"two"}
    assert live(bench.server, CONFIG) is not None
    assert not report.deleted
    assert all(one.result is Result.DONE for one in report.results if one.change.cluster == "one")


async def test_an_immutable_field_is_recreated_only_when_told(bench: Bench) -> None:
    bench.want(deployment())
    await bench.apply()
    moved = deployment()
    moved["spec"]["selector"]["matchLabels"]["v"] = "2"
    moved["spec"]["template"]["metadata"]["labels"]["v"] = "2"
    bench.want(moved)
    plan, report = await bench.apply()
    assert actions(plan) == {"Deployment/web": "update"}
    assert any(edit.is_immutable for edit in plan.changes[0].edits)
    assert report.count(Result.FAILED) == 1
    moved["metadata"]["annotations"] = {"fleet-reconciler.io/recreate": "true"}
    bench.want(moved)
    plan, report = await bench.apply()
    assert [change.action for change in plan.changes] == [Action.RECREATE]
    assert all_done(report), report.results
    assert live_object(bench.server, DEPLOYMENT)["spec"]["selector"]["matchLabels"]["v"] == "2"
    with bench.no_writes():
        await bench.apply()


async def test_a_new_api_version_is_applied_once(bench: Bench) -> None:
    def autoscaler(version: str) -> dict[str, Any]:
        return {
            "apiVersion": f"autoscaling/{version}",
            "kind": "HorizontalPodAutoscaler",
            "metadata": {"name": "web", "namespace": "shop", "labels": {"a": "b"}},
            "spec": {
                "scaleTargetRef": {"apiVersion": "apps/v1", "kind": "Deployment", "name": "web"},
                "maxReplicas": 5,
            },
        }

    member = bench.member()
    facts = await member.probe()
    await member.close()
    newer = "v2" if "autoscaling/v2" in facts.enablements else "v2beta2"
    bench.want(autoscaler("v1"))
    await bench.apply()
    bench.want(autoscaler(newer))
    plan, report = await bench.apply()
    assert not troubles(report)
    assert actions(plan) == {"HorizontalPodAutoscaler/web": "update"}
    with bench.no_writes():
        await bench.apply()
    bench.drop(ObjectKey("autoscaling", "HorizontalPodAutoscaler", "shop", "web"))
    await bench.apply()


async def test_what_kubectl_applied_can_be_taken_out_after_adoption(bench: Bench) -> None:
    """Otherwise kubectl's ownership would keep fields that Git does not have any more."""
    namespace(bench.server)
    bench.server.request(
        "POST",
        "/api/v1/namespaces/shop/configmaps?fieldManager=kubectl-client-side-apply",
        settings(a="1", b="2"),
    )
    bench.want(settings(a="1", b="2"))
    plan, report = await bench.apply()
    assert actions(plan) == {"ConfigMap/settings": "adopt"}
    assert not troubles(report)
    with bench.no_writes():
        await bench.apply()
    bench.want(settings(a="1"))
    await bench.apply()
    assert live_object(bench.server, CONFIG)["data"] == {"a": "1"}


def scale(server: Server, replicas: int) -> None:
    """As `kubectl scale` does."""
    path = "/apis/apps/v1/namespaces/shop/deployments/web/scale"
    _, body = server.request("GET", path)
    body["spec"]["replicas"] = replicas
    code, _ = server.request("PUT", path, body)
    assert code == 200


async def test_the_order_of_variables_and_init_containers_is_kept(bench: Bench) -> None:
    def ordered(variables: str, first: str) -> dict[str, Any]:
        body = deployment(env=[{"name": name, "value": "1"} for name in variables])
        body["spec"]["template"]["spec"]["initContainers"] = [
            {"name": name, "image": "init"} for name in first
        ]
        return body

    bench.want(ordered("AB", "xy"))
    await bench.apply()
    bench.want(ordered("CBA", "yx"))
    plan, report = await bench.apply()
    assert all_done(report), report.results
    assert {edit.path for edit in plan.changes[0].edits} >= {"spec.template.spec.initContainers"}
    pod = live_object(bench.server, DEPLOYMENT)["spec"]["template"]["spec"]
    assert [one["name"] for one in pod["containers"][0]["env"]] == ["C", "B", "A"]
    assert [one["name"] for one in pod["initContainers"]] == ["y", "x"]
    with bench.no_writes():
        await bench.apply()


async def test_no_kind_is_written_twice_for_what_the_server_fills_in(bench: Bench) -> None:
    member = bench.member()
    facts = await member.probe()
    await member.close()
    bodies = [body for body in MANY_KINDS if facts.serves(body["apiVersion"], body["kind"])]
    assert len(bodies) > 20
    bench.want(*bodies)
    _, report = await bench.apply()
    assert not troubles(report), "\n".join(troubles(report))
    member = bench.member()
    plan = await bench.plan(member)
    await member.close()
    again = [
        f"{change.key.kind}: {edit.path} {edit.before!r} -> {edit.after!r}"
        for change in plan.changes
        for edit in change.edits
    ]
    assert not again, "\n".join(again)
    for body in bodies:
        bench.drop(a_work(body).key)
    _, report = await bench.apply()
    assert not troubles(report), "\n".join(troubles(report))


async def test_no_kind_is_a_conflict_for_what_the_server_fills_in(bench: Bench) -> None:
    """The same objects made by somebody else are equal, whatever the server added to them."""
    namespace(bench.server)
    plural = {"NetworkPolicy": "networkpolicies", "Ingress": "ingresses"}
    kinds = {"Role", "RoleBinding", "NetworkPolicy", "StatefulSet", "Service", "Secret", "Ingress"}
    bodies = [one for one in MANY_KINDS if one["kind"] in kinds]
    for body in bodies:
        version = body["apiVersion"]
        root = f"/apis/{version}" if "/" in version else f"/api/{version}"
        name = plural.get(body["kind"], f"{body['kind'].lower()}s")
        path = f"{root}/namespaces/shop/{name}"
        bench.server.request("DELETE", f"{path}/{body['metadata']['name']}")
        code, answer = bench.server.request("POST", path, body)
        assert code == 201, answer
    bench.want(*bodies)
    plan, report = await bench.apply()
    unequal = [
        f"{change.key.kind}: {edit.path} {edit.before!r} -> {edit.after!r}"
        for change in plan.changes
        if change.action is not Action.ADOPT
        for edit in change.edits
    ]
    assert not unequal, "\n".join(unequal)
    assert all_done(report)
    for body in bodies:
        bench.drop(a_work(body).key)
    await bench.apply()
