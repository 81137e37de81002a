"""Policy as code: what documents below a folder may do."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest

from reconciler.model.claim import Claim
from reconciler.model.cluster import Cluster
from reconciler.model.config import FleetConfig, Limit
from reconciler.model.diagnostic import Position
from reconciler.model.fleet import Fleet, Template
from reconciler.model.identity import ObjectKey
from reconciler.model.manifest import Manifest
from reconciler.model.policy import OverridePolicy, PolicyKind, PolicyRef, PropagationPolicy
from reconciler.model.work import AppliedOverride
from reconciler.model.world import State
from reconciler.plan.limits import (
    Decided,
    changed_limits,
    earlier_limits,
    limit_of,
    violations,
)
from tests.plan.builders import a_key, a_work

WEB = a_key()
EDGE = OverridePolicy(
    ref=PolicyRef(PolicyKind.OVERRIDE, "shop", "edge"),
    selectors=(),
    rules=(),
    position=Position("teams/edge/override.yaml", 1),
)
POLICY = PropagationPolicy(
    ref=PolicyRef(PolicyKind.PROPAGATION, "shop", "web"),
    selectors=(),
    position=Position("platform/web.yaml", 1),
)


def a_template(key: ObjectKey, path: str) -> Template:
    manifest = Manifest({"apiVersion": "v1", "kind": key.kind, "metadata": {"name": key.name}})
    return Template(
        key=key, manifest=manifest, digest="", spec_digest="", position=Position(path, 1)
    )


def decided(
    key: ObjectKey = WEB,
    path: str = "teams/shop/web.yaml",
    *clusters: str,
    **fleet: Any,
) -> Decided:
    works: Mapping[str, Any] = {name: {key: a_work(key, name)} for name in clusters}
    applied = (AppliedOverride(policy=EDGE.ref, rule=0),)
    return Decided(
        fleet=Fleet(templates={key: a_template(key, path)}, **fleet),
        claims={key: Claim(policy=POLICY)},
        overrides={key: dict.fromkeys(clusters, applied)},
        works=works,
    )


def told(*limits: Limit, given: Decided) -> list[str]:
    return [one.diagnostic.message for one in violations(limits, given)]


def test_without_limits_everything_may_be_done() -> None:
    assert not told(given=decided(WEB, "teams/shop/web.yaml", "eu-1"))


@pytest.mark.parametrize(
    ("folder", "path", "is_covered"),
    [
        ("teams/shop", "teams/shop/web.yaml", True),
        ("teams/shop/", "teams/shop/deep/web.yaml", True),
        ("teams/shop", "teams/shopping/web.yaml", False),
        ("teams/*", "teams/other/web.yaml", True),
        ("teams/*", "platform/web.yaml", False),
        (".", "anything.yaml", True),
        ("/", "deep/anything.yaml", True),
        ("teams/shop/web.yaml", "teams/shop/web.yaml", True),
    ],
)
def test_a_limit_covers_its_folder(folder: str, path: str, is_covered: bool) -> None:
    assert (limit_of((Limit(path=folder),), path) is not None) is is_covered


def test_the_last_limit_that_covers_a_file_counts() -> None:
    wide, narrow = Limit(path="teams", clusters=("eu-1",)), Limit(path="teams/shop")
    given = decided(WEB, "teams/shop/web.yaml", "us-1")
    assert not told(wide, narrow, given=given)
    assert told(narrow, wide, given=given)


def test_an_object_stays_on_the_clusters_of_its_folder() -> None:
    limit = Limit(path="teams/shop", clusters=("eu-*",))
    given = decided(WEB, "teams/shop/web.yaml", "eu-1", "us-1", "us-2")
    (violation,) = violations((limit,), given)
    assert violation.keys == {WEB}
    assert violation.diagnostic.message == (
        "apps/Deployment shop/web goes to us-1, us-2, which files below teams/shop may not target"
    )
    assert violation.diagnostic.code == "RC090"
    assert violation.diagnostic.position.path == "teams/shop/web.yaml"


def test_a_policy_answers_for_where_it_places_the_objects_of_others() -> None:
    limit = Limit(path="platform", clusters=("eu-1",))
    given = decided(WEB, "teams/shop/web.yaml", "us-1", propagation_policies=(POLICY,))
    (violation,) = violations((limit,), given)
    assert violation.keys == {WEB}
    assert violation.diagnostic.subject == "PropagationPolicy shop/web"


def test_an_override_answers_for_where_it_applies() -> None:
    limit = Limit(path="teams/edge", clusters=("edge-*",))
    given = decided(WEB, "teams/shop/web.yaml", "edge-1", "eu-1", override_policies=(EDGE,))
    (violation,) = violations((limit,), given)
    assert "goes to eu-1, which" in violation.diagnostic.message


@pytest.mark.parametrize(
    ("kinds", "is_allowed"),
    [
        (("apps/Deployment",), True),
        (("Deployment",), True),
        (("apps/*",), True),
        (("batch/Deployment",), False),
        (("ConfigMap", "Service"), False),
        ((), True),
    ],
)
def test_a_folder_holds_the_kinds_it_may(kinds: tuple[str, ...], is_allowed: bool) -> None:
    assert (told(Limit(path="teams", kinds=kinds), given=decided()) == []) is is_allowed


def test_a_policy_may_not_claim_a_kind_that_its_folder_may_not() -> None:
    limit = Limit(path="platform", kinds=("PropagationPolicy", "ConfigMap"))
    (message,) = told(limit, given=decided(propagation_policies=(POLICY,)))
    assert "concerns apps/Deployment" in message


@pytest.mark.parametrize(
    ("key", "namespaces", "is_allowed"),
    [
        (WEB, ("shop",), True),
        (WEB, ("billing",), False),
        (WEB, ("sh*",), True),
        (a_key("Namespace", "shop", ""), ("shop",), True),
        (a_key("Namespace", "billing", ""), ("shop",), False),
        (a_key("CustomResourceDefinition", "x.example", ""), ("shop",), False),
        (a_key("CustomResourceDefinition", "x.example", ""), ("*",), True),
    ],
)
def test_a_folder_writes_to_its_namespaces(
    key: ObjectKey, namespaces: tuple[str, ...], is_allowed: bool
) -> None:
    assert (
        told(Limit(path="teams", namespaces=namespaces), given=decided(key)) == []
    ) is is_allowed


def test_a_cluster_in_a_folder_that_may_not_hold_any_is_left_alone() -> None:
    cluster = Cluster(name="eu-1", position=Position("teams/shop/eu-1.yaml", 1))
    limit = Limit(path="teams/shop/eu-1.yaml", kinds=("Deployment",))
    (violation,) = violations((limit,), decided(clusters=(cluster,)))
    assert violation.cluster == "eu-1"


def test_a_commit_permits_itself_nothing() -> None:
    given = decided(WEB, "teams/shop/web.yaml", "eu-1", "us-1")
    tight, loose = Limit(path="teams", clusters=("eu-*",)), Limit(path="teams", clusters=())
    (found,) = violations([loose], given, [tight])
    assert found.is_earlier
    assert "us-1" in found.diagnostic.message
    assert "before this commit only eu-* were allowed" in found.diagnostic.hint


def test_what_both_limits_refuse_is_told_once() -> None:
    given = decided(WEB, "teams/shop/web.yaml", "eu-1", "us-1")
    tight = Limit(path="teams", clusters=("eu-*",))
    (found,) = violations([tight], given, [tight])
    assert not found.is_earlier


def test_earlier_limits_are_those_of_the_last_applied_commit() -> None:
    limits, waiting = (Limit(path="a"),), (Limit(path="b"),)
    before = Fleet(revision="1", config=FleetConfig(limits=limits))
    state = State(applied_revision="1", held_limits=waiting)
    assert earlier_limits(before, Fleet(revision="2"), state) == limits
    assert earlier_limits(before, Fleet(revision="1"), state) == waiting
    assert earlier_limits(None, Fleet(revision="2"), State()) == ()


def test_changed_limits_are_named() -> None:
    before = [Limit(path="a", clusters=("eu-*",)), Limit(path="b"), Limit(path="c")]
    after = [Limit(path="a", clusters=("eu-*", "us-1")), Limit(path="c"), Limit(path="d")]
    assert changed_limits(before, after) == (
        "a: clusters eu-* -> eu-*, us-1",
        "b: is gone",
        "d: is new",
    )
    assert changed_limits([Limit(path="a")], [Limit(path="a", kinds=("Pod",))]) == (
        "a: kinds all -> Pod",
    )
    assert changed_limits(before, before[::-1]) == ("their order",)
