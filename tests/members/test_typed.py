"""Laws of typed values, field sets and patches, for any value of a few shapes."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reconciler.adapters.simulation import fieldset
from reconciler.adapters.simulation.errors import ApiError
from reconciler.adapters.simulation.patches import merge_patch, strategic_patch
from reconciler.adapters.simulation.selectors import field_predicate, label_predicate
from reconciler.adapters.simulation.shapes import Struct, type_table
from reconciler.adapters.simulation.typed import (
    ABSENT,
    TypedError,
    check,
    compare,
    field_set,
    merge,
    remove,
)

TABLE = type_table(36)
POD = TABLE.struct("api.core.v1.PodSpec")
names = st.sampled_from("abcd")
values = st.sampled_from(["", "1", "2"])
environments = st.lists(
    st.fixed_dictionaries({"name": names, "value": values}),
    unique_by=lambda one: str(one["name"]),
    max_size=4,
)
containers = st.lists(
    st.fixed_dictionaries(
        {"name": names},
        optional={
            "image": values,
            "env": environments,
            "args": st.lists(values, max_size=2),
            "resources": st.fixed_dictionaries(
                {}, optional={"limits": st.dictionaries(names, values, max_size=2)}
            ),
        },
    ),
    unique_by=lambda one: str(one["name"]),
    max_size=4,
)
pods = st.fixed_dictionaries(
    {"containers": containers},
    optional={
        "nodeSelector": st.dictionaries(names, values, max_size=2),
        "hostNetwork": st.booleans(),
    },
)


@given(pods)
def test_nothing_differs_from_itself(pod: dict[str, Any]) -> None:
    assert compare(pod, {**pod}, POD).is_same()


@given(pods, pods)
def test_what_one_side_gains_the_other_loses(old: dict[str, Any], new: dict[str, Any]) -> None:
    forth, back = compare(old, new, POD), compare(new, old, POD)
    assert forth.added == back.removed
    assert forth.modified == back.modified


@given(pods, pods)
def test_after_a_merge_every_applied_value_is_there(
    live: dict[str, Any], config: dict[str, Any]
) -> None:
    for interleave in (False, True):
        merged = merge(live, config, POD, interleave=interleave)
        changed = compare(config, merged, POD)
        assert not changed.removed
        assert not changed.modified
        assert merge(merged, config, POD, interleave=interleave) == merged


@given(pods)
def test_removing_everything_owned_leaves_no_items(pod: dict[str, Any]) -> None:
    rest = remove(pod, POD, field_set(pod, POD))
    assert rest is ABSENT or not rest.get("containers")


@given(pods)
def test_field_sets_survive_the_wire(pod: dict[str, Any]) -> None:
    fields = field_set(pod, POD)
    assert fieldset.parse(fieldset.written(fields)) == fields


@given(pods, pods)
def test_field_sets_are_sets(left: dict[str, Any], right: dict[str, Any]) -> None:
    one, other = field_set(left, POD), field_set(right, POD)
    both = fieldset.intersection(one, other)
    assert fieldset.union(fieldset.difference(one, other), both) == one
    assert fieldset.intersection(fieldset.difference(one, other), other) == {}
    assert fieldset.union(one, other) == fieldset.union(other, one)


@given(pods, pods)
def test_a_merge_patch_is_idempotent(target: dict[str, Any], patch: dict[str, Any]) -> None:
    once = merge_patch(target, patch)
    assert merge_patch(once, patch) == once


@given(pods, pods)
def test_a_strategic_patch_keeps_items_it_does_not_name(
    target: dict[str, Any], patch: dict[str, Any]
) -> None:
    patched = strategic_patch(target, patch, POD)
    wanted = {one["name"] for one in target["containers"]} | {
        one["name"] for one in patch["containers"]
    }
    assert {one["name"] for one in patched["containers"]} == wanted


@pytest.mark.parametrize(
    ("pod", "message"),
    [
        ({"containers": [{"name": "a"}, {"name": "a"}]}, "duplicate entries"),
        ({"containers": [{"image": "i"}]}, 'omits key field "name"'),
        ({"container": []}, "field not declared in schema"),
        ({"hostNetwork": "yes"}, "expected boolean"),
    ],
)
def test_a_configuration_must_fit_its_type(pod: dict[str, Any], message: str) -> None:
    with pytest.raises(TypedError, match=message):
        check(pod, POD)


@pytest.mark.parametrize("text", ["a in", "a in (b", "a b", "!", "a=b c", "a>x"])
def test_malformed_label_selectors_are_refused(text: str) -> None:
    with pytest.raises(ApiError):
        label_predicate(text)


def test_field_selectors_compare_texts() -> None:
    matches = field_predicate("spec.unschedulable=false,metadata.name!=b", "nodes")
    assert matches is not None
    assert matches({"metadata": {"name": "a"}, "spec": {}})
    assert not matches({"metadata": {"name": "b"}, "spec": {}})


@pytest.mark.parametrize("minor", range(20, 38))
def test_every_version_knows_its_types(minor: int) -> None:
    service = type_table(minor).of_kind("", "v1", "Service")
    assert service is not None
    spec = service.fields["spec"]
    assert isinstance(spec, Struct)
    assert getattr(spec.fields["ports"], "keys", ()) == ("port", "protocol")
