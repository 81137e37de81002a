"""Contract: discovery, versions, and who may ask."""

from __future__ import annotations

from tests.members.contract import Server, reason


def test_the_version_is_said(server: Server) -> None:
    code, body = server.get("/version")
    assert code == 200
    assert (body["major"], int(body["minor"].rstrip("+"))) == ("1", server.minor)


def test_health_needs_no_token(server: Server) -> None:
    for path in ("/healthz", "/livez", "/readyz"):
        assert server.call("GET", path, headers={"Authorization": ""})[0] == 200


def test_an_unknown_token_is_unauthorized(server: Server) -> None:
    code, body = server.call("GET", "/api/v1/namespaces", token="wrong")
    assert (code, reason(body)) == (401, "Unauthorized")


def test_a_restricted_token_is_forbidden(server: Server) -> None:
    code, body = server.call("GET", "/api/v1/namespaces/default/secrets", token=server.viewer)
    assert (code, reason(body)) == (403, "Forbidden")
    assert body["details"] == {"kind": "secrets"}


def test_a_role_binding_lets_a_user_in(server: Server) -> None:
    space = server.namespace()
    base = f"/apis/rbac.authorization.k8s.io/v1/namespaces/{space}"
    rule = {"apiGroups": [""], "resources": ["configmaps"], "verbs": ["list"]}
    role = {
        "apiVersion": "rbac.authorization.k8s.io/v1",
        "kind": "Role",
        "metadata": {"name": "reader"},
        "rules": [rule],
    }
    binding = {
        "apiVersion": "rbac.authorization.k8s.io/v1",
        "kind": "RoleBinding",
        "metadata": {"name": "reader"},
        "roleRef": {"apiGroup": "rbac.authorization.k8s.io", "kind": "Role", "name": "reader"},
        "subjects": [{"apiGroup": "rbac.authorization.k8s.io", "kind": "User", "name": "viewer"}],
    }
    assert server.post(f"{base}/roles", role)[0] == 201
    assert server.post(f"{base}/rolebindings", binding)[0] == 201
    path = f"/api/v1/namespaces/{space}/configmaps"
    codes = set()
    for _ in range(20):  # a real server learns of the binding through its caches
        codes.add(server.call("GET", path, token=server.viewer)[0])
        if 200 in codes:
            break
    assert 200 in codes
    assert server.call("GET", f"{path}/a", token=server.viewer)[0] == 403


def test_groups_and_resources_are_discovered(server: Server) -> None:
    _, groups = server.get("/apis")
    assert "apps" in [group["name"] for group in groups["groups"]]
    _, listed = server.get("/apis/apps/v1")
    rows = {row["name"]: row for row in listed["resources"]}
    assert rows["deployments"]["shortNames"] == ["deploy"]
    assert rows["deployments"]["categories"] == ["all"]
    assert rows["deployments/scale"]["kind"] == "Scale"
    assert (rows["deployments/scale"]["group"], rows["deployments/scale"]["version"]) == (
        "autoscaling",
        "v1",
    )


def test_versions_of_a_group_follow_the_server(server: Server) -> None:
    _, batch = server.get("/apis/batch")
    versions = [version["version"] for version in batch["versions"]]
    assert ("v1beta1" in versions) == (server.minor < 25)
    _, listed = server.get("/apis/batch/v1")
    assert ("cronjobs" in [row["name"] for row in listed["resources"]]) == (server.minor >= 21)


def test_what_is_not_served_is_not_found(server: Server) -> None:
    code, body = server.get("/apis/apps/v1/nothing")
    assert (code, reason(body)) == (404, "NotFound")
    code, body = server.get("/apis/nothing.example/v1/things")
    assert code == 404
    assert isinstance(body, str)


def test_an_unknown_subresource_is_not_found(server: Server) -> None:
    assert server.get("/apis/apps/v1/namespaces/default/deployments/web/nothing")[0] == 404


def test_reviews_answer_and_store_nothing(server: Server) -> None:
    attributes = {"verb": "delete", "resource": "pods", "namespace": "default"}
    review = {
        "apiVersion": "authorization.k8s.io/v1",
        "kind": "SelfSubjectAccessReview",
        "spec": {"resourceAttributes": attributes},
    }
    path = "/apis/authorization.k8s.io/v1/selfsubjectaccessreviews"
    code, body = server.post(path, review)
    assert (code, body["status"]["allowed"]) == (201, True)
    code, body = server.get(path)
    assert (code, reason(body)) == (405, "MethodNotAllowed")
