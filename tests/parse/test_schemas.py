"""Schemas are valid, complete, described, and say the same as the types they are decoded into."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import fields
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from reconciler.model.config import FleetConfig
from reconciler.parse.schemas import SCHEMAS, load_schema, schema_errors

FOLDER = Path(__file__).parents[2] / "schemas"
NAMES = sorted(set(SCHEMAS.values()))
#: Fields of FleetConfig whose wire name is not the same words in camelCase.
WIRE = {
    "include": "paths",
    "exclude": "paths",
    "skipped_namespaces": "skippedPropagatingNamespaces",
}


def properties(schema: Any, path: str = "") -> Iterator[tuple[str, dict[str, Any]]]:
    if isinstance(schema, dict):
        for name, inner in (schema.get("properties") or {}).items():
            yield f"{path}.{name}", inner
        for name, inner in schema.items():
            yield from properties(inner, f"{path}.{name}")
    elif isinstance(schema, list):
        for inner in schema:
            yield from properties(inner, path)


@pytest.mark.parametrize("name", NAMES)
def test_every_schema_is_valid_and_describes_every_field(name: str) -> None:
    schema = load_schema(name)
    Draft202012Validator.check_schema(schema)
    parts = schema["$defs"]
    for path, inner in properties(schema):
        reference = inner.get("$ref", "").removeprefix("#/$defs/")
        assert inner.get("description") or parts[reference]["description"], path


@pytest.mark.parametrize("name", NAMES)
def test_unknown_fields_are_refused_everywhere_but_in_metadata(name: str) -> None:
    schema = load_schema(name)
    closed = [schema, *(inner for _, inner in properties(schema) if "properties" in inner)]
    assert all("additionalProperties" in one for one in closed)


def test_every_kind_has_a_file_that_names_itself() -> None:
    for name in (*NAMES, "common.schema.json"):
        schema = json.loads((FOLDER / name).read_text())
        assert schema["$id"] == f"https://fleet-reconciler.io/schemas/{name}"


def test_every_setting_has_a_field_on_the_wire() -> None:
    known = load_schema("fleetconfig.schema.json")["properties"]
    for field in fields(FleetConfig):
        head, *rest = field.name.split("_")
        camel = head + "".join(word.capitalize() for word in rest)
        assert field.name in {"digest", "position"} or WIRE.get(field.name, camel) in known


def test_errors_name_the_field_and_what_to_do() -> None:
    policy = {
        "apiVersion": "policy.karmada.io/v1alpha1",
        "kind": "ClusterPropagationPolicy",
        "metadata": {"name": "x"},
        "spec": {
            "resourceSelectors": [{"apiVersion": "v1"}],
            "priorty": 1,
            "preemption": "Sometimes",
            "placement": {"clusterAffinity": {"clusterNames": "eu"}},
        },
    }
    errors = schema_errors("policy.karmada.io", "ClusterPropagationPolicy", policy)
    assert [(one.path, one.is_unknown_field) for one in errors] == [
        (("spec", "placement", "clusterAffinity", "clusterNames"), False),
        (("spec", "preemption"), False),
        (("spec", "priorty"), True),
        (("spec", "resourceSelectors", 0), False),
    ]
    assert errors[2].hint == "did you mean priority?"
    assert errors[3].message == "spec.resourceSelectors[0].kind is required"
