"""Customizations: results on their way back from Lua, several documents for a kind, the library."""

from __future__ import annotations

from typing import Any

import pytest

from reconciler.interpret.chain import Interpreter, InterpretError
from reconciler.interpret.lua.customization import problems
from reconciler.interpret.lua.machine import LuaMachine
from tests.interpret.bodies import a_customization, a_template, a_widget

IDENTITY = "function ReviseReplica(obj, n) return obj end"


@pytest.fixture(scope="module")
def machine() -> LuaMachine:
    return LuaMachine()


def one(machine: LuaMachine, **scripts: str) -> Interpreter:
    """An interpreter with one customization of Widgets."""
    return Interpreter([a_customization(scripts)], machine=machine)


class TestEmptyTables:
    """Lua has one empty table; JSON has two, and the inputs say which."""

    def test_empty_maps_and_lists_of_the_input_come_back(self, machine: LuaMachine) -> None:
        body = a_widget(map={}, list=[], deep={"list": [{"empty": {}}, {"empty": {}}]}, text="[]")
        assert one(machine, replicaRevision=IDENTITY).revise_replica(body, 1) == body

    def test_an_unknown_empty_table_vanishes(self, machine: LuaMachine) -> None:
        script = (
            "function ReviseReplica(obj, n) obj.spec.new = {} obj.spec.one = {1} return obj end"
        )
        revised = one(machine, replicaRevision=script).revise_replica(a_widget(), 1)
        assert revised is not None
        assert revised["spec"] == {"one": [1]}

    def test_a_list_wins_where_inputs_differ(self, machine: LuaMachine) -> None:
        script = "function Retain(desired, observed) return desired end"
        retained = one(machine, retention=script).retain(a_widget(x={}), a_widget(x=[]))
        assert retained == a_widget(x=[])

    def test_aggregation_has_nothing_to_restore_from(self, machine: LuaMachine) -> None:
        script = "function AggregateStatus(desired, items) return desired end"
        aggregated = one(machine, statusAggregation=script).aggregate_status(a_widget(x={}), [])
        assert aggregated == a_widget()

    def test_an_empty_status_is_a_map(self, machine: LuaMachine) -> None:
        script = "function ReflectStatus(obj) return {} end"
        assert one(machine, statusReflection=script).reflect_status(a_widget()) == {}

    def test_null_is_absent(self, machine: LuaMachine) -> None:
        revised = one(machine, replicaRevision=IDENTITY).revise_replica(a_widget(x=None, y=1), 1)
        assert revised == a_widget(y=1)


class TestValues:
    """JSON values keep their meaning on both ways."""

    def test_texts_numbers_and_truth(self, machine: LuaMachine) -> None:
        body = a_widget(
            text='quote " back \\ line \n tab \t é 😀 \x01',
            whole=12,
            big=2**53,
            fraction=0.1,
            negative=-3,
            yes=True,
            no=False,
            list=[1, "two", [3.5, {"four": 4}]],
        )
        assert one(machine, replicaRevision=IDENTITY).revise_replica(body, 1) == body

    def test_a_sparse_list_is_an_error(self, machine: LuaMachine) -> None:
        script = "function ReviseReplica(obj, n) obj.spec.list[5] = 1 return obj end"
        with pytest.raises(InterpretError, match="sparse"):
            one(machine, replicaRevision=script).revise_replica(a_widget(list=[1]), 1)

    def test_a_table_used_twice_is_an_error_as_in_the_reference(self, machine: LuaMachine) -> None:
        script = "function ReviseReplica(obj, n) obj.a = obj.spec obj.b = obj.spec return obj end"
        with pytest.raises(InterpretError, match="recursively nested"):
            one(machine, replicaRevision=script).revise_replica(a_widget(x=1), 1)

    def test_whole_numbers_have_no_exponent(self, machine: LuaMachine) -> None:
        script = "function ReflectStatus(obj) return {text = tostring(1e15)} end"
        status = one(machine, statusReflection=script).reflect_status(a_widget())
        assert status == {"text": "1000000000000000"}

    def test_requirements_are_written_as_their_type(self, machine: LuaMachine) -> None:
        script = """function GetReplicas(obj)
          return 2.9, {
            resourceRequest = {cpu = 1, memory = '1024Mi'}, unknown = 1, namespace = '',
            nodeClaim = {tolerations = {{key = 'a', odd = 'x', tolerationSeconds = 0}},
                         hardNodeAffinity = {nodeSelectorTerms = {{matchExpressions =
                           {{key = 'k', operator = 'In', values = {'v'}, odd = 1}}}}}},
          }
        end"""
        answer = one(machine, replicaResource=script).get_replicas(a_widget())
        assert answer is not None
        assert answer.replicas == 2
        expression = {"key": "k", "operator": "In", "values": ["v"]}
        assert answer.requirements == {
            "resourceRequest": {"cpu": "1", "memory": "1Gi"},
            "nodeClaim": {
                "tolerations": [{"key": "a", "tolerationSeconds": 0}],
                "hardNodeAffinity": {"nodeSelectorTerms": [{"matchExpressions": [expression]}]},
            },
        }

    def test_components_are_written_as_their_type(self, machine: LuaMachine) -> None:
        script = """function GetComponents(obj)
          return {{name = 'head', replicas = 1, replicaRequirements = {resourceRequest = {cpu =
          '1000m'}}},
                  {name = 'worker'}}
        end"""
        assert one(machine, componentResource=script).get_components(a_widget()) == [
            {
                "name": "head",
                "replicas": 1,
                "replicaRequirements": {"resourceRequest": {"cpu": "1"}},
            },
            {"name": "worker", "replicas": 0},
        ]

    @pytest.mark.parametrize(
        "returned",
        ["{1}", "{a = 1}", "{{replicas = 1.5}}", "{{replicas = 'x'}}", "{{name = {1}}}", "nil"],
    )
    def test_components_of_another_shape_are_an_error(
        self, machine: LuaMachine, returned: str
    ) -> None:
        script = f"function GetComponents(obj) return {returned} end"
        with pytest.raises(InterpretError):
            one(machine, componentResource=script).get_components(a_widget())

    def test_a_false_applied_is_absent_for_scripts(self, machine: LuaMachine) -> None:
        script = """function AggregateStatus(obj, items)
          obj.status = {absent = items[1].applied == nil, cluster = items[1].clusterName}
          return obj
        end"""
        given = [{"clusterName": "m1", "applied": False, "appliedMessage": ""}]
        aggregated = one(machine, statusAggregation=script).aggregate_status(a_widget(), given)
        assert aggregated is not None
        assert aggregated["status"] == {"absent": True, "cluster": "m1"}


class TestSeveralDocuments:
    """Documents of one kind, taken in the order of their names."""

    def test_the_first_script_of_an_operation_wins(self, machine: LuaMachine) -> None:
        documents = [
            a_customization(
                {"replicaResource": f"function GetReplicas() return {n} end"}, name=name
            )
            for name, n in (("b", 2), ("a", 1), ("c", 3))
        ]
        answer = Interpreter(documents, machine=machine).get_replicas(a_widget())
        assert answer is not None
        assert answer.replicas == 1

    def test_dependency_scripts_all_run(self, machine: LuaMachine) -> None:
        def script(name: str) -> str:
            return (
                "function GetDependencies(obj) return {{apiVersion = 'v1', kind = 'Secret', "
                f"name = '{name}', odd = 1}}}} end"
            )

        documents = [
            a_customization({"dependencyInterpretation": script(name)}, name=name)
            for name in ("b", "a")
        ]
        found = Interpreter(documents, machine=machine).get_dependencies(a_widget())
        assert found == [
            {"apiVersion": "v1", "kind": "Secret", "name": "a"},
            {"apiVersion": "v1", "kind": "Secret", "name": "b"},
        ]

    def test_an_empty_script_is_none(self, machine: LuaMachine) -> None:
        assert one(machine, replicaResource="").get_replicas(a_widget()) is None


class TestLibrary:
    """`require("kube")`."""

    def called(self, machine: LuaMachine, expression: str, **spec: Any) -> Any:
        script = (
            "local kube = require('kube')\n"
            f"function ReflectStatus(obj) return {{result = {expression}}} end"
        )
        status = one(machine, statusReflection=script).reflect_status(a_widget(**spec))
        assert status is not None
        return status.get("result")

    @pytest.mark.parametrize(
        ("expression", "result"),
        [
            ("kube.resourceAdd('1Gi', '512Mi')", "1536Mi"),
            ("kube.resourceAdd('500m', nil, '1.5')", "2"),
            ("kube.resourceAdd()", "0"),
            ("kube.getResourceQuantity('1.5')", 1.5),
            ("kube.getResourceQuantity('1Ki')", 1024),
            ("kube.getResourceQuantity(nil)", 0),
            ("kube.accuratePodRequirements({})", None),
            ("kube.getPodDependencies({}, 'ns')", None),
        ],
    )
    def test_answers(self, machine: LuaMachine, expression: str, result: Any) -> None:
        assert self.called(machine, expression) == result

    def test_pod_requirements(self, machine: LuaMachine) -> None:
        template = a_template(nodeSelector={"disk": "ssd"})
        found = self.called(machine, "kube.accuratePodRequirements(obj.spec.t)", t=template)
        assert found == {
            "nodeClaim": {"nodeSelector": {"disk": "ssd"}},
            "resourceRequest": {"cpu": "100m"},
        }

    def test_pod_dependencies(self, machine: LuaMachine) -> None:
        template = a_template(serviceAccountName="robot")
        found = self.called(machine, "kube.getPodDependencies(obj.spec.t, 'ns')", t=template)
        assert found == [
            {"apiVersion": "v1", "kind": "ServiceAccount", "namespace": "ns", "name": "robot"}
        ]

    @pytest.mark.parametrize(
        "expression",
        [
            "kube.resourceAdd(1)",
            "kube.resourceAdd('x')",
            "kube.getResourceQuantity()",
            "kube.getResourceQuantity('1', '2')",
            "kube.accuratePodRequirements()",
            "kube.accuratePodRequirements({1})",
            "kube.getPodDependencies({})",
            "kube.getPodDependencies({}, 1)",
        ],
    )
    def test_refuses(self, machine: LuaMachine, expression: str) -> None:
        with pytest.raises(InterpretError):
            self.called(machine, expression)

    def test_a_refusal_can_be_caught_and_is_a_text(self, machine: LuaMachine) -> None:
        caught = "type(select(2, pcall(kube.resourceAdd, 'x')))"
        assert self.called(machine, caught) == "string"


class TestDeterminism:
    """The same input, the same answer: on any machine, at any time."""

    @pytest.mark.parametrize(
        ("expression", "result"),
        [
            ("os.time({year = 1970, month = 1, day = 1, hour = 0})", 0),
            ("os.time({year = 2026, month = 2, day = 28})", 1772280000),
            ("os.time({year = 2024, month = 14, day = 1, hour = 0})", 1738368000),
            ("os.time({year = 2000, month = 3, day = 1, hour = 1, min = 2, sec = 3})", 951872523),
            ("os.date('%Y-%m-%dT%H:%M:%SZ', 951872523)", "2000-03-01T01:02:03Z"),
            ("os.date('!%H', 3600)", "01"),
            ("tostring({})", "table"),
            ("tostring(print)", "function"),
            ("math.random == nil", True),
        ],
    )
    def test_answers(self, machine: LuaMachine, expression: str, result: Any) -> None:
        script = f"function ReflectStatus(obj) return {{result = {expression}}} end"
        status = one(machine, statusReflection=script).reflect_status(a_widget())
        assert status == {"result": result}


class TestProblems:
    """Documents are checked by running them."""

    def test_a_good_document_has_none(self, machine: LuaMachine) -> None:
        assert problems(a_customization({"replicaRevision": IDENTITY}), machine) == []

    @pytest.mark.parametrize(
        ("script", "part"),
        [
            ("function", "compile"),
            ("local x = 1", "not found function ReviseReplica"),
            ("while true do end", "instruction limit"),
            ("error('no')", "no"),
        ],
    )
    def test_a_bad_script_is_named_with_its_field(
        self, machine: LuaMachine, script: str, part: str
    ) -> None:
        (problem,) = problems(a_customization({"replicaRevision": script}), machine)
        assert problem.startswith("replicaRevision: ")
        assert part in problem

    def test_another_shape_is_one_problem(self, machine: LuaMachine) -> None:
        assert len(problems({"spec": 1}, machine)) == 1
