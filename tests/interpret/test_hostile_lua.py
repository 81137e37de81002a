"""Scripts that mean harm: each ends soon, as an InterpretError of its own object and nothing else.

Cases: attack-cases 13 of the threat list and the twelve named with the sandbox.
"""

from __future__ import annotations

from typing import Any, Final

import pytest

from reconciler.interpret.chain import Interpreter, InterpretError
from reconciler.interpret.lua.machine import LuaMachine

WIDGET: Final[dict[str, Any]] = {
    "apiVersion": "example.io/v1",
    "kind": "Widget",
    "metadata": {"name": "w"},
    "spec": {"text": "a" * 60},
}
HEALTHY: Final = "function InterpretHealth(obj) return true end"

ENDLESS: Final = {
    "an endless loop": "while true do end",
    "a loop in the chunk's functions": "local function f() return f() end f()",
    "pattern backtracking": "return string.find(string.rep('a', 4000), string.rep('.-', 6) .. 'b')",
    "backtracking through a method": "return (('a'):rep(3000)):match(('a*'):rep(8) .. 'b')",
    "backtracking in gsub": "return string.gsub(string.rep('a', 3000), '(a*)*b.-.-.-.-c', '')",
    "backtracking in gmatch": "for x in string.gmatch(string.rep('a', 3000), 'a*a*a*a*b') do end",
    "a pcall loop around the limit": "while true do pcall(function() while true do end end) end",
    "nested pcalls around the limit": (
        "local function f() pcall(f) while true do pcall(f) end end while true do pcall(f) end"
    ),
    "xpcall whose handler runs on": (
        "local function f() while true do end end while true do xpcall(f, f) end"
    ),
    "a pcall loop around a slow search": (
        "while true do pcall(string.find, string.rep('a', 4000), '.-.-.-.-.-b') end"
    ),
    "strings that double": "local s = 'x' while true do s = s .. s end",
    "strings that double, caught": (
        "while true do pcall(function() local s = 'x' while true do s = s .. s end end) end"
    ),
    "a table that grows": "local t = {} while true do t[#t + 1] = {} end",
    "a table that grows, caught": (
        "local t = {} while true do pcall(function() while true do t[#t + 1] = {} end end) end"
    ),
    "string.rep of a huge count": "return string.rep('x', 1e9)",
    "string.rep in a loop": "local t = {} while true do t[#t + 1] = string.rep('x', 1e6) end",
    "string.rep, caught": "while true do pcall(string.rep, 'x', 8e6) end",
    "plain search of a long text": (
        "local s = string.rep('a', 4e6) return string.find(s, string.rep('a', 2e6) .. 'b', 1, true)"
    ),
    "sorting without end": (
        "local t = {} for i = 1, 2e5 do t[i] = -i end while true do table.sort(t) end"
    ),
    "inserting at the front": "local t = {} while true do table.insert(t, 1, 1) end",
    "joining without end": (
        "local t = {} for i = 1, 2e5 do t[i] = 'xxxxxxxxxx' end while true do table.concat(t) end"
    ),
    "format of long texts": "local s = string.rep('a', 4e6) while true do s:upper() s:format() end",
    "recursion": "local function f() return 1 + f() end return f()",
    "recursion through pcall": (
        "local function f() return pcall(f) and pcall(f) end while true do f() end"
    ),
    "recursion through tostring and sort": (
        "local function f() table.sort({3, 2, 1}, function() f() return false end) end f()"
    ),
}

REFUSED: Final = {
    "os.execute": "os.execute('true')",
    "os.getenv": "os.getenv('HOME')",
    "the clock": "return os.time()",
    "the clock as text": "return os.date('%c')",
    "io": "io.open('/etc/passwd')",
    "loading code": "loadstring('return 1')()",
    "loading files": "dofile('/etc/passwd')",
    "require of a file": "require('os2')",
    "the package table": "package.loadlib('x', 'y')",
    "debug": "debug.getregistry()",
    "python": "python.eval('1')",
    "coroutines": "coroutine.wrap(function() while true do end end)()",
    "the metatable of strings": "getmetatable('').__index = nil",
    "the methods of strings": "('').rep = nil",
    "setting metatables": "setmetatable(_G, {})",
    "environments": "setfenv(1, {})",
    "environments of others": "getfenv(0).x = 1",
    "raw access": "rawset(_G, 'x', 1)",
    "garbage collection": "collectgarbage('stop')",
    "proxies": "newproxy(true)",
    "random numbers": "math.random()",
    "an error with a table": "error({code = 1})",
    "an error without a value": "error()",
    "an error in the error handler": "xpcall(error, function() error('again') end) error('done')",
    "calling what is no function": "obj()",
    "bad quantities": "require('kube').resourceAdd('12 apples')",
    "a table for a quantity": "require('kube').getResourceQuantity({})",
    "a function for a template": "require('kube').accuratePodRequirements({spec = print})",
    "broken patterns": "string.find('a', '[a')",
    "invalid text": "obj.x = '\\255\\254' error(obj.x)",
}

WRONG_RESULTS: Final = {
    "text for health": "return 'true'",
    "nothing for health": "return nil",
    "a table for health": "return {true}",
    "a function for health": "return print",
    "a number for health": "return 1",
}


def health(body_of_function: str) -> str:
    """An InterpretHealth script."""
    return f"function InterpretHealth(obj)\n{body_of_function}\nend"


def interpreter_of(machine: LuaMachine, **scripts: str) -> Interpreter:
    """An interpreter of Widgets with one script by customization field."""
    customizations = {field: {"luaScript": script} for field, script in scripts.items()}
    document = {
        "metadata": {"name": "widgets"},
        "spec": {
            "target": {"apiVersion": "example.io/v1", "kind": "Widget"},
            "customizations": customizations,
        },
    }
    return Interpreter([document], machine=machine)


@pytest.fixture(scope="module")
def machine() -> LuaMachine:
    """One machine for all: what one script leaves behind would meet the next."""
    return LuaMachine()


@pytest.mark.timeout(4)
@pytest.mark.parametrize("script", ENDLESS.values(), ids=ENDLESS.keys())
def test_a_script_that_would_not_end_is_ended(machine: LuaMachine, script: str) -> None:
    interpreter = interpreter_of(machine, healthInterpretation=health(script))
    with pytest.raises(InterpretError):
        interpreter.interpret_health(WIDGET)
    assert interpreter_of(machine, healthInterpretation=HEALTHY).interpret_health(WIDGET) is True


@pytest.mark.parametrize("script", REFUSED.values(), ids=REFUSED.keys())
def test_a_script_has_no_way_out(machine: LuaMachine, script: str) -> None:
    interpreter = interpreter_of(machine, healthInterpretation=health(script))
    with pytest.raises(InterpretError):
        interpreter.interpret_health(WIDGET)


@pytest.mark.parametrize("script", WRONG_RESULTS.values(), ids=WRONG_RESULTS.keys())
def test_a_result_of_the_wrong_type_is_an_error(machine: LuaMachine, script: str) -> None:
    interpreter = interpreter_of(machine, healthInterpretation=health(script))
    with pytest.raises(InterpretError):
        interpreter.interpret_health(WIDGET)


@pytest.mark.parametrize(
    "returned",
    ["nil", "1", "{}", "{1, 2}", "{kind = {}}", "{kind = 'W', [1] = 1}", "{kind = 'W', x = print}"],
)
def test_a_revised_body_has_to_be_an_object(machine: LuaMachine, returned: str) -> None:
    script = f"function ReviseReplica(obj, n) return {returned} end"
    interpreter = interpreter_of(machine, replicaRevision=script)
    with pytest.raises(InterpretError):
        interpreter.revise_replica(WIDGET, 3)


@pytest.mark.parametrize("returned", ["1/0", "0/0", "'3'", "1e12", "{}, {}", "1, 'x'", "1, {1}"])
def test_a_replica_count_has_to_be_a_number_with_requirements(
    machine: LuaMachine, returned: str
) -> None:
    script = f"function GetReplicas(obj) return {returned} end"
    interpreter = interpreter_of(machine, replicaResource=script)
    with pytest.raises(InterpretError):
        interpreter.get_replicas(WIDGET)


def test_a_cyclic_result_is_an_error(machine: LuaMachine) -> None:
    script = "function ReviseReplica(obj, n) obj.self = obj return obj end"
    with pytest.raises(InterpretError, match="recursively nested"):
        interpreter_of(machine, replicaRevision=script).revise_replica(WIDGET, 1)


def test_a_result_nested_too_deeply_is_an_error(machine: LuaMachine) -> None:
    script = """function ReviseReplica(obj, n)
      local deep = obj
      for i = 1, 100000 do deep.x = {} deep = deep.x end
      return obj
    end"""
    with pytest.raises(InterpretError):
        interpreter_of(machine, replicaRevision=script).revise_replica(WIDGET, 1)


def test_globals_do_not_reach_the_next_object(machine: LuaMachine) -> None:
    script = """function InterpretHealth(obj)
      local fresh = counter == nil and string.secret == nil and require('kube').secret == nil
      counter, string.secret = 1, 1
      require('kube').secret = 1
      string.format, pairs, _G.tostring = nil, nil, nil
      return fresh
    end"""
    interpreter = interpreter_of(machine, healthInterpretation=script)
    assert [interpreter.interpret_health(WIDGET) for _ in range(3)] == [True, True, True]


def test_a_script_cannot_change_its_input(machine: LuaMachine) -> None:
    body = {**WIDGET, "spec": {"size": 1, "empty": {}}}
    script = "function ReviseReplica(obj, n) obj.spec.size = n return obj end"
    revised = interpreter_of(machine, replicaRevision=script).revise_replica(body, 7)
    assert revised == {**body, "spec": {"size": 7, "empty": {}}}
    assert body["spec"] == {"size": 1, "empty": {}}


@pytest.mark.parametrize(
    "script",
    [
        "function InterpretHealth(",
        "\x1bLua",
        "x" * 2_000_000,
        "return 1",
        "error('early')",
        "a.b.c = 1",
    ],
    ids=["syntax", "bytecode", "length", "no function", "error in the chunk", "nil in the chunk"],
)
def test_a_script_that_is_none_is_an_error(machine: LuaMachine, script: str) -> None:
    with pytest.raises(InterpretError):
        interpreter_of(machine, healthInterpretation=script).interpret_health(WIDGET)


def test_the_limit_counts_instructions_and_not_time() -> None:
    counting = health("local n = 0 for i = 1, 20000 do n = n + i end return true")
    generous, strict = LuaMachine(instructions=1_000_000), LuaMachine(instructions=10_000)
    assert interpreter_of(generous, healthInterpretation=counting).interpret_health(WIDGET) is True
    with pytest.raises(InterpretError, match="instruction limit"):
        interpreter_of(strict, healthInterpretation=counting).interpret_health(WIDGET)
