"""Third-party kinds: the shape of the files, what each kind must be able to answer, and the rules
that the shared vectors do not reach.
"""

from __future__ import annotations

import gzip
import json
from pathlib import Path
from typing import Any, Final

import pytest

from reconciler.interpret.chain import Interpreter, LayerName, Operation
from reconciler.interpret.lua.catalogue import Target, catalogue, customization, walk
from reconciler.interpret.lua.customization import SCRIPT_FIELDS

VECTORS: Final = Path(__file__).parents[1] / "vectors/karmada/interpret-thirdparty.jsonl.gz"
TARGETS: Final = list(catalogue())
SEVERAL_TEMPLATES: Final = {
    "FlinkDeployment",
    "Job",
    "MPIJob",
    "PyTorchJob",
    "RayCluster",
    "RayJob",
    "SparkApplication",
    "TFJob",
}


@pytest.fixture(scope="module")
def interpreter() -> Interpreter:
    """The third-party layer alone."""
    return Interpreter(layers=(LayerName.THIRD_PARTY,))


def title(target: Target) -> str:
    """`kubeflow.org/v1/TFJob`."""
    return f"{target.api_version}/{target.kind}"


def targets_with(field: str) -> list[Target]:
    """The kinds whose customization has this script."""
    documents = {target: customization(*target) for target in TARGETS}
    return [
        target
        for target, document in documents.items()
        if document and field in document["spec"]["customizations"]
    ]


def a_body(api_version: str, kind: str, **fields: Any) -> dict[str, Any]:
    """An object of a kind, with a template generation and nothing in its spec."""
    metadata = {"name": "sample", "namespace": "team", "generation": 1}
    return {"apiVersion": api_version, "kind": kind, "metadata": metadata, "spec": {}, **fields}


def status_of(interpreter: Interpreter, body: dict[str, Any], *statuses: Any) -> dict[str, Any]:
    """The aggregated status over members m1, m2, … with these statuses."""
    items = [
        {"clusterName": f"m{number}", "applied": True, "status": status}
        for number, status in enumerate(statuses, 1)
    ]
    aggregated = interpreter.aggregate_status(body, items)
    assert aggregated is not None
    status: dict[str, Any] = aggregated.get("status", {})
    return status


def components_of(interpreter: Interpreter, body: dict[str, Any]) -> dict[str, tuple[int, Any]]:
    """Replicas and resource request of each component by name."""
    components = interpreter.get_components(body)
    assert components is not None
    return {
        component["name"]: (
            component["replicas"],
            component.get("replicaRequirements", {}).get("resourceRequest"),
        )
        for component in components
    }


def a_template(cpu: str) -> dict[str, Any]:
    """A pod template whose one container requests this much processor."""
    container = {"name": "main", "resources": {"requests": {"cpu": cpu}}}
    return {"spec": {"containers": [container]}}


class TestFiles:
    """What every file of the catalogue has in common."""

    def test_every_kind_of_the_vectors_has_a_file(self) -> None:
        with gzip.open(VECTORS, "rt", encoding="utf-8") as lines:
            objects = [json.loads(line)["in"]["object"] for line in lines]
        assert {Target(body["apiVersion"], body["kind"]) for body in objects} <= set(TARGETS)

    @pytest.mark.parametrize("target", TARGETS, ids=title)
    def test_a_file_is_for_the_kind_its_place_names(self, target: Target) -> None:
        document = customization(*target)
        assert document is not None
        assert document["spec"]["target"] == {"apiVersion": target[0], "kind": target[1]}
        assert document["kind"] == "ResourceInterpreterCustomization"

    @pytest.mark.parametrize("target", TARGETS, ids=title)
    def test_a_file_says_first_what_the_kind_is(self, target: Target) -> None:
        text = catalogue()[target].read_text(encoding="utf-8")
        assert text.startswith(f"# {target.kind} (")

    @pytest.mark.parametrize("target", TARGETS, ids=title)
    def test_every_customization_is_one_of_karmadas_and_defines_its_function(
        self, target: Target
    ) -> None:
        document = customization(*target)
        assert document is not None
        functions = dict(SCRIPT_FIELDS.values())
        for field, rule in document["spec"]["customizations"].items():
            assert f"\nfunction {functions[field]}(" in f"\n{rule['luaScript']}"

    def test_no_name_is_used_twice(self) -> None:
        documents = [customization(*target) for target in TARGETS]
        names = [document["metadata"]["name"] for document in documents if document]
        assert len(set(names)) == len(TARGETS)

    def test_adding_a_kind_is_adding_a_file_that_need_not_be_read_to_be_found(
        self, tmp_path: Path
    ) -> None:
        folder = tmp_path / "example.io" / "v1"
        folder.mkdir(parents=True)
        (folder / "Gadget.yaml").write_text("{ not even yaml", encoding="utf-8")
        (folder / "notes.txt").write_text("ignored", encoding="utf-8")
        assert [target for target, _ in walk(tmp_path)] == [Target("example.io/v1", "Gadget")]

    def test_a_kind_without_a_file_is_unknown(self, interpreter: Interpreter) -> None:
        assert customization("example.io/v1", "Gadget") is None
        assert not interpreter.handles(Operation.GET_REPLICAS, "example.io/v1", "Gadget")


class TestEveryKind:
    """Promises that hold whatever the kind is."""

    @pytest.mark.parametrize("target", TARGETS, ids=title)
    def test_an_object_without_status_is_not_healthy_and_reflects_nothing(
        self, interpreter: Interpreter, target: Target
    ) -> None:
        body = a_body(*target)
        assert interpreter.interpret_health(body) in {False, None}
        assert not interpreter.reflect_status(body)

    @pytest.mark.parametrize("target", targets_with("statusAggregation"), ids=title)
    def test_members_that_report_nothing_do_not_break_the_aggregate(
        self, interpreter: Interpreter, target: Target
    ) -> None:
        body = a_body(*target)
        silent: list[tuple[Any, ...]] = [(), ({},), ({}, {}), (None, {"conditions": [{}]})]
        for statuses in silent:
            status_of(interpreter, body, *statuses)

    @pytest.mark.parametrize("target", TARGETS, ids=title)
    def test_components_are_told_for_the_kinds_that_have_several_pod_templates(
        self, interpreter: Interpreter, target: Target
    ) -> None:
        told = interpreter.handles(Operation.GET_COMPONENTS, *target)
        assert told == (target.kind in SEVERAL_TEMPLATES)

    @pytest.mark.parametrize("target", targets_with("replicaRevision"), ids=title)
    def test_a_kind_whose_replicas_can_be_revised_tells_its_replicas(
        self, interpreter: Interpreter, target: Target
    ) -> None:
        revised = interpreter.revise_replica(a_body(*target, spec={"template": {}}), 3)
        assert revised is not None
        assert interpreter.get_replicas(revised) is not None


class TestComponents:
    """GetComponents of the kinds that run several pod templates."""

    @pytest.mark.parametrize(
        ("api_version", "kind", "field"),
        [
            ("kubeflow.org/v1", "PyTorchJob", "pytorchReplicaSpecs"),
            ("kubeflow.org/v1", "TFJob", "tfReplicaSpecs"),
            ("kubeflow.org/v2beta1", "MPIJob", "mpiReplicaSpecs"),
        ],
    )
    def test_a_training_job_has_one_component_for_each_replica_type(
        self, interpreter: Interpreter, api_version: str, kind: str, field: str
    ) -> None:
        specs = {"Worker": {"replicas": 4, "template": a_template("2")}, "Master": {}}
        body = a_body(api_version, kind, spec={field: specs})
        assert components_of(interpreter, body) == {
            "master": (1, None),
            "worker": (4, {"cpu": "2"}),
        }

    def test_a_volcano_job_has_one_component_for_each_task(self, interpreter: Interpreter) -> None:
        tasks = [{"name": "ps", "replicas": 2, "template": a_template("1")}, {"replicas": 3}]
        body = a_body("batch.volcano.sh/v1alpha1", "Job", spec={"tasks": tasks})
        assert components_of(interpreter, body) == {"ps": (2, {"cpu": "1"}), "task-1": (3, None)}

    @pytest.mark.parametrize("kind", ["RayCluster", "RayJob"])
    def test_ray_has_a_head_and_groups_of_workers(
        self, interpreter: Interpreter, kind: str
    ) -> None:
        cluster = {
            "headGroupSpec": {"template": a_template("4")},
            "workerGroupSpecs": [
                {"groupName": "small", "replicas": 2, "template": a_template("1")},
                {"replicas": 2, "numOfHosts": 4, "template": a_template("8")},
            ],
        }
        spec = cluster if kind == "RayCluster" else {"rayClusterSpec": cluster}
        assert components_of(interpreter, a_body("ray.io/v1", kind, spec=spec)) == {
            "ray-head": (1, {"cpu": "4"}),
            "small": (2, {"cpu": "1"}),
            "worker-1": (8, {"cpu": "8"}),
        }

    def test_flink_fills_task_managers_slot_by_slot_and_shares_the_pod_template(
        self, interpreter: Interpreter
    ) -> None:
        spec = {
            "flinkConfiguration": {"taskmanager.numberOfTaskSlots": "2"},
            "job": {"parallelism": 5},
            "jobManager": {"resource": {"cpu": 1, "memory": "2048m"}},
            "taskManager": {"resource": {"cpu": 0.5, "memory": "1Gi"}},
            "podTemplate": {"spec": {"nodeSelector": {"disk": "ssd"}}},
        }
        body = a_body("flink.apache.org/v1beta1", "FlinkDeployment", spec=spec)
        assert components_of(interpreter, body) == {
            "jobmanager": (1, {"cpu": "1", "memory": "2048m"}),
            "taskmanager": (3, {"cpu": "500m", "memory": "1Gi"}),
        }
        components = interpreter.get_components(body)
        assert components is not None
        claims = [one["replicaRequirements"]["nodeClaim"] for one in components]
        assert claims == [{"nodeSelector": {"disk": "ssd"}}] * 2

    def test_spark_counts_in_mebibytes_and_adds_the_overhead(
        self, interpreter: Interpreter
    ) -> None:
        spec = {
            "type": "Scala",
            "nodeSelector": {"disk": "ssd"},
            "driver": {"cores": 2, "memory": "512m"},
            "executor": {"instances": 3, "cores": 1, "memory": "8g", "memoryOverhead": "1g"},
        }
        body = a_body("sparkoperator.k8s.io/v1beta2", "SparkApplication", spec=spec)
        assert components_of(interpreter, body) == {
            "driver": (1, {"cpu": "2", "memory": "896Mi"}),
            "executor": (3, {"cpu": "1", "memory": "9Gi"}),
        }


class TestRayServiceReplicas:
    """ReviseReplica of a RayService: a head, and groups that share the rest."""

    @staticmethod
    def revised(interpreter: Interpreter, replicas: int, *groups: int | None) -> list[int]:
        specs = [{} if count is None else {"replicas": count} for count in groups]
        body = a_body("ray.io/v1", "RayService")
        body["spec"] = {"rayClusterConfig": {"headGroupSpec": {}, "workerGroupSpecs": specs}}
        revised = interpreter.revise_replica(body, replicas)
        assert revised is not None
        return [
            group["replicas"] for group in revised["spec"]["rayClusterConfig"]["workerGroupSpecs"]
        ]

    @pytest.mark.parametrize("replicas", range(14))
    def test_what_is_asked_for_is_what_runs(self, interpreter: Interpreter, replicas: int) -> None:
        assert sum(self.revised(interpreter, replicas, 1, 2, 4)) == max(replicas - 1, 0)

    def test_a_remainder_goes_to_the_largest_fractions(self, interpreter: Interpreter) -> None:
        assert self.revised(interpreter, 6, 1, 2, 4) == [1, 1, 3]

    def test_groups_that_ask_for_nothing_share_equally(self, interpreter: Interpreter) -> None:
        assert self.revised(interpreter, 6, None, 0) == [3, 2]

    def test_without_worker_groups_nothing_can_be_revised(self, interpreter: Interpreter) -> None:
        assert self.revised(interpreter, 6) == []


class TestAggregates:
    """One status over all members, where a kind has a rule of its own."""

    def test_a_training_job_succeeded_when_it_did_in_every_member(
        self, interpreter: Interpreter
    ) -> None:
        done = {"type": "Succeeded", "status": "True", "reason": "PyTorchJobSucceeded"}
        first = {"conditions": [done], "completionTime": "2025-10-13T11:48:12Z"}
        second = {"conditions": [done], "completionTime": "2025-10-13T12:00:00Z"}
        body = a_body("kubeflow.org/v1", "PyTorchJob")
        both = status_of(interpreter, body, first, second)
        assert [condition["type"] for condition in both["conditions"]] == ["Succeeded"]
        assert both["completionTime"] == "2025-10-13T12:00:00Z"
        assert status_of(interpreter, body, first, {}) == {}

    def test_a_failed_member_is_named(self, interpreter: Interpreter) -> None:
        failed = {"type": "Failed", "status": "True", "reason": "TFJobFailed"}
        body = a_body("kubeflow.org/v1", "TFJob")
        status = status_of(interpreter, body, {}, {"conditions": [failed]})
        assert status["conditions"][0]["message"] == "TFJob executed failed in member clusters: m2"

    def test_a_policy_is_ready_when_no_member_says_otherwise(
        self, interpreter: Interpreter
    ) -> None:
        body = a_body("kyverno.io/v1", "Policy")
        assert status_of(interpreter, body, {"ready": False}, {"ready": True})["ready"] is False
        assert status_of(interpreter, body, {"ready": True}, {})["ready"] is True

    def test_quantities_of_ray_clusters_are_added_as_quantities(
        self, interpreter: Interpreter
    ) -> None:
        body = a_body("ray.io/v1", "RayCluster")
        members = ({"desiredMemory": "512Mi"}, {"desiredMemory": "1Gi", "desiredCPU": "500m"})
        status = status_of(interpreter, body, *members)
        assert (status["desiredMemory"], status["desiredCPU"]) == ("1536Mi", "500m")

    def test_a_volcano_job_is_as_bad_as_its_worst_member(self, interpreter: Interpreter) -> None:
        body = a_body("batch.volcano.sh/v1alpha1", "Job")
        members = [{"state": {"phase": phase}, "running": 1} for phase in ("Failed", "Completed")]
        status = status_of(interpreter, body, *members)
        assert (status["state"], status["running"]) == ({"phase": "Failed"}, 2)

    def test_a_broadcast_job_is_complete_when_every_member_is(
        self, interpreter: Interpreter
    ) -> None:
        complete = {"type": "Complete", "status": "True"}
        done = {
            "phase": "completed",
            "conditions": [complete],
            "completionTime": "2023-04-06T15:01:20Z",
        }
        body = a_body("apps.kruise.io/v1alpha1", "BroadcastJob")
        assert status_of(interpreter, body, done, done)["phase"] == "completed"
        mixed = status_of(interpreter, body, done, {"phase": "running"})
        assert mixed["phase"] == "running"
        assert "completionTime" not in mixed
        assert "conditions" not in mixed
