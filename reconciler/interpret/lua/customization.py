"""ResourceInterpreterCustomization: what a kind means, said in Lua.

Rules: karmada-semantics §1.10, §2.17. Several documents for one kind are taken in the order of
their names: the first script of an operation wins, dependency scripts all run.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from reconciler.interpret.errors import InterpretError
from reconciler.interpret.lua import result
from reconciler.interpret.lua.machine import LuaMachine
from reconciler.interpret.operation import Body, KindInterpreter, Operation, ReplicaAnswer

# The field of `spec.customizations` and the Lua function of each operation.
SCRIPT_FIELDS: Final = {
    Operation.GET_REPLICAS: ("replicaResource", "GetReplicas"),
    Operation.GET_COMPONENTS: ("componentResource", "GetComponents"),
    Operation.REVISE_REPLICA: ("replicaRevision", "ReviseReplica"),
    Operation.RETAIN: ("retention", "Retain"),
    Operation.INTERPRET_STATUS: ("statusReflection", "ReflectStatus"),
    Operation.AGGREGATE_STATUS: ("statusAggregation", "AggregateStatus"),
    Operation.INTERPRET_HEALTH: ("healthInterpretation", "InterpretHealth"),
    Operation.GET_DEPENDENCIES: ("dependencyInterpretation", "GetDependencies"),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Customization:
    """One document: scripts by operation for one kind of one API version."""

    name: str
    api_version: str
    kind: str
    scripts: Mapping[Operation, str] = field(default_factory=dict)


def decode(document: Mapping[str, Any]) -> Customization:
    """The customization in a ResourceInterpreterCustomization; InterpretError for another shape."""
    try:
        spec = document["spec"]
        target, fields = spec["target"], spec.get("customizations") or {}
        return Customization(
            name=str(document["metadata"]["name"]),
            api_version=str(target["apiVersion"]),
            kind=str(target["kind"]),
            scripts=scripts_of(fields),
        )
    except (KeyError, TypeError, AttributeError) as problem:
        raise InterpretError(f"not a ResourceInterpreterCustomization: {problem}") from problem


def scripts_of(fields: Mapping[str, Any]) -> dict[Operation, str]:
    """The scripts that are set; an empty one is none."""
    found = {}
    for operation, (name, _) in SCRIPT_FIELDS.items():
        script = (fields.get(name) or {}).get("luaScript")
        if isinstance(script, str) and script:
            found[operation] = script
    return found


def problems(document: Mapping[str, Any], machine: LuaMachine) -> list[str]:
    """What is wrong with a customization, found by running its scripts; empty for nothing."""
    try:
        customization = decode(document)
    except InterpretError as problem:
        return [str(problem)]
    found = []
    for operation, script in customization.scripts.items():
        field, function = SCRIPT_FIELDS[operation]
        try:
            machine.check(script, function)
        except InterpretError as problem:
            found.append(f"{field}: {problem}")
    return found


def interpreters(
    customizations: Iterable[Customization], machine: LuaMachine
) -> dict[tuple[str, str], KindInterpreter]:
    """One interpreter for each (API version, kind) that the customizations speak of."""
    by_kind: dict[tuple[str, str], list[Customization]] = {}
    for customization in sorted(customizations, key=lambda one: one.name):
        kind = (customization.api_version, customization.kind)
        by_kind.setdefault(kind, []).append(customization)
    return {kind: merged(kind, of_kind, machine) for kind, of_kind in by_kind.items()}


def merged(
    kind: tuple[str, str], customizations: list[Customization], machine: LuaMachine
) -> KindInterpreter:
    """The interpreter of one kind: per operation the first script, all scripts for dependencies."""
    scripts: dict[Operation, str] = {}
    for customization in customizations:
        scripts = {**customization.scripts, **scripts}
    dependency_scripts = [
        customization.scripts[Operation.GET_DEPENDENCIES]
        for customization in customizations
        if Operation.GET_DEPENDENCIES in customization.scripts
    ]
    handlers: dict[str, Callable[..., Any]] = {
        name: make(machine, scripts[operation])
        for operation, (name, make) in MAKERS.items()
        if operation in scripts
    }
    if dependency_scripts:
        handlers["get_dependencies"] = dependencies_handler(machine, dependency_scripts)
    return KindInterpreter(api_version=kind[0], kind=kind[1], **handlers)


def replicas_handler(machine: LuaMachine, script: str) -> Callable[[Body], ReplicaAnswer]:
    """GetReplicas(obj) → replicas, requirements."""

    def get_replicas(body: Body) -> ReplicaAnswer:
        replicas, requirements = machine.call(script, "GetReplicas", body)
        return ReplicaAnswer(
            replicas=result.decoded_count(replicas, "GetReplicas"),
            requirements=result.decoded_requirements(requirements, "GetReplicas"),
        )

    return get_replicas


def components_handler(machine: LuaMachine, script: str) -> Callable[[Body], list[Body]]:
    """GetComponents(obj) → list of components."""

    def get_components(body: Body) -> list[Body]:
        components, _ = machine.call(script, "GetComponents", body)
        raw = result.decoded_list(components, "GetComponents")
        return [result.component(one, "GetComponents") for one in raw]

    return get_components


def revision_handler(machine: LuaMachine, script: str) -> Callable[[Body, int], Body]:
    """ReviseReplica(obj, n) → obj."""

    def revise_replica(body: Body, replicas: int) -> Body:
        revised, _ = machine.call(script, "ReviseReplica", body, replicas)
        return result.decoded_object(revised, "ReviseReplica", (body,))

    return revise_replica


def retention_handler(machine: LuaMachine, script: str) -> Callable[[Body, Body], Body]:
    """Retain(desired, observed) → obj."""

    def retain(desired: Body, observed: Body) -> Body:
        retained, _ = machine.call(script, "Retain", desired, observed)
        return result.decoded_object(retained, "Retain", (desired, observed))

    return retain


def reflection_handler(machine: LuaMachine, script: str) -> Callable[[Body], Body]:
    """ReflectStatus(observed) → status."""

    def reflect_status(observed: Body) -> Body:
        status, _ = machine.call(script, "ReflectStatus", observed)
        return result.decoded_map(status, "ReflectStatus", (observed,))

    return reflect_status


def aggregation_handler(machine: LuaMachine, script: str) -> Callable[[Body, list[Body]], Body]:
    """AggregateStatus(desired, items) → obj; empty tables have nothing to be restored from."""

    def aggregate_status(template: Body, items: list[Body]) -> Body:
        written = [aggregated_item(item) for item in items]
        aggregated, _ = machine.call(script, "AggregateStatus", template, written)
        return result.decoded_object(aggregated, "AggregateStatus")

    return aggregate_status


def health_handler(machine: LuaMachine, script: str) -> Callable[[Body], bool]:
    """InterpretHealth(observed) → bool."""

    def interpret_health(observed: Body) -> bool:
        healthy, _ = machine.call(script, "InterpretHealth", observed)
        return result.decoded_bool(healthy, "InterpretHealth")

    return interpret_health


def dependencies_handler(machine: LuaMachine, scripts: list[str]) -> Callable[[Body], list[Body]]:
    """GetDependencies(desired) → list of references, concatenated over the scripts."""

    def get_dependencies(body: Body) -> list[Body]:
        found = []
        for script in scripts:
            references, _ = machine.call(script, "GetDependencies", body)
            raw = result.decoded_list(references, "GetDependencies")
            found += [result.dependency(one, "GetDependencies") for one in raw]
        return found

    return get_dependencies


MAKERS: Final[dict[Operation, tuple[str, Callable[[LuaMachine, str], Callable[..., Any]]]]] = {
    Operation.GET_REPLICAS: ("get_replicas", replicas_handler),
    Operation.GET_COMPONENTS: ("get_components", components_handler),
    Operation.REVISE_REPLICA: ("revise_replica", revision_handler),
    Operation.RETAIN: ("retain", retention_handler),
    Operation.INTERPRET_STATUS: ("reflect_status", reflection_handler),
    Operation.AGGREGATE_STATUS: ("aggregate_status", aggregation_handler),
    Operation.INTERPRET_HEALTH: ("interpret_health", health_handler),
}


def aggregated_item(item: Body) -> Body:
    """AggregatedStatusItem as Go writes it: zero values left out."""
    written = {name: value for name, value in item.items() if value or name == "status"}
    written["clusterName"] = item.get("clusterName") or ""
    return written
