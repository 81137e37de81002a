"""Promise of validation: an interpreter can be made of every document that it lets through."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import orjson
from hypothesis import given
from hypothesis import strategies as st

from reconciler.interpret.chain import Interpreter, Operation
from reconciler.model.source import EntryKind, SourceFile
from reconciler.parse import parse_fleet
from tests.interpret.bodies import a_customization

SETTINGS = b"apiVersion: fleet-reconciler.io/v1alpha1\nkind: FleetConfig\nfleetId: x\n"
CUSTOMIZATION = a_customization({"replicaResource": "function GetReplicas(obj) return 1 end"})
CONFIGURATION = {
    "apiVersion": "config.karmada.io/v1alpha1",
    "kind": "ResourceInterpreterWebhookConfiguration",
    "metadata": {"name": "hooks"},
    "webhooks": [
        {
            "name": "widgets.example.io",
            "clientConfig": {"service": {"namespace": "shop", "name": "hook", "port": 443}},
            "rules": [
                {
                    "operations": ["*"],
                    "apiGroups": ["example.io"],
                    "apiVersions": ["v1"],
                    "kinds": ["Widget"],
                }
            ],
            "timeoutSeconds": 3,
            "interpreterContextVersions": ["v1alpha1"],
        }
    ],
}
ODD: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | st.integers(-5, 50) | st.text(max_size=4) | st.just(1.5),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.text(max_size=3), inner),
    max_leaves=3,
)


def places(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """Every place below a value."""
    found = value.items() if isinstance(value, dict) else enumerate(value)
    for step, below in found:
        yield (*path, step)
        if isinstance(below, dict | list):
            yield from places(below, (*path, step))


@st.composite
def bent(draw: st.DrawFn) -> dict[str, Any]:
    """A good document with something odd in one or two places."""
    document = draw(st.sampled_from([CUSTOMIZATION, CONFIGURATION]))
    copy: dict[str, Any] = orjson.loads(orjson.dumps(document))
    for _ in range(draw(st.integers(1, 2))):
        *way, last = draw(st.sampled_from(list(places(copy))))
        inner: Any = copy
        for step in way:
            inner = inner[step]
        inner[last] = draw(ODD)
    return copy


def a_file(path: str, data: bytes) -> SourceFile:
    return SourceFile(path=path, oid=path, size=len(data), kind=EntryKind.BLOB, data=data)


@given(bent())
def test_an_interpreter_can_be_made_of_what_passes(document: dict[str, Any]) -> None:
    files = [a_file("reconciler.yaml", SETTINGS), a_file("doc.json", orjson.dumps(document))]
    fleet = parse_fleet({file.path: file for file in files}, revision="r")
    interpreter = Interpreter(
        [one.body for one in fleet.customizations], webhooks=[one.body for one in fleet.webhooks]
    )
    for operation in Operation:
        interpreter.handles(operation, "example.io/v1", "Widget")
