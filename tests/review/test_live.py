"""Plans and live members: what is executed is done, what drifts is told, what is staged seen."""

from __future__ import annotations

import random
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest
import yaml
from click.testing import CliRunner, Result

from reconciler.cli.apply import exit_code
from reconciler.cli.console import EXIT_BLOCKED
from reconciler.cli.program import program
from reconciler.model.change import Action
from reconciler.plan.ignoring import ignore_rules, ignore_yaml
from reconciler.runtime.looking import look
from reconciler.runtime.offline import Planner
from reconciler.runtime.repository import FleetRepository
from tests.stories.fleetbench import FleetBench, config_map, deployment, place, policy
from tests.stories.memberbench import CountingFleet, Server, SimulatedServer

KINDS = (("apps/v1", "Deployment"), ("v1", "ConfigMap"), ("v1", "Secret"))
WEIGHTED = {
    "replicaScheduling": {
        "replicaSchedulingType": "Divided",
        "replicaDivisionPreference": "Weighted",
        "weightPreference": {
            "staticWeightList": [
                {"targetCluster": {"clusterNames": ["one"]}, "weight": 2},
                {"targetCluster": {"clusterNames": ["two"]}, "weight": 1},
            ]
        },
    }
}
ONLY_ONE = {"clusterAffinity": {"clusterNames": ["one"]}}


def secret(value: str) -> dict[str, Any]:
    metadata = {"name": "token", "namespace": "shop"}
    return {"apiVersion": "v1", "kind": "Secret", "metadata": metadata, "stringData": {"p": value}}


@pytest.fixture
def bench(tmp_path: Path) -> Iterator[FleetBench]:
    """A fleet of two simulated members."""
    with ExitStack() as stack:
        servers: dict[str, Server] = {}
        for name in ("one", "two"):
            fleet = CountingFleet([name])
            stack.callback(fleet.stop)
            servers[name] = SimulatedServer(fleet, fleet.start()[name])
        bench = FleetBench(tmp_path, servers)
        bench.write_documents("web.yaml", deployment("web", replicas=3))
        bench.write_documents("settings.yaml", config_map("settings", level="info"))
        bench.write_documents("policy.yaml", policy("all", *KINDS))
        yield bench


def offline(bench: FleetBench) -> Any:
    return Planner(FleetRepository.local(bench.repo)).plan().head.plan


def run(bench: FleetBench, *arguments: str) -> Result:
    where = ("--repo", str(bench.repo), "--credentials", str(bench.credentials))
    return CliRunner().invoke(program, ["plan", *arguments, *where])


async def test_after_a_plan_was_executed_there_is_nothing_left_to_plan(bench: FleetBench) -> None:
    edits: list[dict[str, Any]] = [
        {},
        {"web.yaml": deployment("web", replicas=6, image="shop/web:2")},
        {"policy.yaml": policy("all", *KINDS, placement=WEIGHTED)},
        {"token.yaml": secret("canary-1")},
        {"token.yaml": secret("canary-2"), "settings.yaml": config_map("other", level="info")},
        {"policy.yaml": policy("all", *KINDS, placement=ONLY_ONE)},
    ]
    for edit in edits:
        for path, document in edit.items():
            bench.write_documents(path, document)
        bench.commit()
        promised = offline(bench)
        done = await bench.apply()
        # Only members know whether a namespace that nobody declares is there.
        assert {(one.cluster, one.action, one.key) for one in promised.changes} == {
            (one.cluster, one.action, one.key)
            for one in done.outcome.plan.changes
            if one.key.kind != "Namespace"
        }
        assert offline(bench).is_empty
        assert (await look(bench.hub)).outcome.plan.is_empty


@pytest.mark.parametrize("seed", range(3))
async def test_any_plan_that_was_executed_leaves_nothing_to_plan(
    bench: FleetBench, seed: int
) -> None:
    chance = random.Random(seed)  # noqa: S311 - any edits will do
    choices: dict[str, list[list[dict[str, Any]]]] = {
        "web.yaml": [[deployment("web", replicas=count)] for count in range(4)],
        "more.yaml": [[], [deployment("more", image="shop/web:3")], [config_map("more", a="b")]],
        "policy.yaml": [
            [policy("all", *KINDS, placement=placement)] for placement in ({}, WEIGHTED, ONLY_ONE)
        ],
        "narrow.yaml": [[], [policy("narrow", KINDS[0], placement=ONLY_ONE, priority=3)]],
        "token.yaml": [[], [secret("canary-1")], [secret("canary-2")]],
        "edge.yaml": [[], [override(1)], [override(5)]],
    }
    for _ in range(4):
        for path, found in choices.items():
            bench.write_documents(path, *chance.choice(found))
        bench.commit()
        promised = offline(bench)
        done = await bench.apply()
        assert done.outcome.plan.digest == promised.digest
        assert offline(bench).is_empty
        assert (await look(bench.hub)).outcome.plan.is_empty


def override(replicas: int) -> dict[str, Any]:
    operation = {"path": "/spec/replicas", "operator": "replace", "value": replicas}
    target = {"clusterNames": ["two"]}
    return {
        "apiVersion": "policy.karmada.io/v1alpha1",
        "kind": "OverridePolicy",
        "metadata": {"name": "edge", "namespace": "shop"},
        "spec": {
            "resourceSelectors": [{"apiVersion": "apps/v1", "kind": "Deployment"}],
            "overrideRules": [{"targetCluster": target, "overriders": {"plaintext": [operation]}}],
        },
    }


async def test_drift_is_told_with_rules_to_ignore_it_and_nothing_is_written(
    bench: FleetBench,
) -> None:
    await bench.apply_commit()
    server = bench.servers["two"]
    path = place("Deployment", "web")
    _, body = server.request("GET", path)
    body["spec"]["replicas"] = 9
    body["spec"]["template"]["spec"]["containers"][0]["image"] = "shop/web:hotfix"
    assert server.request("PUT", path, body)[0] == 200
    server.request("DELETE", place("ConfigMap", "settings"))
    before, writes = bench.git("show-ref"), server.writes()
    plan = (await look(bench.hub)).outcome.plan
    assert {(one.cluster, one.action, one.key.kind) for one in plan.changes} == {
        ("two", Action.UPDATE, "Deployment"),
        ("two", Action.CREATE, "ConfigMap"),
    }
    (rule,) = ignore_rules(plan.changes)
    assert rule.paths == ("/spec/replicas", "/spec/template/spec/containers/0/image")
    assert (bench.git("show-ref"), server.writes()) == (before, writes)


async def test_the_rules_that_are_offered_end_the_drift(bench: FleetBench) -> None:
    await bench.apply_commit()
    server, path = bench.servers["one"], place("Deployment", "web")
    _, body = server.request("GET", path)
    body["spec"]["replicas"] = 9
    server.request("PUT", path, body)
    rules = ignore_yaml(ignore_rules((await look(bench.hub)).outcome.plan.changes))
    config = bench.repo / "reconciler.yaml"
    config.write_text(config.read_text() + rules)
    assert yaml.safe_load(rules)["ignoreDifferences"][0]["paths"] == ["/spec/replicas"]
    done = await bench.apply_commit()
    assert done.outcome.plan.is_empty
    assert server.request("GET", path)[1]["spec"]["replicas"] == 9


def test_drift_before_the_first_apply_is_refused(bench: FleetBench) -> None:
    bench.commit()
    result = run(bench, "--drift")
    assert result.exit_code == 1
    assert "nothing is applied yet" in result.output


def test_what_is_staged_can_be_planned_before_it_is_committed(bench: FleetBench) -> None:
    bench.commit()
    refs = bench.git("show-ref")
    assert run(bench, "--staged", "--detailed-exitcode").exit_code == 0
    bench.write_documents("web.yaml", deployment("web", replicas=4))
    assert run(bench, "--staged", "--detailed-exitcode").exit_code == 0
    bench.git("add", "-A")
    result = run(bench, "--staged", "--detailed-exitcode")
    assert result.exit_code == 2
    assert "spec.replicas  3 -> 4" in result.stdout
    assert "-> staged" in result.stdout
    assert result.stdout == run(bench, "--staged").stdout
    assert bench.git("show-ref") == refs


def test_staged_and_drift_exclude_each_other(bench: FleetBench) -> None:
    bench.commit()
    assert run(bench, "--staged", "--drift").exit_code == 64


async def test_a_document_beyond_its_limits_keeps_what_members_have(bench: FleetBench) -> None:
    await bench.apply_commit()
    config = bench.repo / "reconciler.yaml"
    config.write_text(config.read_text() + "limits: [{path: web.yaml, clusters: [one]}]\n")
    bench.write_documents("web.yaml", deployment("web", replicas=5))
    bench.write_documents("settings.yaml", config_map("settings", level="debug"))
    done = await bench.apply_commit()
    assert {(one.action, one.key.kind) for one in done.outcome.plan.changes} == {
        (Action.UPDATE, "ConfigMap")
    }
    assert exit_code(done) == EXIT_BLOCKED
    for server in bench.servers.values():
        assert server.request("GET", place("Deployment", "web"))[1]["spec"]["replicas"] == 3
    assert run(bench).exit_code == EXIT_BLOCKED
    bench.write_documents("policy.yaml", policy("all", *KINDS, placement=ONLY_ONE))
    assert exit_code(await bench.apply_commit()) == 0
