"""Webhooks as questions: what would be asked, and what the answers mean."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable
from typing import Any

import pytest

from reconciler.interpret.chain import Interpreter, InterpretError, Operation, Unanswered
from reconciler.interpret.operation import Body
from reconciler.model.question import Question
from tests.interpret.bodies import a_customization, a_widget, items

BODY = a_widget(size=3)


def a_configuration(*operations: str, name: str = "hooks", **rule: list[str]) -> Body:
    """A configuration with one webhook for Widgets."""
    widgets = {"apiGroups": ["example.io"], "apiVersions": ["v1"], "kinds": ["Widget"]}
    return {
        "metadata": {"name": name},
        "webhooks": [
            {
                "name": "widgets.example.io",
                "clientConfig": {"url": f"https://{name}.example.io"},
                "rules": [{"operations": list(operations), **widgets, **rule}],
                "timeoutSeconds": 3,
            }
        ],
    }


def asked(interpreter: Interpreter, operation: Operation) -> Question:
    """The question that an operation raises."""
    calls: dict[Operation, Callable[[], object]] = {
        Operation.GET_REPLICAS: lambda: interpreter.get_replicas(BODY),
        Operation.GET_COMPONENTS: lambda: interpreter.get_components(BODY),
        Operation.REVISE_REPLICA: lambda: interpreter.revise_replica(BODY, 5),
        Operation.RETAIN: lambda: interpreter.retain(BODY, a_widget(size=9)),
        Operation.INTERPRET_STATUS: lambda: interpreter.reflect_status(BODY),
        Operation.AGGREGATE_STATUS: lambda: interpreter.aggregate_status(BODY, items({"a": 1})),
        Operation.INTERPRET_HEALTH: lambda: interpreter.interpret_health(BODY),
        Operation.GET_DEPENDENCIES: lambda: interpreter.get_dependencies(BODY),
    }
    with pytest.raises(Unanswered) as raised:
        calls[operation]()
    return raised.value.question


def answering(operation: Operation, **response: Any) -> Interpreter:
    """An interpreter that has this response to what it would ask."""
    question = asked(Interpreter(webhooks=[a_configuration("*")]), operation)
    answers = {question.digest: {"successful": True, **response}}
    return Interpreter(webhooks=[a_configuration("*")], answers=answers)


def patch(*operations: dict[str, Any]) -> dict[str, str]:
    """The patch fields of a response."""
    encoded = base64.b64encode(json.dumps(operations).encode()).decode()
    return {"patch": encoded, "patchType": "JSONPatch"}


def test_a_question_says_whom_to_ask_and_what() -> None:
    question = asked(Interpreter(webhooks=[a_configuration("*")]), Operation.REVISE_REPLICA)
    assert (question.webhook, question.timeout_seconds) == ("hooks/widgets.example.io", 3)
    assert question.client == {"url": "https://hooks.example.io"}
    assert {name: question.request[name] for name in question.request if name != "uid"} == {
        "kind": {"group": "example.io", "version": "v1", "kind": "Widget"},
        "name": "w",
        "namespace": "shop",
        "operation": "ReviseReplica",
        "object": BODY,
        "replicas": 5,
    }


def test_equal_questions_are_one() -> None:
    configuration = a_configuration("*")
    one = asked(Interpreter(webhooks=[configuration]), Operation.GET_REPLICAS)
    same = asked(Interpreter(webhooks=[configuration]), Operation.GET_REPLICAS)
    other = asked(Interpreter(webhooks=[configuration]), Operation.INTERPRET_HEALTH)
    assert len({one, same, other}) == 2
    assert one == same != other


@pytest.mark.parametrize("operation", Operation)
def test_every_operation_can_be_asked(operation: Operation) -> None:
    assert asked(Interpreter(webhooks=[a_configuration("*")]), operation).digest


@pytest.mark.parametrize(
    "configuration",
    [
        a_configuration("Retain"),
        a_configuration("*", apiGroups=["other.io"]),
        a_configuration("*", apiVersions=["v2"]),
        a_configuration("*", kinds=["Gadget"]),
        a_configuration("*", kinds=[]),
    ],
)
def test_a_rule_that_does_not_cover_is_passed_over(configuration: Body) -> None:
    assert Interpreter(webhooks=[configuration]).get_replicas(BODY) is None


def test_the_first_configuration_by_name_is_asked() -> None:
    configurations = [a_configuration("*", name=name) for name in ("second", "first")]
    question = asked(Interpreter(webhooks=configurations), Operation.GET_REPLICAS)
    assert question.webhook.startswith("first/")


def test_a_customization_comes_first_and_a_webhook_before_native_kinds() -> None:
    script = "function GetReplicas(obj) return 1, nil end"
    documents = [a_customization({"replicaResource": script})]
    interpreter = Interpreter(documents, webhooks=[a_configuration("*")])
    answer = interpreter.get_replicas(BODY)
    assert answer is not None
    assert answer.replicas == 1
    with pytest.raises(Unanswered):
        interpreter.reflect_status(BODY)


def test_replicas() -> None:
    request = {"resourceRequest": {"cpu": "1"}}
    interpreter = answering(Operation.GET_REPLICAS, replicas=3, replicaRequirements=request)
    answer = interpreter.get_replicas(BODY)
    assert answer is not None
    assert (answer.replicas, answer.requirements) == (3, request)


def test_a_revision_is_a_patch() -> None:
    change = patch({"op": "replace", "path": "/spec/size", "value": 5})
    revised = answering(Operation.REVISE_REPLICA, **change).revise_replica(BODY, 5)
    assert revised == a_widget(size=5)
    assert a_widget(size=3) == BODY


def test_no_patch_is_no_change() -> None:
    assert answering(Operation.RETAIN).retain(BODY, a_widget(size=9)) == BODY


def test_an_aggregation_is_a_patch() -> None:
    change = patch({"op": "add", "path": "/status", "value": {"a": 1}})
    interpreter = answering(Operation.AGGREGATE_STATUS, **change)
    assert interpreter.aggregate_status(BODY, items({"a": 1})) == BODY | {"status": {"a": 1}}


def test_values() -> None:
    reference = {"apiVersion": "v1", "kind": "Secret", "name": "s"}
    component = {"name": "head", "replicas": 1}
    interpreter = answering(Operation.INTERPRET_STATUS, rawStatus={"a": 1})
    assert interpreter.reflect_status(BODY) == {"a": 1}
    assert answering(Operation.INTERPRET_STATUS).reflect_status(BODY) is None
    assert answering(Operation.INTERPRET_HEALTH, healthy=False).interpret_health(BODY) is False
    dependent = answering(Operation.GET_DEPENDENCIES, dependencies=[reference])
    assert dependent.get_dependencies(BODY) == [reference]
    compound = answering(Operation.GET_COMPONENTS, components=[component])
    assert compound.get_components(BODY) == [component]


@pytest.mark.parametrize(
    ("operation", "response"),
    [
        (Operation.INTERPRET_HEALTH, {"successful": False, "status": {"message": "no"}}),
        (Operation.INTERPRET_HEALTH, {}),
        (Operation.INTERPRET_HEALTH, {"healthy": "yes"}),
        (Operation.GET_REPLICAS, {"replicas": True}),
        (Operation.REVISE_REPLICA, {"patch": "not base64"}),
        (Operation.REVISE_REPLICA, {"patch": base64.b64encode(b"{").decode()}),
        (Operation.REVISE_REPLICA, patch({"op": "remove", "path": "/spec/none"})),
        (Operation.REVISE_REPLICA, patch({"op": "odd", "path": "/spec"})),
        (Operation.REVISE_REPLICA, patch({"op": "replace", "path": "", "value": 1})),
        (Operation.GET_DEPENDENCIES, {"dependencies": {}}),
    ],
)
def test_a_lying_webhook_fails_its_object_only(
    operation: Operation, response: dict[str, Any]
) -> None:
    interpreter = answering(operation, **response)
    calls: dict[Operation, Callable[[], object]] = {
        Operation.INTERPRET_HEALTH: lambda: interpreter.interpret_health(BODY),
        Operation.GET_REPLICAS: lambda: interpreter.get_replicas(BODY),
        Operation.REVISE_REPLICA: lambda: interpreter.revise_replica(BODY, 5),
        Operation.GET_DEPENDENCIES: lambda: interpreter.get_dependencies(BODY),
    }
    with pytest.raises(InterpretError):
        calls[operation]()


@pytest.mark.parametrize(
    "document", [{}, {"metadata": {"name": "x"}, "webhooks": [{}]}, {"metadata": None}]
)
def test_a_configuration_of_another_shape_is_refused(document: Body) -> None:
    with pytest.raises(InterpretError):
        Interpreter(webhooks=[document])
