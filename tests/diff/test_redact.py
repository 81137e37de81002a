"""Secrets do not reach an edit or a text, by place or by value."""

from __future__ import annotations

import base64
import json
from typing import Any

import orjson
import pytest

from reconciler.diff.compare import compare
from reconciler.diff.context import Context
from reconciler.diff.redact import SecretValues
from reconciler.diff.works import compare_works
from reconciler.model.mask import Mask
from tests.diff.builders import FLEET, applied, config_map
from tests.works import a_work

CANARY = "canary-7f3a9"


def secret(value: str, **more: str) -> dict[str, Any]:
    return {
        "apiVersion": "v1",
        "kind": "Secret",
        "metadata": {"name": "key", "namespace": "shop"},
        "stringData": {"password": value, **more},
    }


def context(*manifests: dict[str, Any]) -> Context:
    return Context(cluster="one", fleet_id=FLEET, secrets=SecretValues.of(manifests))


def test_secret_data_is_masked_and_equal_values_have_equal_masks() -> None:
    observed = applied(secret("old-value", same="old-value", kept="x"))
    wanted = secret(CANARY, same=CANARY, kept="x")
    change = compare(a_work(wanted), observed, context())
    assert [(edit.path, edit.before, edit.after) for edit in change.edits] == [
        ("data.password", Mask("old-value"), Mask(CANARY)),
        ("data.same", Mask("old-value"), Mask(CANARY)),
    ]
    assert all(edit.is_sensitive for edit in change.edits)
    assert CANARY not in repr(change.edits)


def test_a_secret_value_is_masked_wherever_it_turns_up() -> None:
    known = context(secret(CANARY))
    encoded = base64.b64encode(CANARY.encode()).decode()
    wanted = config_map(a=f"postgres://u:{CANARY}@db", b=encoded, c="harmless")
    change = compare(a_work(wanted), applied(config_map(a="1", b="2", c="3")), known)
    shown = {edit.path: edit.after for edit in change.edits}
    assert shown["data.c"] == "harmless"
    assert CANARY not in repr(change)
    assert encoded not in repr(change)


def test_a_value_has_one_mask_whether_plain_or_in_base64() -> None:
    known = context(secret(CANARY))
    encoded = base64.b64encode(CANARY.encode()).decode()
    wanted = config_map(a=CANARY, b=encoded, c=f"x{CANARY}")
    change = compare(a_work(wanted), applied(config_map(a="1", b="2", c="3")), known)
    masks = {edit.path: edit.after for edit in change.edits}
    assert masks["data.a"] == masks["data.b"] == Mask(CANARY)
    assert masks["data.c"] == Mask(f"x{CANARY}")


def test_no_writer_of_json_takes_a_mask() -> None:
    with pytest.raises(TypeError):
        orjson.dumps(Mask(CANARY))
    with pytest.raises(TypeError):
        json.dumps(Mask(CANARY))
    assert str(Mask(CANARY)) == repr(Mask(CANARY)) == "(sensitive)"


def test_the_last_applied_annotation_is_masked() -> None:
    observed = applied(config_map())
    mark = "kubectl.kubernetes.io/last-applied-configuration"
    wanted = config_map()
    wanted["metadata"]["annotations"] = {mark: '{"data":"x"}'}
    change = compare(a_work(wanted), observed, context())
    assert [(edit.after, edit.is_sensitive) for edit in change.edits] == [
        (Mask('{"data":"x"}'), True)
    ]


def test_offline_plans_are_masked_too() -> None:
    change = compare_works(a_work(secret("old-value")), a_work(secret(CANARY)))
    assert len(change.edits) == 1
    assert CANARY not in repr(change.edits)
    assert "old-value" not in repr(change.edits)


def test_texts_lose_every_known_value() -> None:
    values = SecretValues.of([secret(CANARY, pin="12345678", tiny="on")])
    encoded = base64.b64encode(CANARY.encode()).decode()
    text = values.redact(f'bad "{CANARY}" and {encoded}, pin 12345678, is on')
    assert text == 'bad "(sensitive)" and (sensitive), pin (sensitive), is on'
    assert values.redact("on") == "(sensitive)"
    assert values.is_known(12345678)
    assert not values.is_known(True)


def test_a_value_inside_the_mask_does_not_loop() -> None:
    assert SecretValues(["(sensitive)", "sensitive"]).redact("a sensitive text") == (
        "a (sensitive) text"
    )


def test_a_value_of_many_lines_is_found_in_any_guise() -> None:
    key = '-----BEGIN KEY-----\nMIIEvQIBADANBgkq"hk\n-----END KEY-----\n'
    values = SecretValues.of([secret(key)])
    for text in (key, json.dumps(key), f"invalid value: {key!r}", 'line MIIEvQIBADANBgkq"hk!'):
        assert "MIIEvQIBADANBgkq" not in values.redact(text)


def test_what_stands_in_a_secret_is_masked_by_its_place_alone() -> None:
    before, after = ({**secret(CANARY), "data": {"pin": number}} for number in (7, 8))
    change = compare_works(a_work(before), a_work(after))
    assert [(edit.path, edit.before, edit.after) for edit in change.edits] == [
        ("data.pin", Mask("7"), Mask("8"))
    ]
