"""Laws of overriders: inputs stay as they are, order counts, what is told is what is done."""

from __future__ import annotations

import copy
import json
from typing import Any

from hypothesis import assume, given
from hypothesis import strategies as st

from reconciler.overriders import OverrideFailed, apply, decode_overriders
from reconciler.overriders.image_reference import BadReference, parse_image
from reconciler.overriders.json_text import read_json, write_json
from reconciler.overriders.patch import patched
from reconciler.overriders.yaml_text import read_yaml, write_yaml

KEYS = st.sampled_from(["a", "b", "a/b", "~", "0", "name"])
SCALARS = st.none() | st.booleans() | st.integers(-(2**53), 2**53) | st.text(max_size=8)
VALUES = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(KEYS, inner, max_size=3),
    max_leaves=8,
)
OBJECTS = st.dictionaries(KEYS, VALUES, max_size=4)
PARTS = st.sampled_from(["a", "b", "a~1b", "~0", "0", "1", "-", "-1", "name", "+1", "01"])
PATHS = st.lists(PARTS, max_size=3).map(lambda parts: "".join(f"/{part}" for part in parts))
OPERATORS = st.sampled_from(["add", "remove", "replace"])
PLAIN = st.fixed_dictionaries({"operator": OPERATORS, "path": PATHS, "value": VALUES})
ENTRIES = st.fixed_dictionaries(
    {"operator": OPERATORS, "value": st.dictionaries(KEYS, st.text(max_size=4), max_size=3)}
)
OVERRIDERS = st.fixed_dictionaries(
    {},
    optional={
        "plaintext": st.lists(PLAIN, max_size=4),
        "labelsOverrider": st.lists(ENTRIES, max_size=2),
        "annotationsOverrider": st.lists(ENTRIES, max_size=2),
    },
)


@given(body=OBJECTS, overriders=OVERRIDERS)
def test_inputs_stay_as_they_are_and_the_same_input_has_one_result(
    body: dict[str, Any], overriders: dict[str, Any]
) -> None:
    before = copy.deepcopy((body, overriders))
    uses = decode_overriders(overriders)
    results: list[Any] = []
    for _ in range(2):
        try:
            results.append(apply(body, uses))
        except OverrideFailed as failure:
            results.append(str(failure))
    assert results[0] == results[1]
    assert (body, overriders) == before


@given(body=OBJECTS, overriders=OVERRIDERS)
def test_the_patch_told_is_the_change_made(
    body: dict[str, Any], overriders: dict[str, Any]
) -> None:
    try:
        result, patch = apply(body, decode_overriders(overriders))
    except OverrideFailed:
        assume(condition=False)
    assert patched(body, list(patch)) == result


@given(body=OBJECTS, key=KEYS, values=st.lists(st.text(max_size=3), min_size=1, max_size=4))
def test_the_last_write_wins(body: dict[str, Any], key: str, values: list[str]) -> None:
    rules = [{"operator": "add", "value": {key: value}} for value in values]
    body = {key_: value for key_, value in body.items() if key_ != "metadata"} | {"metadata": {}}
    result, _ = apply(body, decode_overriders({"labelsOverrider": rules}))
    assert result["metadata"]["labels"][key] == values[-1]


@given(st.dictionaries(st.text(max_size=5), VALUES, max_size=4))
def test_json_text_survives_reading_and_writing(value: dict[str, Any]) -> None:
    written = write_json(read_json(json.dumps(value, indent=2)))
    assert json.loads(written) == value
    assert write_json(read_json(written)) == written


PRINTABLE = st.text(st.characters(codec="utf-8", exclude_categories=["C"]), max_size=12)


@given(st.dictionaries(PRINTABLE, VALUES | PRINTABLE, min_size=1, max_size=5))
def test_yaml_text_survives_writing_and_reading(value: dict[str, Any]) -> None:
    assert read_yaml(write_yaml(value)) == value


@given(st.text(max_size=40))
def test_any_text_is_an_image_or_refused(text: str) -> None:
    try:
        image = parse_image(text)
    except BadReference:
        return
    assert image.repository
    if not (image.tag and "@" in text):
        assert str(image) == text


@given(st.text(max_size=60))
def test_any_text_is_yaml_or_refused(text: str) -> None:
    try:
        value = read_yaml(text)
    except OverrideFailed:
        return
    json.dumps(value, allow_nan=False)
