"""`op: interpret`: one operation of the resource interpreter, by one of its layers."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any, Final

from reconciler.interpret.chain import Interpreter, InterpretError, LayerName, Operation
from reconciler.interpret.lua.machine import LuaMachine
from tests.conformance.runner import Refused

MACHINE: Final = LuaMachine()
NOW: Final = "<now>"


def get_replicas(interpreter: Interpreter, given: dict[str, Any]) -> dict[str, Any]:
    answer = interpreter.get_replicas(given["object"])
    assert answer is not None
    return {"replicas": answer.replicas, "requirements": answer.requirements}


def aggregate_status(interpreter: Interpreter, given: dict[str, Any]) -> dict[str, Any]:
    body = interpreter.aggregate_status(given["object"], given["items"])
    if body is None or body is given["object"] or body["apiVersion"] != "batch/v1":
        return {"object": body}
    return {"object": body | {"status": stamped(body.get("status") or {})}}


def stamped(status: dict[str, Any]) -> dict[str, Any]:
    """The reference stamps a Job's new conditions with its clock; ours carry a reported time."""
    conditions = [
        condition | {"lastProbeTime": NOW, "lastTransitionTime": NOW}
        for condition in status.get("conditions", ())
    ]
    return status | {"conditions": conditions} if conditions else status


def get_dependencies(interpreter: Interpreter, given: dict[str, Any]) -> dict[str, Any]:
    dependencies = interpreter.get_dependencies(given["object"])
    assert dependencies is not None
    return {"dependencies": sorted(dependencies, key=lambda one: json.dumps(one, sort_keys=True))}


ANSWERS: Final[dict[str, Callable[[Interpreter, dict[str, Any]], dict[str, Any]]]] = {
    "GetReplicas": get_replicas,
    "GetComponents": lambda it, given: {"components": it.get_components(given["object"])},
    "ReviseReplica": lambda it, given: {
        "object": it.revise_replica(given["object"], given["replicas"])
    },
    "Retain": lambda it, given: {"object": it.retain(given["object"], given["observed"])},
    "InterpretStatus": lambda it, given: {"status": it.reflect_status(given["object"])},
    "AggregateStatus": aggregate_status,
    "InterpretHealth": lambda it, given: {"healthy": it.interpret_health(given["object"])},
    "GetDependencies": get_dependencies,
}


def interpret(given: dict[str, Any]) -> dict[str, Any]:
    """Answer as the named layer alone does."""
    operation = Operation(given["operation"])
    body = given["object"]
    try:
        interpreter = Interpreter(
            given.get("customizations") or (),
            layers=(LayerName(given["interpreter"]),),
            machine=MACHINE,
        )
        if not interpreter.handles(operation, body["apiVersion"], body["kind"]):
            return {"enabled": False}
        answer = ANSWERS[operation](interpreter, given)
    except InterpretError as problem:
        raise Refused(str(problem)) from problem
    return answer if given["interpreter"] == LayerName.NATIVE else {"enabled": True, **answer}
