"""Promises of reading that hold for every input."""

from __future__ import annotations

from typing import Any

import orjson
from hypothesis import given
from hypothesis import strategies as st

from reconciler.model.diagnostic import Effect
from reconciler.model.emit import emit_yaml
from reconciler.parse import ParseMemory, parse_fleet
from reconciler.parse.yaml import locate, read_documents
from tests.parse.fleets import CLUSTER, CONFIG_MAP, OVERRIDE, POLICY, file, files

SCALARS = (
    st.none()
    | st.booleans()
    | st.integers(-(2**63), 2**64 - 1)
    | st.text(st.characters(exclude_categories=["Cs"]))
)
VALUES = st.recursive(
    SCALARS,
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(st.text(st.characters(exclude_categories=["Cs"])), inner, max_size=4)
    ),
    max_leaves=20,
)
FRAGMENTS = st.lists(
    st.sampled_from(
        [
            CONFIG_MAP,
            POLICY,
            OVERRIDE,
            CLUSTER,
            "---\n",
            "spec:\n",
            "  a: [",
            "*x",
            "&x ",
            "<<: ",
            "\t",
        ]
    )
    | st.text(max_size=8),
    max_size=6,
).map("".join)


@given(VALUES)
def test_json_and_our_own_yaml_read_back_as_they_were_written(value: Any) -> None:
    for data in (orjson.dumps({"value": value}), emit_yaml({"value": value})):
        (reading,) = read_documents(data)
        assert reading.problem is None
        assert reading.value == {"value": value}


@given(st.binary(max_size=200))
def test_unknown_bytes_never_raise(data: bytes) -> None:
    found = parse_fleet({**files(), "x.yaml": file("x.yaml", data)})
    assert all(one.position.path == "x.yaml" for one in found.diagnostics)
    assert isinstance(locate(data, 0, ("a", 0)), tuple)


@given(FRAGMENTS)
def test_what_is_not_in_the_fleet_is_frozen_or_held_and_has_an_error(text: str) -> None:
    found = parse_fleet({**files(), "x.yaml": file("x.yaml", text)})
    stopped = [one for one in found.diagnostics if one.effect is not Effect.NONE]
    assert bool(stopped) == bool(found.frozen)


@given(st.lists(FRAGMENTS, max_size=4), st.lists(FRAGMENTS, max_size=4))
def test_memory_is_only_speed(first: list[str], second: list[str]) -> None:
    memory = ParseMemory()
    for texts in (first, second):
        tree = files(**{f"f{number}": text for number, text in enumerate(texts)})
        assert parse_fleet(tree, memory=memory) == parse_fleet(tree)
