"""What kinds with a pod template and counters in their status have in common.

Rules: Karmada `pkg/resourceinterpreter/default/native`: replica.go, revisereplica.go,
reflectstatus.go, aggregatestatus.go; karmada-semantics §2.15.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

from reconciler.interpret.body import (
    map_at,
    optional_whole_at,
    statuses,
    text_at,
    whole_at,
    with_value,
)
from reconciler.interpret.errors import InterpretError
from reconciler.interpret.operation import Body, ReplicaAnswer
from reconciler.interpret.podtemplate import pod_dependencies, pod_requirements
from reconciler.interpret.typed import Shape, written

TEMPLATE_GENERATION: Final = "resourcetemplate.karmada.io/generation"
LARGEST_INT64: Final = 2**63 - 1
WHOLE_NUMBER: Final = re.compile(r"[+-]?[0-9]{1,19}")


def replicas_of(body: Body) -> ReplicaAnswer:
    """`spec.replicas`, 0 when unset, and what one pod of `spec.template` asks for."""
    spec = map_at(body, "spec")
    return ReplicaAnswer(
        replicas=whole_at(spec, "replicas"), requirements=pod_requirements(map_at(spec, "template"))
    )


def revise(field: str) -> Callable[[Body, int], Body]:
    """ReviseReplica that sets `spec.<field>`, only where it is there already."""

    def revise_replica(body: Body, replicas: int) -> Body:
        if optional_whole_at(map_at(body, "spec"), field) is None:
            return body
        return with_value(body, ("spec", field), replicas)

    return revise_replica


def template_dependencies(*path: str) -> Callable[[Body], list[Body]]:
    """GetDependencies of the pod template at the path."""

    def get_dependencies(body: Body) -> list[Body]:
        namespace = text_at(map_at(body, "metadata"), "namespace")
        return pod_dependencies(map_at(body, *path), namespace)

    return get_dependencies


@dataclass(frozen=True, slots=True, kw_only=True)
class Counters:
    """The counters of a workload's status.

    `always` are written though zero. `reflects_observed`: whether the reflected status carries
    observedGeneration (Karmada's StatefulSet does not). `own_generation`: whether a member counts
    as up to date by its own generation rather than by the template's (again its StatefulSet).
    """

    shape: Shape
    names: tuple[str, ...]
    always: frozenset[str] = frozenset()
    reflects_observed: bool = True
    own_generation: bool = False

    def reflect(self, observed: Body) -> Body | None:
        """The counters, with the generations that say what they speak of."""
        if observed.get("status") is None:
            return None
        status = map_at(observed, "status")
        metadata = map_at(observed, "metadata")
        reflected = self.written({name: whole_at(status, name) for name in self.names})
        generations = {
            "observedGeneration": whole_at(status, "observedGeneration")
            if self.reflects_observed
            else 0,
            "generation": whole_at(metadata, "generation"),
            "resourceTemplateGeneration": template_generation(metadata),
        }
        return reflected | {name: value for name, value in generations.items() if value}

    def aggregate(self, template: Body, items: list[Body]) -> Body:
        """The sums; the template itself where they say nothing new."""
        old = map_at(template, "status")
        found = [status for _, status in statuses(items)]
        new = {name: sum(whole_at(status, name) for status in found) for name in self.names}
        new["observedGeneration"] = self.observed_generation(template, found, len(items))
        if all(whole_at(old, name) == value for name, value in new.items()):
            return template
        body = written(template, self.shape)
        kept = {name: value for name, value in body["status"].items() if name not in new}
        return body | {"status": kept | self.written(new)}

    def observed_generation(self, template: Body, found: list[Body], expected: int) -> int:
        """The template's generation once every member has acted on it, the old value before."""
        generation = whole_at(map_at(template, "metadata"), "generation")
        current = sum(self.is_current(status, generation) for status in found)
        if current == expected:
            return generation
        return whole_at(map_at(template, "status"), "observedGeneration")

    def is_current(self, status: Body, template_generation: int) -> bool:
        """Whether a member's status speaks of the template as it is now."""
        own = whole_at(status, "generation")
        wanted = own if self.own_generation else template_generation
        return (
            whole_at(status, "observedGeneration") >= own
            and whole_at(status, "resourceTemplateGeneration") >= wanted
        )

    def written(self, counters: Body) -> Body:
        """Zero counters left out, but for those that are always written."""
        return {name: value for name, value in counters.items() if value or name in self.always}


def template_generation(metadata: Body) -> int:
    """The template's generation that the member's object was rendered from, an annotation of ours.

    Karmada fails where the annotation is missing: such an object was not rendered by it.
    """
    text = text_at(map_at(metadata, "annotations"), TEMPLATE_GENERATION)
    if not WHOLE_NUMBER.fullmatch(text) or abs(int(text)) > LARGEST_INT64:
        raise InterpretError(f"annotation {TEMPLATE_GENERATION} is no number: {text!r:.40}")
    return int(text)


def is_observed(body: Body) -> bool:
    """Whether the status speaks of the object's present generation."""
    return whole_at(map_at(body, "status"), "observedGeneration") == whole_at(
        map_at(body, "metadata"), "generation"
    )


def whole_status(observed: Body) -> Any:
    """The status as it is; None for none."""
    return map_at(observed, "status") if observed.get("status") is not None else None
