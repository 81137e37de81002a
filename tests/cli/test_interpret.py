"""`reconciler interpret`: what a kind means, asked offline."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import yaml
from click.testing import CliRunner, Result

from reconciler.cli.program import program
from tests.interpret.bodies import a_customization, a_widget, a_workload

HEALTHY_IF_LARGE = "function InterpretHealth(obj) return obj.spec.size > 1 end"


class Files:
    """Manifests as files of a folder."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def __call__(self, name: str, *bodies: Any) -> str:
        path = self._folder / f"{name}.yaml"
        path.write_text(yaml.safe_dump_all(bodies))
        return str(path)


@pytest.fixture
def files(tmp_path: Path) -> Files:
    return Files(tmp_path)


def run(*arguments: str) -> Result:
    return CliRunner().invoke(program, ["interpret", *arguments])


def answer(*arguments: str) -> Any:
    result = run(*arguments, "--output", "json")
    assert result.exit_code == 0, result.stderr
    return json.loads(result.stdout)


@pytest.mark.parametrize("name", ["GetReplicas", "InterpretReplica", "getreplicas"])
def test_replicas_by_any_name(files: Files, name: str) -> None:
    desired = files("web", a_workload("Deployment"))
    shown = answer("--operation", name, "--desired", desired)
    assert shown["replicas"] == 3
    assert shown["requirements"]["resourceRequest"] == {"cpu": "100m"}


def test_every_operation_of_a_native_kind(files: Files) -> None:
    desired = files("desired", a_workload("Deployment"))
    live = a_workload("Deployment")
    live["metadata"]["annotations"] = {"resourcetemplate.karmada.io/generation": "2"}
    live["status"] = {"observedGeneration": 2, "replicas": 3, "updatedReplicas": 3}
    observed = files("observed", live)
    revised = answer("--operation", "ReviseReplica", "--desired", desired, "--replicas", "7")
    assert revised["revised"]["spec"]["replicas"] == 7
    assert answer("--operation", "InterpretHealth", "--observed", observed) == {"healthy": False}
    status = answer("--operation", "InterpretStatus", "--observed", observed)["status"]
    assert status["replicas"] == 3
    items = files("items", {"clusterName": "eu", "status": status, "applied": True})
    sums = answer("--operation", "AggregateStatus", "--desired", desired, "--status", items)
    assert sums["aggregated"]["status"]["replicas"] == 3
    kept = answer("--operation", "Retain", "--desired", desired, "--observed", observed)
    assert kept["retained"]["spec"]["replicas"] == 3
    needs = answer("--operation", "GetDependencies", "--desired", desired)
    assert needs == {"dependencies": []}


def test_components_of_a_kind_of_another_project(files: Files) -> None:
    job = {
        "apiVersion": "kubeflow.org/v1",
        "kind": "PyTorchJob",
        "metadata": {"name": "j", "namespace": "shop"},
        "spec": {"pytorchReplicaSpecs": {"Worker": {"replicas": 2, "template": {"spec": {}}}}},
    }
    shown = answer("--operation", "GetComponents", "--desired", files("job", job))
    assert shown["components"][0]["replicas"] == 2


def test_a_customization_comes_first(files: Files) -> None:
    custom = files("custom", a_customization({"healthInterpretation": HEALTHY_IF_LARGE}))
    for size, healthy in ((1, False), (2, True)):
        result = run(
            *("--operation", "InterpretHealth", "--observed", files("w", a_widget(size=size))),
            *("--customization", custom),
        )
        assert result.exit_code == 0
        assert yaml.safe_load(result.stdout) == {"healthy": healthy}


def test_a_failing_script_is_an_error_in_a_line(files: Files) -> None:
    script = "function InterpretHealth(obj) error('\\27[2Jboom') end"
    custom = files("custom", a_customization({"healthInterpretation": script}))
    result = run(
        *("--operation", "InterpretHealth", "--observed", files("w", a_widget())),
        *("--customization", custom),
    )
    assert result.exit_code == 1
    assert "boom" in result.stderr
    assert "\x1b" not in result.stderr
    assert len(result.stderr.splitlines()) == 1


def test_a_kind_that_nobody_knows_has_no_answer(files: Files) -> None:
    result = run("--operation", "GetReplicas", "--desired", files("w", a_widget()))
    assert result.exit_code == 1
    assert "no interpreter answers" in result.stderr


def test_check_says_what_is_wrong(files: Files) -> None:
    good = a_customization({"healthInterpretation": HEALTHY_IF_LARGE}, name="good")
    bad = a_customization(
        {"retention": "function Retain(", "replicaResource": "function Other() end"}, name="bad"
    )
    result = run("--check", "--customization", files("both", good, bad))
    assert result.exit_code == 4
    assert "good: every script runs" in result.stdout
    assert "bad: retention:" in result.stdout
    assert "bad: replicaResource:" in result.stdout
    assert run("--check", "--customization", files("good", good)).exit_code == 0
    shown = run("--check", "--customization", files("bad", bad), "--output", "json")
    assert shown.exit_code == 4
    assert len(json.loads(shown.stdout)["problems"]["bad"]) == 2


@pytest.mark.parametrize(
    "arguments",
    [(), ("--check",), ("--operation", "Prune"), ("--operation", "Retain", "--desired", "none")],
)
def test_a_question_that_is_none_is_a_usage_error(arguments: tuple[str, ...]) -> None:
    assert run(*arguments).exit_code == 64


@pytest.mark.parametrize("operation", ["Retain", "GetReplicas", "ReviseReplica", "InterpretHealth"])
def test_what_is_needed_and_not_given_is_named(operation: str) -> None:
    result = run("--operation", operation)
    assert result.exit_code == 1
    assert "needs" in result.stderr


@pytest.mark.parametrize("text", ["a: [", "- 1\n- 2\n", "a: 1\n---\nb: 2\n", "a: 1\na: 2\n"])
def test_a_file_that_holds_no_one_object_is_said(tmp_path: Path, text: str) -> None:
    path = tmp_path / "odd.yaml"
    path.write_text(text)
    result = run("--operation", "GetReplicas", "--desired", str(path))
    assert result.exit_code == 1
    assert "odd.yaml" in result.stderr


def test_only_customizations_customize(files: Files) -> None:
    result = run("--check", "--customization", files("w", a_widget()))
    assert result.exit_code == 1
    assert "no ResourceInterpreterCustomization" in result.stderr


@pytest.mark.parametrize("verb", ["status", "wait", "interpret"])
def test_help_has_examples(verb: str) -> None:
    result = CliRunner().invoke(program, [verb, "--help"])
    assert result.exit_code == 0
    assert "Examples:" in result.stdout
    assert f"reconciler {verb} " in result.stdout
