"""The chain: which layer answers, what nobody answers, and how failures come out."""

from __future__ import annotations

import pytest

from reconciler.interpret.chain import (
    ALL_LAYERS,
    Interpreter,
    InterpretError,
    LayerName,
    Operation,
    first_handling,
)
from reconciler.interpret.operation import FIELD_OF_OPERATION, KindInterpreter
from tests.interpret.bodies import a_customization, a_widget, a_workload

TWELVE = "function GetReplicas(obj) return 12, nil end"


def test_the_layers_are_asked_in_karmadas_order() -> None:
    assert [str(name) for name in ALL_LAYERS] == ["declarative", "webhook", "thirdparty", "native"]


def test_a_customization_comes_before_the_native_kind() -> None:
    document = a_customization(
        {"replicaResource": TWELVE}, api_version="apps/v1", kind="Deployment"
    )
    answer = Interpreter([document]).get_replicas(a_workload("Deployment"))
    assert answer is not None
    assert (answer.replicas, answer.requirements) == (12, None)


def test_what_a_customization_leaves_out_falls_through() -> None:
    document = a_customization(
        {"replicaResource": TWELVE}, api_version="apps/v1", kind="Deployment"
    )
    revised = Interpreter([document]).revise_replica(a_workload("Deployment"), 5)
    assert revised is not None
    assert revised["spec"]["replicas"] == 5


def test_a_layer_that_is_not_selected_is_not_asked() -> None:
    document = a_customization(
        {"replicaResource": TWELVE}, api_version="apps/v1", kind="Deployment"
    )
    interpreter = Interpreter([document], layers=(LayerName.NATIVE,))
    answer = interpreter.get_replicas(a_workload("Deployment"))
    assert answer is not None
    assert answer.replicas == 3


def test_nobody_answers_for_an_unknown_kind() -> None:
    interpreter, body = Interpreter(), a_widget(size=1)
    assert interpreter.get_replicas(body) is None
    assert interpreter.get_components(body) is None
    assert interpreter.revise_replica(body, 1) is None
    assert interpreter.retain(body, body) is None
    assert interpreter.aggregate_status(body, []) is None
    assert interpreter.interpret_health(body) is None
    assert interpreter.get_dependencies(body) is None


def test_the_status_of_an_unknown_kind_is_reflected_whole() -> None:
    interpreter, body = Interpreter(), a_widget(size=1)
    assert interpreter.handles(Operation.INTERPRET_STATUS, "example.io/v1", "Widget")
    assert interpreter.reflect_status(body | {"status": {"phase": "Up"}}) == {"phase": "Up"}
    assert interpreter.reflect_status(body) is None


def test_a_kind_is_known_by_its_api_version_too() -> None:
    assert Interpreter().get_replicas(a_workload("Deployment", "apps/v2")) is None


@pytest.mark.parametrize(
    "body",
    [
        a_workload("Deployment", spec={"replicas": "three"}),
        a_workload("Deployment", spec={"replicas": 1.5}),
        a_workload("Deployment", spec={"replicas": True}),
        a_workload("Deployment", spec=[]),
        a_workload("Deployment", spec={"template": {"spec": {"containers": "none"}}}),
        a_workload("Deployment", spec={"template": {"spec": {"containers": [1]}}}),
        a_workload(
            "Deployment",
            spec={
                "template": {"spec": {"containers": [{"resources": {"requests": {"cpu": "much"}}}]}}
            },
        ),
    ],
)
def test_a_body_of_another_shape_is_an_error_of_its_own(body: dict[str, object]) -> None:
    with pytest.raises(InterpretError):
        Interpreter().get_replicas(body)


@pytest.mark.parametrize(
    "document", [{}, {"spec": {}}, {"metadata": {"name": "x"}, "spec": {"target": {"kind": "W"}}}]
)
def test_a_document_of_another_shape_is_refused(document: dict[str, object]) -> None:
    with pytest.raises(InterpretError):
        Interpreter([document])


def test_first_handling_skips_interpreters_without_the_operation() -> None:
    class Layer:
        def __init__(self, interpreter: KindInterpreter | None) -> None:
            self.interpreter = interpreter

        def find(self, api_version: str, kind: str) -> KindInterpreter | None:
            assert (api_version, kind) == ("v1", "X")
            return self.interpreter

    def healthy(body: dict[str, object]) -> bool:
        return bool(body)

    silent = KindInterpreter(api_version="v1", kind="X")
    speaking = KindInterpreter(api_version="v1", kind="X", interpret_health=healthy)
    layers = [Layer(None), Layer(silent), Layer(speaking)]
    assert first_handling(Operation.INTERPRET_HEALTH, layers, "v1", "X") is healthy
    assert first_handling(Operation.RETAIN, layers, "v1", "X") is None


def test_every_operation_has_a_field() -> None:
    assert set(FIELD_OF_OPERATION) == set(Operation)
