"""A Lua 5.1 state that runs one function of one script on JSON values, inside the sandbox.

Strategy: values go in as fresh Lua tables and come out as JSON text, so that no Python object is
ever in a script's reach; `sandbox.lua` keeps the limits. A state in which anything went wrong is
thrown away: a script that ran into a limit leaves nothing behind.

Rules: Karmada `pkg/resourceinterpreter/customized/declarative/luavm`, karmada-semantics §2.17.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from importlib.resources import files
from typing import Any, Final, NoReturn

import orjson

from reconciler.interpret.errors import InterpretError
from reconciler.interpret.lua import kube
from reconciler.model.text import printable, shortened

INSTRUCTIONS: Final = 5_000_000
MEMORY_BYTES: Final = 64 * 1024 * 1024
LARGEST_SCRIPT: Final = 1024 * 1024
SCRIPTS_KEPT: Final = 512
MESSAGE_CHARACTERS: Final = 400

SANDBOX: Final = files(__package__).joinpath("sandbox.lua").read_text(encoding="utf-8")
PATTERNS: Final = files(__package__).joinpath("patterns.lua").read_text(encoding="utf-8")


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """One value a Lua function returned: its Lua type, and a table as JSON text."""

    kind: str
    value: Any


def refuse_attribute(_object: Any, _name: Any, _is_setting: Any) -> NoReturn:
    """No attribute of any Python object is visible from Lua."""
    raise AttributeError


@dataclass(frozen=True, slots=True)
class State:
    """One Lua state: its entry points, and the scripts compiled in it."""

    compile: Callable[[str], Any]
    run: Callable[..., Any]
    table_from: Callable[..., Any]
    chunks: dict[str, Any]

    def chunk(self, script: str) -> Any:
        """The compiled script; InterpretError when it is no Lua."""
        found = self.chunks.get(script)
        if found is None:
            if len(script) > LARGEST_SCRIPT:
                raise InterpretError(f"the script is longer than {LARGEST_SCRIPT} characters")
            found = self.compile(script)
            if isinstance(found, tuple):
                raise InterpretError(f"the script does not compile: {shown(found[1])}")
            self.chunks[script] = found
        return found

    def answer(
        self, action: str, script: str, function: str, arguments: tuple[Any, ...]
    ) -> tuple[Any, ...]:
        """What `sandbox.lua` says: success, then kind and value of each result, or a message."""
        chunk = self.chunk(script)
        values = [
            self.table_from(unshared(value), recursive=True)
            if isinstance(value, dict | list)
            else value
            for value in arguments
        ]
        answer: tuple[Any, ...] = self.run(action, chunk, function, *values)
        return answer


def unshared(value: Any) -> Any:
    """The same JSON value with no part in two places: `table_from` hands Lua an empty table for a
    map or list that it meets again.
    """
    return orjson.loads(orjson.dumps(value))


def new_state(instructions: int, memory: int) -> State:
    """A fresh Lua state with the sandbox loaded."""
    # Few fleets have scripts: those that have none do not load the library.
    from lupa import lua51  # noqa: PLC0415

    runtime = lua51.LuaRuntime(
        unpack_returned_tuples=True,
        register_eval=False,
        register_builtins=False,
        attribute_filter=refuse_attribute,
        overflow_handler=float,
        max_memory=memory,
    )
    load = runtime.eval("function(text, ...) return assert(loadstring(text, '=sandbox'))(...) end")
    host = runtime.table_from(kube.host_functions(runtime.table_from))
    compile_script, run = load(SANDBOX, instructions, PATTERNS, host)
    return State(compile=compile_script, run=run, table_from=runtime.table_from, chunks={})


class LuaMachine:
    """Runs scripts in a state that is made on demand and again after every failure."""

    def __init__(self, *, instructions: int = INSTRUCTIONS, memory: int = MEMORY_BYTES) -> None:
        self._instructions = instructions
        self._memory = memory
        self._state: State | None = None

    def check(self, script: str, function: str) -> None:
        """Raise InterpretError unless the script runs and defines the function."""
        self._answer("check", script, function)

    def call(self, script: str, function: str, *arguments: Any) -> tuple[Result, Result]:
        """The first two values that `function` of `script` returns for these JSON values.

        Raises InterpretError, and nothing else, whatever the script does.
        """
        _, first_kind, first, second_kind, second = self._answer(
            "call", script, function, *arguments
        )
        return Result(kind=first_kind, value=first), Result(kind=second_kind, value=second)

    def _answer(self, action: str, script: str, function: str, *values: Any) -> tuple[Any, ...]:
        state = self._state
        if state is None or len(state.chunks) >= SCRIPTS_KEPT:
            state = new_state(self._instructions, self._memory)
        # Kept only when the call ends well: nothing of a script that failed is met again.
        self._state = None
        answer = checked(lambda: state.answer(action, script, function, values), function)
        self._state = state
        return answer


def shown(message: str) -> str:
    """What a script said of its failure, made safe to print and of bounded length."""
    return shortened(printable(message), MESSAGE_CHARACTERS)


def checked(answer: Callable[[], tuple[Any, ...]], function: str) -> tuple[Any, ...]:
    """The answer of a call that succeeded; InterpretError for everything else."""
    from lupa import lua51  # noqa: PLC0415

    try:
        found = answer()
    except lua51.LuaMemoryError as problem:
        raise InterpretError(f"{function}: the script used too much memory") from problem
    except (lua51.LuaError, UnicodeError, OverflowError, TypeError, RecursionError) as problem:
        raise InterpretError(f"{function}: {shown(str(problem))}") from problem
    if not found[0]:
        raise InterpretError(f"{function}: {shown(found[1])}")
    return found
