"""The `kube` library of customization scripts, natively: what `require("kube")` answers.

Each function takes texts and returns `(True, value)` or `(False, message)`: an exception would
put a Python object into a script's reach.

Rules: Karmada `luavm/kube.go`, karmada-semantics §2.17.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import orjson

from reconciler.interpret.errors import InterpretError
from reconciler.interpret.podtemplate import pod_dependencies, pod_requirements
from reconciler.model.quantity import ZERO, Quantity

Answer = tuple[bool, Any]


def host_functions(table_from: Callable[..., Any]) -> dict[str, Callable[..., Answer]]:
    """The functions by the names `sandbox.lua` expects."""

    def answer(function: Callable[..., Any], *arguments: Any) -> Answer:
        try:
            value = function(*arguments)
        except (InterpretError, ValueError, OverflowError) as problem:
            return False, str(problem)
        return True, table_from(value, recursive=True) if isinstance(value, dict | list) else value

    return {
        "resource_add": lambda texts: answer(resource_add, texts),
        "resource_number": lambda text: answer(resource_number, text),
        "pod_requirements": lambda template: answer(requirements, template),
        "pod_dependencies": lambda template, namespace: answer(dependencies, template, namespace),
    }


def resource_add(texts: str) -> str:
    """Sum of quantities, one a line, as canonical text."""
    return str(sum((Quantity.parse(text) for text in texts.split("\n") if text), ZERO))


def resource_number(text: str) -> float:
    """A quantity as a floating-point number of units."""
    return float(Quantity.parse(text).as_decimal())


def requirements(template: str) -> dict[str, Any] | None:
    """What one pod of the template asks of a cluster; nil for nothing."""
    return pod_requirements(decoded(template))


def dependencies(template: str, namespace: str) -> list[dict[str, Any]] | None:
    """What the pods of the template need beside them; nil for nothing."""
    return pod_dependencies(decoded(template), namespace) or None


def decoded(template: str) -> dict[str, Any]:
    """The JSON text of a Lua table; Lua's empty table is an empty template."""
    value = orjson.loads(template)
    if value == []:
        return {}
    if not isinstance(value, dict):
        raise InterpretError("a pod template must be a map")
    return value
