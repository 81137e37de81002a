"""Law: whatever a member puts into an object, deciding and reporting about it does not fail."""

from __future__ import annotations

import copy
from collections.abc import Iterator
from contextlib import suppress
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from reconciler.diff.compare import compare
from reconciler.diff.context import Context
from reconciler.interpret.chain import Interpreter
from reconciler.interpret.errors import InterpretError
from reconciler.model.change import Action
from tests.diff.builders import FLEET, applied, config_map
from tests.stories.fleetbench import deployment
from tests.works import a_work

INTERPRETER = Interpreter([])
CONTEXT = Context(cluster="one", fleet_id=FLEET, retain=INTERPRETER.retain)
RETAINED = {"resourcetemplate.karmada.io/retain-replicas": "true"}
SERVICE = {
    "apiVersion": "v1",
    "kind": "Service",
    "metadata": {"name": "web", "namespace": "shop"},
    "spec": {"ports": [{"port": 80, "targetPort": 80}], "selector": {"app": "web"}},
}
MANIFESTS = (deployment("web"), deployment("web", labels=RETAINED), SERVICE, config_map())
STATUS = {
    "replicas": 1,
    "observedGeneration": 1,
    "conditions": [{"type": "Available", "status": "True"}],
}
#: What the client checks before anybody else sees the object.
CHECKED = {
    ("apiVersion",),
    ("kind",),
    ("metadata",),
    ("metadata", "name"),
    ("metadata", "namespace"),
}
ODD = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-1, 10**30)
    | st.floats(allow_nan=False)
    | st.text(max_size=3)
    | st.just("9" * 5000),
    lambda below: (
        st.lists(below, max_size=2)
        | st.dictionaries(st.sampled_from(("name", "f:x", "k:{", "")), below, max_size=2)
    ),
    max_leaves=4,
)


def places(value: Any, place: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """Where something stands in the object."""
    if place and place not in CHECKED:
        yield place
    entries: Any = ()
    if isinstance(value, dict):
        entries = value.items()
    elif isinstance(value, list):
        entries = enumerate(value)
    for name, below in entries:
        yield from places(below, (*place, name))


def put(body: dict[str, Any], place: tuple[Any, ...], new: Any) -> dict[str, Any]:
    """The object with something else there."""
    found: Any = (made := copy.deepcopy(body))
    for step in place[:-1]:
        found = found[step]
    found[place[-1]] = new
    return made


@st.composite
def hostile(draw: st.DrawFn) -> tuple[Any, dict[str, Any]]:
    """A manifest, and an object that a member says it is."""
    manifest = draw(st.sampled_from(MANIFESTS))
    body = {**applied(manifest), "status": STATUS}
    for _ in range(draw(st.integers(1, 3))):
        body = put(body, draw(st.sampled_from(sorted(places(body), key=str))), draw(ODD))
    return manifest, body


@given(hostile())
def test_nothing_that_a_member_says_is_a_crash(case: tuple[Any, dict[str, Any]]) -> None:
    manifest, observed = case
    before = copy.deepcopy(observed)
    assert compare(a_work(manifest), observed, CONTEXT).action is not Action.DELETE
    compare(None, observed, CONTEXT)
    for ask in (INTERPRETER.interpret_health, INTERPRETER.reflect_status):
        with suppress(InterpretError):
            ask(observed)
    assert observed == before
