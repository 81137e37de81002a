"""Secret values reach no output: branches, plans in every format, diagnostics, results."""

from __future__ import annotations

import base64
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import orjson
import pytest
from click.testing import CliRunner

from reconciler.cli.apply import encode_pass
from reconciler.cli.program import program
from reconciler.plan.formats import FORMATS, Context
from reconciler.runtime.hub import PassResult
from reconciler.runtime.offline import Planner
from reconciler.runtime.repository import FleetRepository
from tests.stories.fleetbench import CONFIG, FleetBench, config_map, deployment, policy
from tests.stories.memberbench import CountingFleet, SimulatedServer

CANARY = "canary-7f3a91-never-shown"
CANARIES = (CANARY, base64.b64encode(CANARY.encode()).decode(), CANARY[7:20])
KINDS = (("apps/v1", "Deployment"), ("v1", "ConfigMap"), ("v1", "Secret"))
ALL_WORKS = CONFIG + "writeBack: {works: all}\n"


@pytest.fixture
def bench(tmp_path: Path) -> Iterator[FleetBench]:
    """One member, every Work on a branch, and a Secret that was applied."""
    fleet = CountingFleet(["one"], controllers=False)
    servers = {name: SimulatedServer(fleet, end) for name, end in fleet.start().items()}
    bench = FleetBench(tmp_path, servers, config=ALL_WORKS)
    bench.write_documents("policy.yaml", policy("all", *KINDS))
    bench.write_documents("secret.yaml", secret())
    bench.commit("first")
    yield bench
    fleet.stop()


def secret(**change: Any) -> dict[str, Any]:
    """A Secret with the canary."""
    return {
        "apiVersion": "v1",
        "kind": "Secret",
        "metadata": {"name": "token", "namespace": "shop"},
        "stringData": {"token": CANARY},
        **change,
    }


def everything_said(bench: FleetBench, done: PassResult) -> Iterator[tuple[str, str]]:
    """Every text that leaves the program, with where it goes."""
    planned = Planner(FleetRepository.local(bench.repo)).plan()
    for where, plan in (("offline", planned.head.plan), ("apply", done.outcome.plan)):
        context = Context(base="a", head="b", clusters=1, objects=1, width=0, has_colour=False)
        for name, form in FORMATS.items():
            yield f"{where} plan as {name}", form(plan, context)
    yield "apply as json", orjson.dumps(encode_pass(done)).decode()
    for one in (*done.diagnostics, *planned.head.diagnostics):
        yield f"diagnostic {one.code}", f"{one.message} {one.hint} {one.subject}"
    for ref in bench.git("for-each-ref", "--format=%(refname)").split():
        if "/reconciler/" in ref:
            yield ref, bench.git("log", "-p", "--format=%B", "-m", "--root", ref)


def assert_unseen(bench: FleetBench, done: PassResult) -> None:
    """None of the outputs shows the canary in any guise."""
    refs = bench.git("for-each-ref", "--format=%(refname)")
    assert "reconciler/state" in refs
    for where, text in everything_said(bench, done):
        for canary in CANARIES:
            assert canary not in text, f"{where} shows {canary}"


async def test_a_secret_comes_and_changes_unseen(bench: FleetBench) -> None:
    assert_unseen(bench, await bench.apply())
    bench.write_documents("secret.yaml", secret(stringData={"token": f"{CANARY}-2"}))
    assert_unseen(bench, await bench.apply_commit("rotate"))
    bench.remove("secret.yaml")
    assert_unseen(bench, await bench.apply_commit("remove"))


@pytest.mark.parametrize(
    "text",
    [
        f"stringData: {{token: {CANARY}, token: {CANARY}}}\n",
        f"stringData: {{token: {CANARY}\n",
        f"stringData:\n  token: {CANARY}\n {CANARY}: x\n",
        f"stringData: [{CANARY}]\n",
        f"stringData: {CANARY}\n",
        f"data: {CANARY}\nstringData: {{a: {CANARY}}}\n",
        f"data: {{token: '{CANARY}!'}}\n",
        f"data: {{token: !!binary {CANARY}}}\n",
        f"data: {{token: !{CANARY} x}}\n",
        f"data: {{token: *{CANARY}}}\n",
        f"data: {{token: &{CANARY} x}}\n{CANARY}: [\n",
        f"type: {CANARY}\nimmutable: {CANARY}\nstringData: {{a: {CANARY}}}\n",
        f"sops: {{mac: {CANARY}, version: 1}}\nstringData: {{a: {CANARY}}}\n",
    ],
)
async def test_a_broken_secret_is_not_quoted(bench: FleetBench, text: str) -> None:
    await bench.apply()
    head = "apiVersion: v1\nkind: Secret\nmetadata: {name: token, namespace: shop}\n"
    bench.write("secret.yaml", head + text)
    assert_unseen(bench, await bench.apply_commit("break"))
    assert_unseen(bench, await bench.apply())


async def test_marks_of_a_secret_are_not_quoted(bench: FleetBench) -> None:
    document = secret()
    applied = orjson.dumps(secret()).decode()
    document["metadata"]["annotations"] = {
        "kubectl.kubernetes.io/last-applied-configuration": applied,
        "copy": CANARIES[1],
    }
    document["metadata"]["labels"] = {"copy": CANARY}
    bench.write_documents("secret.yaml", document)
    assert_unseen(bench, await bench.apply_commit("copy"))


def rules(*overriders: dict[str, Any]) -> dict[str, Any]:
    """An override policy for Secrets."""
    return {
        "apiVersion": "policy.karmada.io/v1alpha1",
        "kind": "OverridePolicy",
        "metadata": {"name": "leak", "namespace": "shop"},
        "spec": {
            "resourceSelectors": [{"apiVersion": "v1", "kind": "Secret"}],
            "overrideRules": [{"overriders": one} for one in overriders],
        },
    }


@pytest.mark.parametrize(
    "overrider",
    [
        {"plaintext": [{"path": "/data/token", "operator": "replace", "value": CANARIES[1]}]},
        {"plaintext": [{"path": "/data/new", "operator": "add", "value": CANARIES[1]}]},
        {"plaintext": [{"path": "/stringData", "operator": "add", "value": {"new": CANARY}}]},
        {"plaintext": [{"path": "/data/no/such", "operator": "replace", "value": CANARY}]},
        {"plaintext": [{"path": "/data", "operator": "replace", "value": CANARY}]},
        {"annotationsOverrider": [{"operator": "add", "value": {"copy": CANARY}}]},
        {
            "imageOverrider": [
                {
                    "predicate": {"path": "/data/token"},
                    "component": "Tag",
                    "operator": "add",
                    "value": "x",
                }
            ]
        },
        {
            "fieldOverrider": [
                {
                    "fieldPath": "/data/token",
                    "json": [{"subPath": "/a", "operator": "add", "value": "x"}],
                }
            ]
        },
        {
            "fieldOverrider": [
                {
                    "fieldPath": "/data/token",
                    "yaml": [{"subPath": "/a", "operator": "add", "value": "x"}],
                }
            ]
        },
        {"commandOverrider": [{"containerName": "x", "operator": "add", "value": [CANARY]}]},
    ],
)
async def test_an_override_of_a_secret_is_not_shown(
    bench: FleetBench, overrider: dict[str, Any]
) -> None:
    await bench.apply()
    bench.write_documents("leak.yaml", rules(overrider))
    assert_unseen(bench, await bench.apply_commit("override"))
    bench.remove("leak.yaml")
    assert_unseen(bench, await bench.apply_commit("and back"))


async def test_scripts_cannot_carry_a_secret_into_a_status(bench: FleetBench) -> None:
    script = {
        "apiVersion": "config.karmada.io/v1alpha1",
        "kind": "ResourceInterpreterCustomization",
        "metadata": {"name": "leak"},
        "spec": {
            "target": {"apiVersion": "v1", "kind": "Secret"},
            "customizations": {
                "statusReflection": {
                    "luaScript": "function ReflectStatus(o) return {leak = o.data.token} end"
                },
                "healthInterpretation": {
                    "luaScript": "function InterpretHealth(o) error(o.data.token) end"
                },
                "retention": {
                    "luaScript": "function Retain(d, o)\n  error('kept ' .. o.data.token)\nend"
                },
                "dependencyInterpretation": {
                    "luaScript": "function GetDependencies(o)\n"
                    "  return {{apiVersion='v1', kind='ConfigMap', namespace='shop', "
                    "name=o.data.token}}\nend"
                },
            },
        },
    }
    bench.write_documents("script.yaml", script)
    bench.write_documents("policy.yaml", policy("all", *KINDS, propagateDeps=True))
    for message in ("script", "again"):
        assert_unseen(bench, await bench.apply_commit(message))


async def test_a_value_that_stands_elsewhere_changes_unseen(bench: FleetBench) -> None:
    await bench.apply()
    bench.write_documents("web.yaml", deployment("web", image=f"shop/{CANARY}:1"))
    bench.write("reconciler.yaml", CONFIG)
    bench.write_documents("settings.yaml", config_map("settings", url=f"http://u:{CANARY}@x"))
    bench.commit("first")
    await bench.apply()
    bench.write_documents("web.yaml", deployment("web", image=f"shop/{CANARY}:2"))
    bench.write_documents("settings.yaml", config_map("settings", url=f"http://v:{CANARY}@x"))
    done = await bench.apply_commit("second")
    said = [one for one in everything_said(bench, done) if "works" not in one[0]]
    assert not [where for where, text in said if CANARY in text]


async def test_a_value_that_only_an_override_sets_is_hidden_everywhere(bench: FleetBench) -> None:
    bench.write("reconciler.yaml", CONFIG)
    bench.write_documents("secret.yaml", secret(stringData={"token": "harmless"}))
    bench.write_documents("web.yaml", deployment("web"))
    await bench.apply_commit("harmless")
    encoded = base64.b64encode(CANARY.encode()).decode()
    set_token = {"path": "/data/token", "operator": "replace", "value": encoded}
    env = [{"name": "TOKEN", "value": CANARY}]
    set_env = {"path": "/spec/template/spec/containers/0/env", "operator": "add", "value": env}
    leak = {
        "apiVersion": "policy.karmada.io/v1alpha1",
        "kind": "OverridePolicy",
        "metadata": {"name": "leak", "namespace": "shop"},
    }
    bench.write_documents(
        "leak.yaml",
        {**leak, "spec": of_kind("v1", "Secret", set_token)},
        {**leak, "metadata": {"name": "env", "namespace": "shop"}}
        | {"spec": of_kind("apps/v1", "Deployment", set_env)},
    )
    bench.commit("override")
    plan = Planner(FleetRepository.local(bench.repo)).plan().head.plan
    edits = {one.key.kind: [edit.after for edit in one.edits] for one in plan.changes}
    assert edits["Secret"] == ["(sensitive, changed) #2"]
    assert edits["Deployment"] == [[{"name": "TOKEN", "value": "(sensitive, changed) #2"}]]
    assert_unseen(bench, await bench.apply())
    for subject in ("Deployment/web", "Secret/token"):
        said = CliRunner().invoke(program, ["explain", subject, "--repo", str(bench.repo)])
        assert said.exit_code == 0
        assert not [canary for canary in CANARIES if canary in said.output]


def of_kind(version: str, kind: str, operation: dict[str, Any]) -> dict[str, Any]:
    """A policy's spec with one operation for every object of a kind."""
    return {
        "resourceSelectors": [{"apiVersion": version, "kind": kind}],
        "overrideRules": [{"overriders": {"plaintext": [operation]}}],
    }


VERBS = (
    ("plan", "--base", "HEAD~1"),
    ("plan", "--base", "HEAD~2", "--format", "html"),
    ("validate",),
    ("status",),
    ("history",),
    ("history", "Secret/token"),
    ("blame",),
    ("at", "HEAD"),
    ("impact", "secret.yaml"),
    ("impact", "policy.yaml"),
    ("explain", "Secret/token"),
    ("explain", "Secret/token", "--field", "data"),
    ("explain", "Secret/token", "--field", "data.token"),
    ("explain", "Secret/token", "--field", "stringData.token"),
    ("explain", "Deployment/web", "--field", "spec.template"),
    ("why-not", "Secret/token", "one"),
    ("why-not", "Secret/token", "two"),
    ("rollback", "HEAD"),
)


@pytest.mark.parametrize("shown", ["text", "json"])
async def test_no_verb_says_a_secret(bench: FleetBench, tmp_path: Path, shown: str) -> None:
    bench.write("reconciler.yaml", CONFIG)
    env = {"env": [{"name": "TOKEN", "value": f"x-{CANARY}-2-y"}]}
    web = deployment("web")
    web["spec"]["template"]["spec"]["containers"][0] |= env
    bench.write_documents("web.yaml", web, config_map("settings", level="info"))
    await bench.apply_commit("open")
    bench.write_documents("secret.yaml", secret(stringData={"token": f"{CANARY}-2"}))
    await bench.apply_commit("rotate")
    where = ("--repo", str(bench.repo))
    for verb in VERBS:
        output = () if "--format" in verb or shown == "text" else ("--output", "json")
        said = CliRunner().invoke(program, [*verb, *output, *where])
        assert said.exit_code in {0, 1}, (verb, said.output)
        assert not [canary for canary in CANARIES if canary in said.output], verb
    folder = tmp_path / "out"
    said = CliRunner().invoke(program, ["render", "-o", str(folder), *where])
    assert said.exit_code == 0, said.output
    rendered = [path for path in folder.rglob("*.yaml") if "Deployment" not in path.parts]
    assert rendered
    assert not [path for path in rendered if any(one in path.read_text() for one in CANARIES)]
