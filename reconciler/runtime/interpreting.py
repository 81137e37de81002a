"""Asking an interpreter offline: what `karmadactl interpret` does, from files alone.

Operations are known by Karmada's names for hook points (`GetReplicas`) and for webhooks
(`InterpretReplica`). Webhooks are not asked.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from reconciler.interpret.chain import Interpreter, InterpretError, Operation
from reconciler.interpret.lua.customization import problems
from reconciler.interpret.lua.machine import LuaMachine
from reconciler.interpret.webhook import WIRE_NAMES
from reconciler.model.errors import SettingsInvalid
from reconciler.parse.yaml import Unreadable, read_documents

_CUSTOMIZATION: Final = "ResourceInterpreterCustomization"

#: Every accepted name of every operation.
OPERATION_NAMES: Final[Mapping[str, Operation]] = {
    **{str(operation): operation for operation in Operation},
    **{name: operation for operation, name in WIRE_NAMES.items()},
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Materials:
    """What an operation works on; what is not given is None."""

    desired: dict[str, Any] | None = None
    observed: dict[str, Any] | None = None
    items: tuple[dict[str, Any], ...] = ()
    replicas: int | None = None

    def template(self) -> dict[str, Any]:
        """The desired object, or else the observed one."""
        return self._given(self.desired or self.observed, "--desired or --observed")

    def live(self) -> dict[str, Any]:
        """The observed object, or else the desired one."""
        return self._given(self.observed or self.desired, "--observed or --desired")

    def both(self) -> tuple[dict[str, Any], dict[str, Any]]:
        """Desired and observed."""
        return self._given(self.desired, "--desired"), self._given(self.observed, "--observed")

    def count(self) -> int:
        """The replicas to revise to."""
        if self.replicas is None:
            raise SettingsInvalid("ReviseReplica needs --replicas", hint="say how many")
        return self.replicas

    def _given(self, body: dict[str, Any] | None, option: str) -> dict[str, Any]:
        if body is None:
            raise SettingsInvalid(f"this operation needs {option}", hint="name a manifest file")
        return body


def _replicas(interpreter: Interpreter, given: Materials) -> dict[str, Any] | None:
    answer = interpreter.get_replicas(given.template())
    if answer is None:
        return None
    return {"replicas": answer.replicas, "requirements": answer.requirements}


def _named(
    name: str, ask: Callable[[Interpreter, Materials], Any]
) -> Callable[[Interpreter, Materials], dict[str, Any] | None]:
    def asked(interpreter: Interpreter, given: Materials) -> dict[str, Any] | None:
        answer = ask(interpreter, given)
        return None if answer is None else {name: answer}

    return asked


_ASK: Final[Mapping[Operation, Callable[[Interpreter, Materials], dict[str, Any] | None]]] = {
    Operation.GET_REPLICAS: _replicas,
    Operation.GET_COMPONENTS: _named("components", lambda i, m: i.get_components(m.template())),
    Operation.REVISE_REPLICA: _named(
        "revised", lambda i, m: i.revise_replica(m.template(), m.count())
    ),
    Operation.RETAIN: _named("retained", lambda i, m: i.retain(*m.both())),
    Operation.INTERPRET_STATUS: _named("status", lambda i, m: i.reflect_status(m.live())),
    Operation.AGGREGATE_STATUS: _named(
        "aggregated", lambda i, m: i.aggregate_status(m.template(), list(m.items))
    ),
    Operation.INTERPRET_HEALTH: _named("healthy", lambda i, m: i.interpret_health(m.live())),
    Operation.GET_DEPENDENCIES: _named(
        "dependencies", lambda i, m: i.get_dependencies(m.template())
    ),
}


def interpreted(
    operation: Operation, customizations: Sequence[dict[str, Any]], given: Materials
) -> dict[str, Any] | None:
    """The answer by its name, None where nobody handles the operation for the kind.

    Raises InterpretError where the body or a script is at fault, SettingsInvalid where something
    needed was not given.
    """
    return _ASK[operation](Interpreter(customizations), given)


def script_problems(customizations: Sequence[dict[str, Any]]) -> dict[str, list[str]]:
    """What is wrong with each customization, by name; the scripts are run."""
    machine = LuaMachine()
    return {
        str((document.get("metadata") or {}).get("name") or number): problems(document, machine)
        for number, document in enumerate(customizations, 1)
    }


def objects_of(path: Path) -> list[dict[str, Any]]:
    """Every object of a file; a list in it is read as its items. Raises SettingsInvalid."""
    try:
        readings = read_documents(path.read_bytes())
    except Unreadable as stopped:
        raise _unreadable(path, str(stopped.problem)) from stopped
    except OSError as error:
        raise _unreadable(path, error.strerror or "it cannot be opened") from error
    found: list[dict[str, Any]] = []
    for reading in readings:
        if reading.problem is not None:
            raise _unreadable(path, str(reading.problem))
        values = reading.value if isinstance(reading.value, list) else [reading.value]
        if any(not isinstance(value, dict) for value in values):
            raise _unreadable(path, "it holds something that is no object")
        found += values
    return found


def object_of(path: Path) -> dict[str, Any]:
    """The one object of a file. Raises SettingsInvalid."""
    found = objects_of(path)
    if len(found) != 1:
        raise _unreadable(path, f"one object is expected, not {len(found)}")
    return found[0]


def customizations_of(paths: Sequence[Path]) -> list[dict[str, Any]]:
    """The customizations of these files. Raises SettingsInvalid."""
    found = []
    for path in paths:
        for body in objects_of(path):
            if body.get("kind") != _CUSTOMIZATION:
                raise _unreadable(path, f"it holds something that is no {_CUSTOMIZATION}")
            found.append(body)
    return found


def _unreadable(path: Path, problem: str) -> SettingsInvalid:
    return SettingsInvalid(f"{path}: {problem}", hint="correct the file")


__all__ = [
    "OPERATION_NAMES",
    "InterpretError",
    "Materials",
    "Operation",
    "customizations_of",
    "interpreted",
    "object_of",
    "objects_of",
    "script_problems",
]
