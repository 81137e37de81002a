"""Promises of interpreting: inputs stay as they are, patterns mean what Lua's own mean."""

from __future__ import annotations

import copy
from typing import Any

import lupa.lua51 as lupa
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from reconciler.interpret.chain import Interpreter, InterpretError
from reconciler.interpret.kinds import NATIVE
from reconciler.interpret.lua.machine import PATTERNS, LuaMachine
from tests.interpret.bodies import a_customization, a_widget

INTERPRETER = Interpreter()
SCALARS = st.none() | st.booleans() | st.integers(-(2**53), 2**53) | st.text(max_size=8)
NAMES = st.sampled_from(
    [
        "spec",
        "status",
        "metadata",
        "template",
        "replicas",
        "containers",
        "conditions",
        "volumes",
        "labels",
        "phase",
        "type",
        "loadBalancer",
        "ingress",
        "resources",
        "requests",
        "tls",
        "name",
    ]
)
VALUES = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(NAMES, inner, max_size=4),
    max_leaves=12,
)
BODIES = st.builds(
    lambda kind, fields: {**fields, "apiVersion": kind.api_version, "kind": kind.kind},
    st.sampled_from(NATIVE),
    st.dictionaries(NAMES, VALUES, max_size=5),
)
ITEMS = st.lists(st.fixed_dictionaries({"clusterName": st.just("m"), "status": VALUES}), max_size=3)


@given(BODIES, BODIES, ITEMS)
def test_any_body_is_answered_or_refused_and_never_changed(
    body: dict[str, Any], other: dict[str, Any], items: list[dict[str, Any]]
) -> None:
    before = copy.deepcopy((body, other, items))
    for ask in (
        lambda: INTERPRETER.get_replicas(body),
        lambda: INTERPRETER.revise_replica(body, 3),
        lambda: INTERPRETER.retain(body, other),
        lambda: INTERPRETER.reflect_status(body),
        lambda: INTERPRETER.aggregate_status(body, items),
        lambda: INTERPRETER.interpret_health(body),
        lambda: INTERPRETER.get_dependencies(body),
    ):
        try:
            ask()
        except InterpretError:
            continue
    assert (body, other, items) == before


JSON_VALUES = st.recursive(
    st.booleans() | st.integers(-(2**53), 2**53) | st.text(max_size=8) | st.floats(-1e9, 1e9),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=6), inner, max_size=4)
    ),
    max_leaves=15,
)
MACHINE = LuaMachine()
IDENTITY = "function ReviseReplica(obj, n) return obj end"


@given(st.dictionaries(st.text(max_size=6), JSON_VALUES, max_size=4))
@example({"a": [{}, {}], "b": {"c": []}})
@example({"": {"": ""}})
def test_a_body_comes_back_from_lua_as_it_went_in(spec: dict[str, Any]) -> None:
    body = a_widget(x=spec)
    interpreter = Interpreter([a_customization({"replicaRevision": IDENTITY})], machine=MACHINE)
    assert blurred(interpreter.revise_replica(body, 1)) == blurred(body)


def blurred(value: Any) -> Any:
    """The value with its empty maps as empty lists: inside one list Lua cannot tell them apart."""
    if isinstance(value, dict):
        return {name: blurred(each) for name, each in value.items()} or []
    return [blurred(each) for each in value] if isinstance(value, list) else value


@pytest.fixture(scope="module")
def both() -> Any:
    """A function comparing Lua's own pattern functions with ours, made to search by itself."""
    source = PATTERNS.replace("SHORT_SEARCH = 4000", "SHORT_SEARCH = 0")
    assert source != PATTERNS
    return lupa.LuaRuntime().eval(
        """function(source)
          local ours = assert(loadstring(source))(string, function() end)
          local function listed(...)
            local out = {}
            for index = 1, select("#", ...) do out[index] = tostring((select(index, ...))) end
            return table.concat(out, "|")
          end
          local function all(library, text, form)
            local found = {}
            for a, b in library.gmatch(text, form) do
              found[#found + 1] = listed(a, b)
              if #found > 50 then break end
            end
            return table.concat(found, ";")
          end
          return function(text, form, init)
            local function answers(library)
              return table.concat({
                listed(pcall(library.find, text, form, init)),
                listed(pcall(library.match, text, form, init)),
                listed(pcall(library.gsub, text, form, "<%0>")),
                listed(pcall(library.gsub, text, form, {a = "A"}, 2)),
                listed(pcall(all, library, text, form)),
              }, " // ")
            end
            return answers(string), answers(ours)
          end
        end""",
    )(source)


ITEMS_OF_PATTERNS = st.sampled_from(
    [
        "a",
        "b",
        ".",
        "%a",
        "%D",
        "%s",
        "%w",
        "%p",
        "[ab]",
        "[^a]",
        "[a-c]",
        "[%a-]",
        "%%",
        "%-",
        "(a)",
        "()",
        "%b()",
        "%f[%a]",
        "(a*)%1",
        "[]a]",
    ]
)
FORMS = st.builds(
    lambda anchor, parts, end: anchor + "".join(item + how for item, how in parts) + end,
    st.sampled_from(["", "^"]),
    st.lists(st.tuples(ITEMS_OF_PATTERNS, st.sampled_from(["", "*", "+", "-", "?"])), max_size=4),
    st.sampled_from(["", "$"]),
)


@given(st.text(alphabet="abc()-% 1A", max_size=12), FORMS, st.sampled_from([1, 2, -3, 0, 20]))
@example("", "^", 1)
@example("aaa", "a-$", 1)
@example("x", "", 5)
def test_patterns_mean_what_luas_own_mean(both: Any, text: str, form: str, init: int) -> None:
    genuine, ours = both(text, form, init)
    assert ours == genuine
