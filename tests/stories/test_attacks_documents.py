"""Hostile documents: what cannot be read takes nothing away, and nothing crashes."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from reconciler.cli.apply import exit_code
from reconciler.model.change import Action
from reconciler.model.diagnostic import Severity
from reconciler.runtime.hub import PassResult
from tests.stories.fleetbench import FleetBench, config_map, deployment, place, policy, written
from tests.stories.memberbench import CountingFleet, SimulatedServer

KINDS = (("apps/v1", "Deployment"), ("v1", "ConfigMap"), ("v1", "Secret"))
REGISTRY = "registry.eu.example"
POLICIES = "policy.karmada.io/v1alpha1"


@pytest.fixture
def bench(tmp_path: Path) -> Iterator[FleetBench]:
    """One member with an overridden Deployment and a ConfigMap."""
    fleet = CountingFleet(["one"], controllers=False)
    servers = {name: SimulatedServer(fleet, end) for name, end in fleet.start().items()}
    bench = FleetBench(tmp_path, servers)
    bench.write_documents("web.yaml", deployment("web"))
    bench.write_documents("settings.yaml", config_map("settings", level="info"))
    bench.write_documents("policy.yaml", policy("all", *KINDS))
    bench.write_documents("override.yaml", override())
    bench.commit("first")
    yield bench
    fleet.stop()


def override() -> dict[str, Any]:
    """Replaces the registry of every Deployment."""
    change = {"component": "Registry", "operator": "replace", "value": REGISTRY}
    return {
        "apiVersion": POLICIES,
        "kind": "OverridePolicy",
        "metadata": {"name": "registry", "namespace": "shop"},
        "spec": {
            "resourceSelectors": [{"apiVersion": "apps/v1", "kind": "Deployment"}],
            "overrideRules": [{"overriders": {"imageOverrider": [change]}}],
        },
    }


def assert_nothing_lost(bench: FleetBench, done: PassResult) -> None:
    """Both objects stand as they were, nothing was planned to go."""
    server = bench.servers["one"]
    status, body = server.request("GET", place("Deployment", "web"))
    assert status == 200
    assert body["spec"]["template"]["spec"]["containers"][0]["image"].startswith(REGISTRY)
    assert server.request("GET", place("ConfigMap", "settings"))[0] == 200
    bad = {Action.DELETE, Action.RECREATE}
    assert not [one for one in done.outcome.plan.changes if one.action in bad]


def move_override_into_a_broken_file(bench: FleetBench) -> None:
    moved = (bench.repo / "override.yaml").read_text()
    bench.remove("override.yaml")
    with (bench.repo / "web.yaml").open("a") as file:
        file.write(f"---\n{moved}  broken: [\n")


def move_policy_into_a_broken_file(bench: FleetBench) -> None:
    moved = (bench.repo / "policy.yaml").read_text()
    bench.remove("policy.yaml")
    with (bench.repo / "web.yaml").open("a") as file:
        file.write(f"---\n{moved}  broken: [\n")


def move_all_behind_a_link(bench: FleetBench) -> None:
    for name in ("override", "policy", "settings"):
        bench.remove(f"{name}.yaml")
    (bench.repo / "everything.yaml").symlink_to("/etc/passwd")


def move_template_into_an_unreadable_file(bench: FleetBench) -> None:
    bench.remove("settings.yaml")
    text = (bench.repo / "web.yaml").read_text()
    bench.write("web.yaml", "\0" + text)


def turn_the_file_into_a_pointer(bench: FleetBench) -> None:
    bench.write("override.yaml", "version https://git-lfs.github.com/spec/v1\noid sha256:0\n")


def encrypt_the_template(bench: FleetBench) -> None:
    document = {**config_map("settings", level="ENC[x]"), "sops": {"mac": "ENC[y]"}}
    bench.write_documents("settings.yaml", document)


def tear_the_list(bench: FleetBench) -> None:
    bench.write("settings.yaml", "apiVersion: v1\nkind: List\nitems: [1, null]\n")


def drop_the_kind(bench: FleetBench) -> None:
    bench.write("override.yaml", (bench.repo / "override.yaml").read_text().replace("kind:", "k:"))


def other_version(bench: FleetBench) -> None:
    text = (bench.repo / "override.yaml").read_text()
    bench.write("override.yaml", text.replace("v1alpha1", "v1beta9"))


def other_case(bench: FleetBench) -> None:
    text = (bench.repo / "override.yaml").read_text()
    bench.write("override.yaml", text.replace("kind: OverridePolicy", "kind: overridePolicy"))


def other_case_of_the_group(bench: FleetBench) -> None:
    text = (bench.repo / "override.yaml").read_text()
    bench.write("override.yaml", text.replace("policy.karmada.io", "Policy.karmada.io"))


def scope_unknown(bench: FleetBench) -> None:
    document = {**config_map("settings", level="x"), "apiVersion": "unheard.example/v1"}
    bench.write_documents("settings.yaml", document)


@pytest.mark.parametrize(
    "attack",
    [
        move_override_into_a_broken_file,
        move_policy_into_a_broken_file,
        move_all_behind_a_link,
        move_template_into_an_unreadable_file,
        turn_the_file_into_a_pointer,
        encrypt_the_template,
        tear_the_list,
        drop_the_kind,
        other_version,
        other_case,
        other_case_of_the_group,
        scope_unknown,
    ],
    ids=lambda attack: attack.__name__,
)
async def test_what_cannot_be_read_takes_nothing_away(
    bench: FleetBench, attack: Callable[[FleetBench], None]
) -> None:
    await bench.apply()
    attack(bench)
    for _ in range(2):
        done = await bench.apply_commit("attack")
        assert_nothing_lost(bench, done)
        assert exit_code(done) == 4
        bench.restart()


@pytest.mark.parametrize("depth", [1, 3])
async def test_policies_inside_lists_stay_policies(bench: FleetBench, depth: int) -> None:
    await bench.apply()
    document = override()
    for _ in range(depth):
        document = {"apiVersion": "v1", "kind": "List", "items": [document]}
    bench.write_documents("override.yaml", document)
    done = await bench.apply_commit("wrap it")
    assert exit_code(done) == 0
    assert written(done) == set()
    assert_nothing_lost(bench, done)
    assert not [key for key in done.outcome.fleet.templates if key.kind.endswith("Policy")]


async def test_a_secret_of_the_wrong_shape_is_no_crash(bench: FleetBench) -> None:
    await bench.apply()
    secret = {
        "apiVersion": "v1",
        "kind": "Secret",
        "metadata": {"name": "token", "namespace": "shop"},
        "data": True,
        "stringData": {"token": "a-canary-that-nobody-sees"},
    }
    bench.write_documents("secret.yaml", secret)
    done = await bench.apply_commit("odd secret")
    assert_nothing_lost(bench, done)
    assert not [one for one in done.diagnostics if "canary" in one.message]


@pytest.mark.parametrize(
    "metadata",
    [
        {"labels": {"karmada.io/managed": "true"}},
        {"annotations": {"fleet-reconciler.io/fleet": "somebody-else"}},
        {"annotations": {"work.karmada.io/name": "x", "work.karmada.io/namespace": "y"}},
        {"uid": "1", "resourceVersion": "7", "generation": 9, "managedFields": [{"manager": "x"}]},
    ],
)
async def test_marks_of_ours_in_git_count_for_nothing(
    bench: FleetBench, metadata: dict[str, Any]
) -> None:
    document = config_map("forged", a="b")
    document["metadata"] |= metadata
    bench.write_documents("forged.yaml", document)
    done = await bench.apply_commit("forge")
    assert exit_code(done) == 0
    _, body = bench.servers["one"].request("GET", place("ConfigMap", "forged"))
    annotations = body["metadata"]["annotations"]
    assert annotations["fleet-reconciler.io/fleet"] == "fleet-under-test"
    assert annotations["work.karmada.io/name"] != "x"
    assert body["metadata"]["uid"] != "1"
    assert [one.severity for one in done.diagnostics] == [Severity.WARNING] * len(done.diagnostics)
    assert written(await bench.apply()) == set()


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("/metadata/annotations/fleet-reconciler.io~1fleet", "somebody-else"),
        ("/metadata/labels/karmada.io~1managed", "false"),
        ("/metadata/name", "other"),
        ("/metadata/namespace", "kube-system"),
        ("/kind", "Secret"),
        ("/apiVersion", "v2"),
        ("/metadata", "text"),
        ("", []),
    ],
)
async def test_overrides_cannot_make_another_object_or_owner(
    bench: FleetBench, path: str, value: Any
) -> None:
    await bench.apply()
    document = override()
    document["metadata"]["name"] = "evil"
    document["spec"]["resourceSelectors"][0] = {"apiVersion": "v1", "kind": "ConfigMap"}
    patch = {"path": path, "operator": "replace", "value": value}
    document["spec"]["overrideRules"] = [{"overriders": {"plaintext": [patch]}}]
    bench.write_documents("evil.yaml", document)
    for _ in range(2):
        done = await bench.apply_commit("override our marks")
        assert_nothing_lost(bench, done)
        server = bench.servers["one"]
        _, body = server.request("GET", place("ConfigMap", "settings"))
        assert body["metadata"]["annotations"]["fleet-reconciler.io/fleet"] == "fleet-under-test"
        assert body["metadata"]["labels"]["karmada.io/managed"] == "true"
        assert server.request("GET", place("ConfigMap", "other"))[0] == 404
        assert server.request("GET", place("ConfigMap", "settings", "kube-system"))[0] == 404


async def test_what_vanished_lingers_until_the_broken_file_is_mended(bench: FleetBench) -> None:
    bench.write_documents("other.yaml", config_map("other", a="b"))
    await bench.apply_commit("first")
    good = (bench.repo / "web.yaml").read_text()
    moved = (bench.repo / "override.yaml").read_text()
    bench.remove("override.yaml")
    bench.write("web.yaml", f"a: [\n---\n{moved}  b: [\n")
    assert_nothing_lost(bench, await bench.apply_commit("move it where nobody can read it"))
    bench.remove("other.yaml")
    done = await bench.apply_commit("the broken file does not change, so this is no move")
    assert {(action, key) for _, action, key in written(done)} == {
        ("delete", "ConfigMap shop/other")
    }
    for number in range(3):
        bench.restart()
        bench.write_documents("more.yaml", config_map("more", number=str(number)))
        done = await bench.apply_commit("something else")
        assert {key for _, _, key in written(done)} == {"ConfigMap shop/more"}
        assert bench.servers["one"].request("GET", place("ConfigMap", "other"))[0] == 404
    bench.write("web.yaml", good)
    done = await bench.apply_commit("mend it, and the override is gone indeed")
    assert exit_code(done) == 0
    assert {key for _, _, key in written(done)} == {"apps/Deployment shop/web"}
