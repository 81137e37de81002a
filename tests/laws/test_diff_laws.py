"""Promises of the diff that hold for every object."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from reconciler.diff.compare import compare
from reconciler.diff.context import Context
from reconciler.diff.redact import SecretValues
from reconciler.diff.walk import EVERYTHING, differences
from reconciler.diff.works import compare_works
from reconciler.model.change import Action
from reconciler.model.config import IgnoreRule
from tests.diff.builders import FLEET, applied
from tests.works import a_work

NAMES = st.sampled_from(["a", "b", "name", "env", "ports", "limits", "data", "metrics", "x/y"])
SCALARS = st.one_of(
    st.none(), st.booleans(), st.integers(-5, 5), st.text("ab1Gim", max_size=4), st.floats(0, 2)
)
VALUES = st.recursive(
    SCALARS,
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(NAMES, inner, max_size=4)),
    max_leaves=12,
)
SPECS = st.dictionaries(NAMES, VALUES, max_size=4)
VERSIONS = st.sampled_from([("apps/v1", "Deployment"), ("example.io/v1", "Thing")])
CONTEXT = Context(cluster="one", fleet_id=FLEET)


def manifest(spec: dict[str, Any], version: tuple[str, str]) -> dict[str, Any]:
    return {
        "apiVersion": version[0],
        "kind": version[1],
        "metadata": {"name": "n", "namespace": "s"},
        "spec": spec,
    }


@given(SPECS, VERSIONS)
def test_what_was_applied_is_unchanged(spec: dict[str, Any], version: tuple[str, str]) -> None:
    body = manifest(spec, version)
    change = compare(a_work(body), applied(body), CONTEXT)
    assert change.action is Action.UNCHANGED, change.edits


@given(SPECS, VERSIONS)
def test_a_work_equals_itself(spec: dict[str, Any], version: tuple[str, str]) -> None:
    body = manifest(spec, version)
    assert compare_works(a_work(body), a_work(dict(body))).action is Action.UNCHANGED
    assert differences(body, body, EVERYTHING, is_built_in=True) == []


@given(SPECS, SPECS, VERSIONS)
def test_no_input_makes_a_comparison_fail(
    one: dict[str, Any], other: dict[str, Any], version: tuple[str, str]
) -> None:
    desired, observed = manifest(one, version), manifest(other, version)
    for there in (observed, applied(observed)):
        change = compare(a_work(desired), there, CONTEXT)
        assert change.action in {
            Action.UNCHANGED,
            Action.UPDATE,
            Action.ADOPT,
            Action.CONFLICT,
        }


@given(st.dictionaries(NAMES, st.text("abcdefgh", min_size=6), min_size=1, max_size=3), SPECS)
def test_no_secret_value_is_in_an_edit(values: dict[str, str], spec: dict[str, Any]) -> None:
    secret = {
        "apiVersion": "v1",
        "kind": "Secret",
        "metadata": {"name": "n", "namespace": "s"},
        "stringData": values,
    }
    secrets = SecretValues.of([secret])
    leaking = manifest({**spec, "leak": list(values.values())}, ("example.io/v1", "Thing"))
    context = Context(cluster="one", fleet_id=FLEET, secrets=secrets)
    plain = manifest(spec, ("example.io/v1", "Thing"))
    changes = [
        compare(a_work(leaking), applied(plain), context),
        compare_works(a_work(plain), a_work(leaking), secrets),
        compare_works(a_work({**secret, "stringData": {}}), a_work(secret)),
    ]
    for change in changes:
        for value in values.values():
            assert value not in repr(change.edits)


TREE_STEPS = [
    "f:spec",
    "f:metadata",
    "f:env",
    "f:a",
    "f:name",
    "f:",
    'k:{"name":"a"}',
    "k:[1]",
    "k:{",
    'k:{"name":{}}',
    'v:"a"',
    ".",
    "x",
]
TREES: st.SearchStrategy[Any] = st.recursive(
    st.one_of(st.none(), st.integers(), st.just("text"), st.just({}), st.just([])),
    lambda inner: st.dictionaries(st.sampled_from(TREE_STEPS), inner, max_size=4),
    max_leaves=12,
)


@given(SPECS, SPECS, TREES, TREES, VERSIONS)
def test_no_managed_fields_make_a_comparison_fail(
    one: dict[str, Any], other: dict[str, Any], ours: Any, theirs: Any, version: tuple[str, str]
) -> None:
    observed = applied(manifest(other, version))
    observed["metadata"]["managedFields"] = [
        {"manager": "reconciler", "operation": "Apply", "apiVersion": version[0], "fieldsV1": ours},
        {"manager": "them", "operation": "Update", "fieldsV1": theirs},
    ]
    rule = IgnoreRule(managers=("them",), paths=("/spec/a/0", "/spec/env/name"))
    compare(a_work(manifest(one, version)), observed, replace(CONTEXT, ignore_differences=(rule,)))


@given(st.integers(1, 1000))
def test_no_depth_makes_a_comparison_fail(depth: int) -> None:
    body = manifest({"a": 1}, ("example.io/v1", "Thing"))
    observed = applied(manifest({"a": 1, "env": 1}, ("example.io/v1", "Thing")))
    deep: Any = 1
    for _ in range(depth):
        deep = {"x": [deep]}
    observed["spec"]["env"] = deep
    change = compare(a_work(body), observed, CONTEXT)
    assert change.action in {Action.UPDATE, Action.CONFLICT}
