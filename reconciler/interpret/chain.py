"""One chain for every question about a kind: the first layer that handles it answers.

Layers, in Karmada's order: declarative customizations of the fleet repo, interpreter webhooks,
third-party kinds built in as data, native kinds.

Rules: Karmada `pkg/resourceinterpreter/interpreter.go`, karmada-semantics §2.15.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from enum import StrEnum
from typing import Any, Final, Protocol

from reconciler.interpret import kinds
from reconciler.interpret.errors import InterpretError
from reconciler.interpret.lua import customization
from reconciler.interpret.lua.machine import LuaMachine
from reconciler.interpret.lua.thirdparty import ThirdPartyLayer
from reconciler.interpret.operation import Body, KindInterpreter, Operation, ReplicaAnswer
from reconciler.interpret.webhook import WebhookLayer
from reconciler.model.question import Question, Unanswered

__all__ = [
    "ALL_LAYERS",
    "InterpretError",
    "Interpreter",
    "LayerName",
    "Operation",
    "Question",
    "ReplicaAnswer",
    "Unanswered",
    "first_handling",
]


class LayerName(StrEnum):
    """The layers; `ALL_LAYERS` gives them in the order they are asked."""

    DECLARATIVE = "declarative"
    WEBHOOK = "webhook"
    THIRD_PARTY = "thirdparty"
    NATIVE = "native"


ALL_LAYERS: Final = tuple(LayerName)


class Layer(Protocol):
    """Something that knows kinds."""

    def find(self, api_version: str, kind: str) -> KindInterpreter | None:
        """The interpreter of a kind, None when the layer does not know it."""
        ...


class TableLayer:
    """A layer that is a table by API version and kind."""

    def __init__(self, table: Mapping[tuple[str, str], KindInterpreter]) -> None:
        self._table = table

    def find(self, api_version: str, kind: str) -> KindInterpreter | None:
        """The row of the kind."""
        return self._table.get((api_version, kind))


def first_handling(
    operation: Operation, layers: Iterable[Layer], api_version: str, kind: str
) -> Callable[..., Any] | None:
    """The handler of the first layer that has one for the operation."""
    for layer in layers:
        interpreter = layer.find(api_version, kind)
        handler = interpreter.handler(operation) if interpreter else None
        if handler is not None:
            return handler
    return None


class Interpreter:
    """Answers what a kind means. Bodies are plain dicts that are never changed.

    Each method returns None where no layer handles the operation for the kind. It raises
    InterpretError where the layer that does cannot make sense of the body, and Unanswered where a
    webhook has to be asked first.
    """

    def __init__(
        self,
        customizations: Sequence[Body] = (),
        *,
        webhooks: Sequence[Body] = (),
        answers: Mapping[str, Any] | None = None,
        layers: Sequence[LayerName] = ALL_LAYERS,
        machine: LuaMachine | None = None,
    ) -> None:
        machine = machine or LuaMachine()
        decoded = [customization.decode(document) for document in customizations]
        makers: dict[LayerName, Callable[[], Layer]] = {
            LayerName.DECLARATIVE: lambda: TableLayer(customization.interpreters(decoded, machine)),
            LayerName.WEBHOOK: lambda: WebhookLayer(webhooks, answers or {}),
            LayerName.THIRD_PARTY: lambda: ThirdPartyLayer(machine),
            LayerName.NATIVE: kinds.NativeLayer,
        }
        self._layers = [makers[name]() for name in ALL_LAYERS if name in layers]
        self._handlers: dict[tuple[Operation, str, str], Callable[..., Any] | None] = {}

    def handles(self, operation: Operation, api_version: str, kind: str) -> bool:
        """Whether any layer answers the operation for the kind."""
        return self._handler(operation, api_version, kind) is not None

    def get_replicas(self, body: Body) -> ReplicaAnswer | None:
        """Replicas and what one of them asks for."""
        answer: ReplicaAnswer | None = self._answer(Operation.GET_REPLICAS, body)
        return answer

    def get_components(self, body: Body) -> list[Body] | None:
        """The pod templates of a workload that has several, in wire form."""
        answer: list[Body] | None = self._answer(Operation.GET_COMPONENTS, body)
        return answer

    def revise_replica(self, body: Body, replicas: int) -> Body | None:
        """The body for this many replicas."""
        answer: Body | None = self._answer(Operation.REVISE_REPLICA, body, replicas)
        return answer

    def retain(self, desired: Body, observed: Body) -> Body | None:
        """The desired body with the fields that belong to the member as observed there."""
        answer: Body | None = self._answer(Operation.RETAIN, desired, observed)
        return answer

    def reflect_status(self, observed: Body) -> Body | None:
        """The part of an observed status worth collecting; None too when there is no status."""
        answer: Body | None = self._answer(Operation.INTERPRET_STATUS, observed)
        return answer

    def aggregate_status(self, template: Body, items: list[Body]) -> Body | None:
        """The template with one status made of those of the members (AggregatedStatusItems)."""
        answer: Body | None = self._answer(Operation.AGGREGATE_STATUS, template, items)
        return answer

    def interpret_health(self, observed: Body) -> bool | None:
        """Whether the observed object does what it is meant to do."""
        answer: bool | None = self._answer(Operation.INTERPRET_HEALTH, observed)
        return answer

    def get_dependencies(self, body: Body) -> list[Body] | None:
        """The objects that the body refers to (DependentObjectReferences)."""
        answer: list[Body] | None = self._answer(Operation.GET_DEPENDENCIES, body)
        return answer

    def _answer(self, operation: Operation, body: Body, *more: Any) -> Any:
        handler = self._handler(operation, body.get("apiVersion", ""), body.get("kind", ""))
        if handler is None:
            return None
        try:
            return handler(body, *more)
        except (TypeError, AttributeError, KeyError, ValueError) as problem:
            # A body of another shape than its kind has: the Go conversion to the typed object
            # fails.
            raise InterpretError(f"{operation} of {body.get('kind')}: {problem}") from problem

    def _handler(
        self, operation: Operation, api_version: str, kind: str
    ) -> Callable[..., Any] | None:
        key = (operation, api_version, kind)
        if key not in self._handlers:
            self._handlers[key] = first_handling(operation, self._layers, api_version, kind)
        return self._handlers[key]
