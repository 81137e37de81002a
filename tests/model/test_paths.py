"""Paths as a person finds them on a branch."""

from __future__ import annotations

import pytest

from reconciler.model.paths import component, distinct, object_path


@pytest.mark.parametrize(
    ("identity", "path"),
    [
        (("web", "apps", "Deployment", "shop"), "web/apps/Deployment/shop.yaml"),
        (("", "", "Namespace", "web"), "_cluster/core/Namespace/web.yaml"),
        (
            ("", "rbac.authorization.k8s.io", "ClusterRole", "system:node"),
            "_cluster/rbac.authorization.k8s.io/ClusterRole/system%3Anode.yaml",
        ),
        (("_cluster", "core", "X", "a/../b"), "%5Fcluster/%63ore/X/a%2F..%2Fb.yaml"),
        (("CON", "a", "K", "é"), "%43ON/a/K/%C3%A9.yaml"),
        (("a", "b", "C", ".."), "a/b/C/%2E%2E.yaml"),
    ],
)
def test_an_identity_has_one_path(identity: tuple[str, str, str, str], path: str) -> None:
    assert object_path(*identity) == path


def test_a_long_name_is_cut_at_200_bytes_and_tells_its_digest() -> None:
    # printf 'a%.0s' $(seq 253) | sha256sum
    value = component("a" * 253)
    assert value[:201] == "a" * 200 + "~"
    assert len(value) == 217
    assert component("a" * 200) == "a" * 200
    assert component("a" * 199 + "éb").startswith("a" * 199 + "~")


def test_names_equal_but_for_case_get_the_suffix_and_others_do_not() -> None:
    values = distinct(["Admin", "admin", "view"])
    assert values["view"] == "view"
    assert values["Admin"].startswith("Admin~")
    assert values["admin"].startswith("admin~")
