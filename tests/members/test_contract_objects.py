"""Contract: creating, reading, replacing and deleting objects."""

from __future__ import annotations

from tests.members.contract import Server, config_map, deployment, reason


def test_a_created_object_gets_the_servers_metadata(server: Server) -> None:
    space = server.namespace()
    code, body = server.post(f"/api/v1/namespaces/{space}/configmaps", config_map("a"))
    assert code == 201
    metadata = body["metadata"]
    assert metadata["namespace"] == space
    assert {"uid", "resourceVersion", "creationTimestamp", "managedFields"} <= metadata.keys()
    assert "generation" not in metadata
    assert body["kind"] == "ConfigMap"


def test_a_second_create_of_a_name_is_refused(server: Server) -> None:
    space = server.namespace()
    path = f"/api/v1/namespaces/{space}/configmaps"
    server.post(path, config_map("a"))
    code, body = server.post(path, config_map("a"))
    assert (code, reason(body)) == (409, "AlreadyExists")
    assert body["details"] == {"name": "a", "kind": "configmaps"}


def test_generate_name_makes_a_name(server: Server) -> None:
    space = server.namespace()
    manifest = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"generateName": "g-"}}
    code, body = server.post(f"/api/v1/namespaces/{space}/configmaps", manifest)
    assert code == 201
    assert body["metadata"]["name"].startswith("g-")
    assert len(body["metadata"]["name"]) == 7


def test_a_dry_run_stores_nothing(server: Server) -> None:
    space = server.namespace()
    path = f"/apis/apps/v1/namespaces/{space}/deployments"
    code, body = server.post(path, deployment("web"), dryRun="All")
    assert code == 201
    assert body["spec"]["template"]["spec"]["restartPolicy"] == "Always"
    assert server.get(f"{path}/web")[0] == 404


def test_an_unknown_namespace_is_not_found(server: Server) -> None:
    code, body = server.post("/api/v1/namespaces/none/configmaps", config_map("a"))
    assert (code, reason(body)) == (404, "NotFound")
    assert body["details"]["kind"] == "namespaces"


def test_a_resource_version_on_create_is_refused(server: Server) -> None:
    space = server.namespace()
    manifest = config_map("a", resourceVersion="7")
    code, _ = server.post(f"/api/v1/namespaces/{space}/configmaps", manifest)
    assert code in (400, 500)


def test_an_object_without_a_name_is_invalid(server: Server) -> None:
    space = server.namespace()
    manifest = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {}}
    code, body = server.post(f"/api/v1/namespaces/{space}/configmaps", manifest)
    assert (code, reason(body)) == (422, "Invalid")


def test_a_body_of_another_kind_is_a_bad_request(server: Server) -> None:
    space = server.namespace()
    code, body = server.post(f"/apis/apps/v1/namespaces/{space}/deployments", config_map("a"))
    assert (code, reason(body)) == (400, "BadRequest")


def test_a_value_of_a_wrong_type_is_a_bad_request(server: Server) -> None:
    space = server.namespace()
    manifest = deployment("web")
    manifest["spec"]["replicas"] = "two"
    code, body = server.post(f"/apis/apps/v1/namespaces/{space}/deployments", manifest)
    assert (code, reason(body)) == (400, "BadRequest")


def test_a_namespaced_kind_cannot_be_created_without_a_namespace(server: Server) -> None:
    code, body = server.post("/api/v1/configmaps", config_map("a"))
    assert (code, reason(body)) == (405, "MethodNotAllowed")


def test_a_stale_put_conflicts(server: Server) -> None:
    space = server.namespace()
    path = f"/api/v1/namespaces/{space}/configmaps"
    _, first = server.post(path, config_map("a"))
    server.patch(f"{path}/a", {"data": {"k": "2"}})
    first["data"]["k"] = "3"
    code, body = server.put(f"{path}/a", first)
    assert (code, reason(body)) == (409, "Conflict")


def test_a_put_that_changes_nothing_keeps_the_version(server: Server) -> None:
    space = server.namespace()
    path = f"/apis/apps/v1/namespaces/{space}/deployments"
    _, first = server.post(path, deployment("web"))
    code, second = server.put(f"{path}/web", first)
    assert code == 200
    assert second["metadata"]["resourceVersion"] == first["metadata"]["resourceVersion"]


def test_generations_count_changes_of_the_spec(server: Server) -> None:
    space = server.namespace()
    path = f"/apis/apps/v1/namespaces/{space}/deployments/web"
    server.post(path.rsplit("/", 1)[0], deployment("web"))
    _, labelled = server.patch(path, {"metadata": {"labels": {"a": "b"}}})
    _, scaled = server.patch(path, {"spec": {"replicas": 5}})
    assert labelled["metadata"]["generation"] == 1
    assert scaled["metadata"]["generation"] == 2


def test_put_with_another_name_is_a_bad_request(server: Server) -> None:
    space = server.namespace()
    path = f"/api/v1/namespaces/{space}/configmaps"
    server.post(path, config_map("a"))
    code, body = server.put(f"{path}/a", config_map("b"))
    assert (code, reason(body)) == (400, "BadRequest")


def test_put_of_an_absent_object_is_not_found(server: Server) -> None:
    space = server.namespace()
    code, body = server.put(f"/api/v1/namespaces/{space}/configmaps/a", config_map("a"))
    assert (code, reason(body)) == (404, "NotFound")


def test_put_creates_the_kinds_that_allow_it(server: Server) -> None:
    space = server.namespace()
    role = {
        "apiVersion": "rbac.authorization.k8s.io/v1",
        "kind": "Role",
        "metadata": {"name": "r"},
        "rules": [],
    }
    path = f"/apis/rbac.authorization.k8s.io/v1/namespaces/{space}/roles/r"
    assert server.put(path, role)[0] == 201


def test_put_with_another_uid_conflicts(server: Server) -> None:
    space = server.namespace()
    path = f"/api/v1/namespaces/{space}/configmaps"
    server.post(path, config_map("a"))
    code, body = server.put(f"{path}/a", config_map("a", uid="another"))
    assert (code, reason(body)) == (409, "Conflict")


def test_delete_answers_with_what_went(server: Server) -> None:
    space = server.namespace()
    path = f"/api/v1/namespaces/{space}/configmaps"
    _, created = server.post(path, config_map("a"))
    code, body = server.delete(f"{path}/a")
    assert (code, body["status"]) == (200, "Success")
    assert body["details"]["uid"] == created["metadata"]["uid"]
    assert server.delete(f"{path}/a")[0] == 404


def test_delete_checks_uid_and_version(server: Server) -> None:
    space = server.namespace()
    path = f"/api/v1/namespaces/{space}/configmaps"
    _, created = server.post(path, config_map("a"))
    for preconditions in ({"uid": "another"}, {"resourceVersion": "1"}):
        options = {"apiVersion": "v1", "kind": "DeleteOptions", "preconditions": preconditions}
        code, body = server.delete(f"{path}/a", options)
        assert (code, reason(body)) == (409, "Conflict")
    metadata = created["metadata"]
    preconditions = {"uid": metadata["uid"], "resourceVersion": metadata["resourceVersion"]}
    options = {"apiVersion": "v1", "kind": "DeleteOptions", "preconditions": preconditions}
    assert server.delete(f"{path}/a", options)[0] == 200


def test_a_finalizer_holds_an_object_until_it_is_released(server: Server) -> None:
    space = server.namespace()
    path = f"/api/v1/namespaces/{space}/configmaps"
    server.post(path, config_map("a", finalizers=["example.io/hold"]))
    code, body = server.delete(f"{path}/a")
    assert code == 200
    assert "deletionTimestamp" in body["metadata"]
    assert server.get(f"{path}/a")[0] == 200
    finalizers = {"metadata": {"finalizers": ["example.io/hold", "example.io/more"]}}
    assert reason(server.patch(f"{path}/a", finalizers)[1]) == "Invalid"
    assert server.patch(f"{path}/a", {"metadata": {"finalizers": None}})[0] == 200
    assert server.get(f"{path}/a")[0] == 404


def test_propagation_policies_become_finalizers(server: Server) -> None:
    space = server.namespace()
    path = f"/apis/apps/v1/namespaces/{space}/deployments"
    for name, policy, finalizer in (
        ("a", "Foreground", "foregroundDeletion"),
        ("b", "Orphan", "orphan"),
    ):
        server.post(path, deployment(name))
        code, body = server.delete(f"{path}/{name}", propagationPolicy=policy)
        assert code == 200
        assert body["metadata"]["finalizers"] == [finalizer]
        assert body["metadata"]["generation"] == 2


def test_a_collection_is_deleted_by_selector(server: Server) -> None:
    space = server.namespace()
    path = f"/api/v1/namespaces/{space}/configmaps"
    for name, group in (("a", "x"), ("b", "y"), ("c", "x")):
        server.post(path, config_map(name, labels={"group": group}))
    code, body = server.delete(path, labelSelector="group=x")
    assert code == 200
    assert [item["metadata"]["name"] for item in body["items"]] == ["a", "c"]
    names = [
        item["metadata"]["name"] for item in server.get(path, labelSelector="group")[1]["items"]
    ]
    assert names == ["b"]


def test_a_namespace_being_deleted_takes_nothing_new(server: Server) -> None:
    space = server.namespace()
    code, body = server.delete(f"/api/v1/namespaces/{space}")
    assert code == 200
    assert body["status"]["phase"] == "Terminating"
    code, body = server.post(f"/api/v1/namespaces/{space}/configmaps", config_map("a"))
    assert (code, reason(body)) == (403, "Forbidden")
    assert body["details"]["causes"][0]["reason"] == "NamespaceTerminating"


def test_a_namespace_goes_when_it_is_finalized(server: Server) -> None:
    space = server.namespace()
    server.delete(f"/api/v1/namespaces/{space}")
    _, body = server.get(f"/api/v1/namespaces/{space}")
    body["spec"]["finalizers"] = []
    assert server.put(f"/api/v1/namespaces/{space}/finalize", body)[0] == 200
    assert server.get(f"/api/v1/namespaces/{space}")[0] == 404


def test_an_immutable_field_stays(server: Server) -> None:
    space = server.namespace()
    path = f"/apis/apps/v1/namespaces/{space}/deployments"
    server.post(path, deployment("web"))
    labels = {"matchLabels": {"app": "other"}}
    change = {"spec": {"selector": labels, "template": {"metadata": {"labels": {"app": "other"}}}}}
    code, body = server.patch(f"{path}/web", change)
    assert (code, reason(body)) == (422, "Invalid")
    assert body["details"]["causes"][0]["field"] == "spec.selector"


def test_a_body_beyond_the_limit_is_refused(server: Server) -> None:
    space = server.namespace()
    huge = config_map("a", {"k": "x" * (4 * 1024 * 1024)})
    code, body = server.post(f"/api/v1/namespaces/{space}/configmaps", huge)
    assert (code, reason(body)) == (413, "RequestEntityTooLarge")


def test_too_much_data_is_invalid(server: Server) -> None:
    space = server.namespace()
    large = config_map("a", {"k": "x" * (1024 * 1024 + 1)})
    code, body = server.post(f"/api/v1/namespaces/{space}/configmaps", large)
    assert (code, reason(body)) == (422, "Invalid")
