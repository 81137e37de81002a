"""Pod: one replica; the worst phase of all clusters counts."""

from __future__ import annotations

from typing import Any, Final

from reconciler.interpret import typed, workload
from reconciler.interpret.body import list_at, map_at, statuses, text_at
from reconciler.interpret.operation import Body, KindInterpreter, ReplicaAnswer
from reconciler.interpret.podtemplate import pod_requirements

# The first of these that any cluster reports is the phase of the template.
PHASES: Final = ("Failed", "Pending", "Running", "Succeeded")
KEPT_OF_SPEC: Final = ("nodeName", "serviceAccountName", "volumes")
CONTAINER_LISTS: Final = ("containers", "initContainers")
STATUS_LISTS: Final = ("containerStatuses", "initContainerStatuses")


def get_replicas(body: Body) -> ReplicaAnswer:
    """One, and what the pod itself asks for."""
    return ReplicaAnswer(replicas=1, requirements=pod_requirements(body))


def retain(desired: Body, observed: Body) -> Body:
    """What the member's admission and scheduler filled in: node, account, volumes and mounts."""
    seen = map_at(observed, "spec")
    spec = dict(map_at(desired, "spec"))
    for name in KEPT_OF_SPEC:
        spec.pop(name, None)
        if seen.get(name):
            spec[name] = seen[name]
    for name in CONTAINER_LISTS:
        if spec.get(name):
            spec[name] = with_mounts(spec[name], list_at(seen, name))
    return typed.written(desired | {"spec": spec}, typed.POD)


def with_mounts(containers: list[Body], seen: list[Body]) -> list[Body]:
    """The containers, each with the mounts of the observed one of its name."""
    mounts: dict[Any, Any] = {one.get("name"): one.get("volumeMounts") for one in seen}
    return [
        one | {"volumeMounts": mounts[one.get("name")]} if one.get("name") in mounts else one
        for one in containers
    ]


def aggregate_status(template: Body, items: list[Body]) -> Body:
    """The worst phase, and readiness and state of all containers one after another."""
    if not items:
        return template
    found = [status for _, status in statuses(items)]
    # A cluster that has not reported yet counts as pending.
    phases = {text_at(status, "phase") for status in found}
    phases |= {"Pending"} if len(found) < len(items) else set()
    new: Body = {
        name: [written_state(one) for status in found for one in list_at(status, name)]
        for name in STATUS_LISTS
    }
    new["phase"] = next((phase for phase in PHASES if phase in phases), "")
    new = {name: value for name, value in new.items() if value}
    if map_at(template, "status") == new:
        return template
    return typed.written(template, typed.POD) | {"status": new}


def written_state(container: Body) -> Body:
    """A ContainerStatus of which only readiness and state are taken over."""
    return {
        "name": "",
        "state": map_at(container, "state"),
        "lastState": {},
        "ready": bool(container.get("ready")),
        "restartCount": 0,
        "image": "",
        "imageID": "",
    }


def is_healthy(body: Body) -> bool:
    """Done, or running and ready."""
    status = map_at(body, "status")
    phase = text_at(status, "phase")
    if phase == "Succeeded":
        return True
    return phase == "Running" and any(
        one.get("type") == "Ready" and one.get("status") == "True"
        for one in list_at(status, "conditions")
    )


def get_dependencies(body: Body) -> list[Body]:
    """A pod is its own template."""
    return dependencies_of_pod(body)


dependencies_of_pod = workload.template_dependencies()

INTERPRETER: Final = KindInterpreter(
    api_version="v1",
    kind="Pod",
    get_replicas=get_replicas,
    retain=retain,
    reflect_status=workload.whole_status,
    aggregate_status=aggregate_status,
    interpret_health=is_healthy,
    get_dependencies=get_dependencies,
)
