"""Contract: JSON, merge and strategic patches, and server-side apply."""

from __future__ import annotations

from typing import Any

import pytest

from tests.members.contract import (
    APPLY,
    JSON_PATCH,
    STRATEGIC,
    Server,
    config_map,
    deployment,
    owners,
    reason,
)


def containers(manifest: dict[str, Any]) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = manifest["spec"]["template"]["spec"]["containers"]
    return found


@pytest.fixture
def path(server: Server) -> str:
    """The collection of deployments of a fresh namespace."""
    return f"/apis/apps/v1/namespaces/{server.namespace()}/deployments"


def test_json_patch_tests_before_it_replaces(server: Server, path: str) -> None:
    server.post(path, deployment("web"))
    operations = [
        {"op": "test", "path": "/spec/replicas", "value": 2},
        {"op": "replace", "path": "/spec/replicas", "value": 4},
    ]
    assert server.patch(f"{path}/web", operations, JSON_PATCH)[1]["spec"]["replicas"] == 4
    code, body = server.patch(f"{path}/web", operations, JSON_PATCH)
    assert (code, reason(body)) == (422, "Invalid")


def test_merge_patch_removes_with_null(server: Server, path: str) -> None:
    manifest = deployment("web")
    manifest["metadata"]["labels"] = {"a": "b", "c": "d"}
    server.post(path, manifest)
    _, body = server.patch(f"{path}/web", {"metadata": {"labels": {"a": None}}})
    assert body["metadata"]["labels"] == {"c": "d"}


def test_a_removed_field_with_a_default_gets_it_back(server: Server, path: str) -> None:
    server.post(path, deployment("web", replicas=3))
    _, body = server.patch(f"{path}/web", {"spec": {"replicas": None}})
    assert body["spec"]["replicas"] == 1


def test_a_patch_may_carry_a_version_to_compare(server: Server, path: str) -> None:
    _, created = server.post(path, deployment("web"))
    stale = {"metadata": {"resourceVersion": created["metadata"]["resourceVersion"]}}
    server.patch(f"{path}/web", {"spec": {"replicas": 3}})
    code, body = server.patch(f"{path}/web", {**stale, "spec": {"replicas": 4}})
    assert (code, reason(body)) == (409, "Conflict")


def test_strategic_patch_merges_lists_by_key(server: Server, path: str) -> None:
    manifest = deployment("web")
    containers(manifest)[0]["env"] = [{"name": "A", "value": "1"}, {"name": "B", "value": "2"}]
    server.post(path, manifest)
    patch = {"name": "c", "env": [{"name": "B", "value": "3"}, {"name": "C", "value": "4"}]}
    change = {"spec": {"template": {"spec": {"containers": [patch]}}}}
    _, body = server.patch(f"{path}/web", change, STRATEGIC)
    values = {one["name"]: one["value"] for one in containers(body)[0]["env"]}
    assert values == {"A": "1", "B": "3", "C": "4"}


def test_strategic_patch_obeys_directives(server: Server, path: str) -> None:
    manifest = deployment("web")
    containers(manifest).append({"name": "d", "image": "d:1"})
    server.post(path, manifest)
    gone = {"name": "c", "$patch": "delete"}
    change: Any = {"spec": {"template": {"spec": {"containers": [gone]}}}}
    _, body = server.patch(f"{path}/web", change, STRATEGIC)
    assert [one["name"] for one in containers(body)] == ["d"]
    change = {"spec": {"strategy": {"$retainKeys": ["type"], "type": "Recreate"}}}
    _, body = server.patch(f"{path}/web", change, STRATEGIC)
    assert body["spec"]["strategy"] == {"type": "Recreate"}


def test_strategic_patch_orders_as_it_is_told(server: Server, path: str) -> None:
    manifest = deployment("web")
    containers(manifest).append({"name": "d", "image": "d:1"})
    server.post(path, manifest)
    change = {
        "spec": {
            "template": {
                "spec": {
                    "$setElementOrder/containers": [{"name": "d"}, {"name": "c"}],
                    "containers": [{"name": "c", "image": "img:2"}],
                }
            }
        }
    }
    _, body = server.patch(f"{path}/web", change, STRATEGIC)
    assert [one["name"] for one in containers(body)] == ["d", "c"]


def test_another_patch_type_is_unsupported(server: Server, path: str) -> None:
    server.post(path, deployment("web"))
    code, body = server.patch(f"{path}/web", {"a": 1}, "application/x-patch")
    assert (code, reason(body)) == (415, "UnsupportedMediaType")


def test_apply_needs_a_manager(server: Server, path: str) -> None:
    code, body = server.patch(f"{path}/web", deployment("web"), APPLY)
    assert (code, reason(body)) == (422, "Invalid")


def test_apply_creates_and_then_changes_nothing(server: Server, path: str) -> None:
    code, first = server.apply(f"{path}/web", deployment("web"), "a")
    assert code == 201
    code, second = server.apply(f"{path}/web", deployment("web"), "a")
    assert code == 200
    assert second["metadata"] == first["metadata"]


def test_apply_reads_yaml(server: Server) -> None:
    space = server.namespace()
    text = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\ndata: {k: v}\n"
    code, body = server.apply(f"/api/v1/namespaces/{space}/configmaps/a", text, "a")
    assert (code, body["data"]) == (201, {"k": "v"})
    code, body = server.apply(f"/api/v1/namespaces/{space}/configmaps/a", "a: [1", "a")
    assert (code, reason(body)) == (400, "BadRequest")


def test_a_conflict_names_owner_and_field(server: Server, path: str) -> None:
    server.apply(f"{path}/web", deployment("web"), "a")
    code, body = server.apply(f"{path}/web", deployment("web", image="img:2"), "b")
    assert (code, reason(body)) == (409, "Conflict")
    cause = body["details"]["causes"][0]
    assert cause["reason"] == "FieldManagerConflict"
    assert cause["field"] == '.spec.template.spec.containers[name="c"].image'
    assert '"a"' in cause["message"]


def test_force_takes_a_field_over(server: Server, path: str) -> None:
    server.apply(f"{path}/web", deployment("web"), "a")
    _, body = server.apply(f"{path}/web", deployment("web", replicas=5), "b", force="true")
    assert "f:replicas" not in owners(body)["a"]["f:spec"]
    assert "f:replicas" in owners(body)["b"]["f:spec"]


def test_equal_values_are_owned_together(server: Server, path: str) -> None:
    server.apply(f"{path}/web", deployment("web"), "a")
    code, body = server.apply(f"{path}/web", deployment("web"), "b")
    assert code == 200
    assert owners(body)["a"] == owners(body)["b"]


def test_what_is_no_longer_applied_goes(server: Server) -> None:
    space = server.namespace()
    path = f"/api/v1/namespaces/{space}/configmaps/a"
    server.apply(path, config_map("a", {"one": "1", "two": "2"}), "a")
    _, body = server.apply(path, config_map("a", {"one": "1"}), "a")
    assert body["data"] == {"one": "1"}


def test_what_another_owns_too_stays(server: Server) -> None:
    space = server.namespace()
    path = f"/api/v1/namespaces/{space}/configmaps/a"
    server.apply(path, config_map("a", {"one": "1", "two": "2"}), "a")
    server.apply(path, config_map("a", {"two": "2"}), "b")
    _, body = server.apply(path, config_map("a", {"one": "1"}), "a")
    assert body["data"] == {"one": "1", "two": "2"}


def test_a_patched_field_belongs_to_the_patcher(server: Server) -> None:
    space = server.namespace()
    path = f"/api/v1/namespaces/{space}/configmaps/a"
    server.apply(path, config_map("a", {"one": "1"}), "a")
    _, body = server.patch(path, {"data": {"one": "2"}}, fieldManager="p")
    assert "a" not in owners(body) or "f:one" not in owners(body)["a"].get("f:data", {})
    assert "f:one" in owners(body)["p"]["f:data"]
    code, body = server.apply(path, config_map("a", {"one": "1"}), "a")
    assert (code, reason(body)) == (409, "Conflict")


def test_items_of_a_list_map_have_their_own_owners(server: Server, path: str) -> None:
    server.apply(f"{path}/web", deployment("web"), "a")
    side = deployment("web", replicas=None)
    containers(side)[0] = {"name": "side", "image": "s:1"}
    _, body = server.apply(f"{path}/web", side, "b")
    assert {one["name"] for one in containers(body)} == {"c", "side"}
    _, body = server.apply(f"{path}/web", deployment("web"), "a")
    assert {one["name"] for one in containers(body)} == {"c", "side"}
    side["spec"]["template"]["spec"].pop("containers")
    _, body = server.apply(f"{path}/web", side, "b")
    assert [one["name"] for one in containers(body)] == ["c"]


def test_a_stale_version_in_an_applied_object_conflicts(server: Server, path: str) -> None:
    server.apply(f"{path}/web", deployment("web"), "a")
    manifest = deployment("web")
    manifest["metadata"]["resourceVersion"] = "1"
    code, body = server.apply(f"{path}/web", manifest, "a", force="true")
    assert (code, reason(body)) == (409, "Conflict")


def test_managed_fields_cannot_be_applied(server: Server, path: str) -> None:
    manifest = deployment("web")
    manifest["metadata"]["managedFields"] = []
    code, body = server.apply(f"{path}/web", manifest, "a")
    assert (code, reason(body)) == (400, "BadRequest")


def test_an_empty_list_of_managed_fields_resets_them(server: Server) -> None:
    space = server.namespace()
    path = f"/api/v1/namespaces/{space}/configmaps/a"
    server.apply(path, config_map("a"), "a")
    _, body = server.patch(path, {"metadata": {"managedFields": [{}]}})
    assert not body["metadata"].get("managedFields")


def test_status_is_written_through_its_subresource_only(server: Server, path: str) -> None:
    server.post(path, deployment("web"))
    _, body = server.patch(f"{path}/web", {"status": {"replicas": 2}})
    assert "replicas" not in body["status"]
    change = {"status": {"replicas": 2, "readyReplicas": 1}, "spec": {"replicas": 9}}
    _, body = server.patch(f"{path}/web/status", change)
    assert body["status"] == {"replicas": 2, "readyReplicas": 1}
    assert body["spec"]["replicas"] == 2
    assert body["metadata"]["generation"] == 1


def test_scale_is_read_and_written(server: Server, path: str) -> None:
    server.post(path, deployment("web"))
    _, scale = server.get(f"{path}/web/scale")
    assert (scale["spec"]["replicas"], scale["status"]["selector"]) == (2, "app=web")
    code, scale = server.patch(f"{path}/web/scale", {"spec": {"replicas": 6}})
    assert (code, scale["spec"]["replicas"]) == (200, 6)
    assert server.get(f"{path}/web")[1]["spec"]["replicas"] == 6


def test_a_field_the_server_does_not_know(server: Server, path: str) -> None:
    manifest = deployment("web")
    manifest["spec"]["replica"] = 3
    code, body = server.post(path, manifest, dryRun="All")
    assert code == 201
    assert "replica" not in body["spec"]
    code, body = server.post(path, manifest, dryRun="All", fieldValidation="Strict")
    assert code == (400 if server.minor >= 25 else 201)


def test_an_annotation_written_with_the_status_stays(server: Server, path: str) -> None:
    server.post(path, deployment("web"))
    change = {
        "metadata": {"annotations": {"seen": "1"}, "labels": {"lost": "1"}},
        "status": {"observedGeneration": 1},
    }
    _, body = server.patch(f"{path}/web/status", change, fieldManager="s")
    assert body["metadata"]["annotations"] == {"seen": "1"}
    assert "labels" not in body["metadata"]
    assert "f:annotations" in owners(body)["s"]["f:metadata"]


def test_status_can_be_applied(server: Server, path: str) -> None:
    server.post(path, deployment("web"))
    manifest = {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {"name": "web"},
        "status": {"replicas": 2},
    }
    code, body = server.apply(f"{path}/web/status", manifest, "s")
    assert (code, body["status"]["replicas"], body["spec"]["replicas"]) == (200, 2, 2)
    assert owners(body)["s"] == {"f:status": {"f:replicas": {}}}
