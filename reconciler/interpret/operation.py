"""The eight questions that can be asked about a kind, and the shapes of answers and handlers."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Final

Body = dict[str, Any]


class Operation(StrEnum):
    """What an interpreter can be asked; the names are Karmada's hook points."""

    GET_REPLICAS = "GetReplicas"
    GET_COMPONENTS = "GetComponents"
    REVISE_REPLICA = "ReviseReplica"
    RETAIN = "Retain"
    INTERPRET_STATUS = "InterpretStatus"
    AGGREGATE_STATUS = "AggregateStatus"
    INTERPRET_HEALTH = "InterpretHealth"
    GET_DEPENDENCIES = "GetDependencies"


@dataclass(frozen=True, slots=True, kw_only=True)
class ReplicaAnswer:
    """How many replicas a template wants, and what one of them asks for (ReplicaRequirements)."""

    replicas: int
    requirements: Body | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class KindInterpreter:
    """All operations of one kind; an unset one falls through to the next layer.

    No operation changes the bodies it is given. Each raises InterpretError for a body it cannot
    make sense of.
    """

    api_version: str
    kind: str
    get_replicas: Callable[[Body], ReplicaAnswer] | None = None
    get_components: Callable[[Body], list[Body]] | None = None
    revise_replica: Callable[[Body, int], Body] | None = None
    retain: Callable[[Body, Body], Body] | None = None
    reflect_status: Callable[[Body], Body | None] | None = None
    aggregate_status: Callable[[Body, list[Body]], Body] | None = None
    interpret_health: Callable[[Body], bool] | None = None
    get_dependencies: Callable[[Body], list[Body]] | None = None

    def handler(self, operation: Operation) -> Callable[..., Any] | None:
        """The function that answers the operation, None when it is not this kind's."""
        found: Callable[..., Any] | None = getattr(self, FIELD_OF_OPERATION[operation])
        return found


FIELD_OF_OPERATION: Final = {
    Operation.GET_REPLICAS: "get_replicas",
    Operation.GET_COMPONENTS: "get_components",
    Operation.REVISE_REPLICA: "revise_replica",
    Operation.RETAIN: "retain",
    Operation.INTERPRET_STATUS: "reflect_status",
    Operation.AGGREGATE_STATUS: "aggregate_status",
    Operation.INTERPRET_HEALTH: "interpret_health",
    Operation.GET_DEPENDENCIES: "get_dependencies",
}
