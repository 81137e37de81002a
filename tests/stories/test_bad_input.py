"""Bad input: each with a Diagnostic, nothing is deleted and nothing un-overridden.

Holds the commit: unreadable settings, a new file of which nothing can be read, a missing branch, an
empty repository. Freezes its document: everything that has a last applied version. Freezes its
member: no credentials, unreachable.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from reconciler.cli.apply import exit_code
from reconciler.model.change import Action
from reconciler.model.diagnostic import Severity
from reconciler.runtime.hub import PassResult
from reconciler.runtime.repository import FleetRepository
from tests.stories.fleetbench import (
    FleetBench,
    codes,
    config_map,
    deployment,
    place,
    policy,
    written,
)
from tests.stories.memberbench import CountingFleet, SimulatedServer

OVERRIDDEN = "registry.eu.example"
Break = Callable[[FleetBench], str]


@pytest.fixture
def bench(tmp_path: Path) -> Iterator[FleetBench]:
    """A fleet of one member with an overridden Deployment and a ConfigMap, already applied."""
    fleet = CountingFleet(["one"])
    endpoint = fleet.start()["one"]
    bench = FleetBench(tmp_path, {"one": SimulatedServer(fleet, endpoint)})
    bench.write_documents("web.yaml", deployment("web", image="shop/web:1"))
    bench.write_documents("settings.yaml", config_map("settings", level="info"))
    bench.write_documents(
        "policy.yaml", policy("all", ("apps/v1", "Deployment"), ("v1", "ConfigMap"))
    )
    bench.write_documents("override.yaml", override())
    bench.commit("first")
    yield bench
    fleet.stop()


def override(path: str = "/spec/paused") -> dict[str, object]:
    """Replaces the registry of every Deployment and pauses it."""
    return {
        "apiVersion": "policy.karmada.io/v1alpha1",
        "kind": "OverridePolicy",
        "metadata": {"name": "registry", "namespace": "shop"},
        "spec": {
            "resourceSelectors": [{"apiVersion": "apps/v1", "kind": "Deployment"}],
            "overrideRules": [
                {
                    "overriders": {
                        "imageOverrider": [
                            {"component": "Registry", "operator": "replace", "value": OVERRIDDEN}
                        ],
                        "plaintext": [
                            {"path": path, "operator": "add", "value": True},
                        ],
                    }
                }
            ],
        },
    }


def assert_nothing_lost(bench: FleetBench) -> None:
    """Both objects stand, and the override still holds."""
    server = bench.servers["one"]
    status, body = server.request("GET", place("Deployment", "web"))
    assert status == 200
    assert body["spec"]["template"]["spec"]["containers"][0]["image"].startswith(OVERRIDDEN)
    assert server.request("GET", place("ConfigMap", "settings"))[0] == 200


def assert_no_delete(done: PassResult) -> None:
    """Nothing was deleted or made anew."""
    bad = {Action.DELETE, Action.RECREATE, Action.HOLD}
    assert not [one for one in done.outcome.plan.changes if one.action in bad]


def placed(done: PassResult, code: str) -> tuple[str, int]:
    """Path and line of the problem with that code."""
    one = next(one for one in done.diagnostics if one.code == code)
    assert one.message
    assert one.hint
    return one.position.path, one.position.line


def unreadable_settings(bench: FleetBench) -> str:
    bench.write("reconciler.yaml", "fleetId: [\n")
    return "reconciler.yaml"


def unknown_setting(bench: FleetBench) -> str:
    text = (bench.repo / "reconciler.yaml").read_text()
    bench.write("reconciler.yaml", text + "fletId: typo\n")
    return "reconciler.yaml"


def no_settings(bench: FleetBench) -> str:
    bench.remove("reconciler.yaml")
    return "reconciler.yaml"


def new_unreadable_file(bench: FleetBench) -> str:
    bench.write("new.yaml", "a: [1\nb: }\n")
    return "new.yaml"


@pytest.mark.parametrize(
    "break_it",
    [unreadable_settings, unknown_setting, no_settings, new_unreadable_file],
    ids=lambda f: f.__name__,
)
async def test_what_holds_the_commit(bench: FleetBench, break_it: Break) -> None:
    first = await bench.apply()
    path = break_it(bench)
    bench.write_documents("web.yaml", deployment("web", image="shop/web:2"))
    bench.remove("settings.yaml")
    done = await bench.apply_commit("broken")
    assert done.outcome.is_held
    assert exit_code(done) == 4
    assert path in {one.position.path for one in done.diagnostics}
    assert_no_delete(done)
    assert_nothing_lost(bench)
    assert written(done) == set()
    assert done.outcome.state.applied_revision == first.outcome.state.applied_revision


async def test_a_held_commit_heals_drift_to_the_last_applied_one(bench: FleetBench) -> None:
    await bench.apply()
    new_unreadable_file(bench)
    bench.servers["one"].request("DELETE", place("ConfigMap", "settings"))
    done = await bench.apply_commit("broken")
    assert ("one", "create", "ConfigMap shop/settings") in written(done)
    assert_nothing_lost(bench)


async def test_a_missing_branch_holds(bench: FleetBench) -> None:
    await bench.apply()
    bench.hub.repository = FleetRepository.local(bench.repo, "gone")
    bench.hub.gathering._repository = bench.hub.repository
    done = await bench.apply()
    assert (done.outcome.is_held, exit_code(done)) == (True, 4)
    assert_no_delete(done)
    assert_nothing_lost(bench)


async def test_an_empty_repository_holds(tmp_path: Path) -> None:
    bench = FleetBench(tmp_path, {})
    done = await bench.apply()
    assert (done.outcome.is_held, exit_code(done)) == (True, 4)
    assert written(done) == set()


def duplicate_key(bench: FleetBench) -> str:
    text = (bench.repo / "web.yaml").read_text()
    bench.write("web.yaml", text + "kind: Deployment\n")
    return "web.yaml"


def duplicate_identity(bench: FleetBench) -> str:
    bench.write_documents("twin.yaml", deployment("web", image="shop/web:9"))
    return "web.yaml"


def unknown_policy_field(bench: FleetBench) -> str:
    text = (bench.repo / "policy.yaml").read_text()
    bench.write("policy.yaml", text.replace("  placement:", "  placment:"))
    return "policy.yaml"


def unknown_override_field(bench: FleetBench) -> str:
    text = (bench.repo / "override.yaml").read_text()
    bench.write("override.yaml", text.replace("operator: add", "operater: add"))
    return "override.yaml"


def patch_with_missing_path(bench: FleetBench) -> str:
    bench.write_documents("override.yaml", override("/spec/not/there"))
    return "override.yaml"


def symlink(bench: FleetBench) -> str:
    bench.remove("web.yaml")
    (bench.repo / "web.yaml").symlink_to("/etc/passwd")
    return "web.yaml"


def huge_file(bench: FleetBench) -> str:
    with (bench.repo / "web.yaml").open("a") as file:
        file.truncate(100 * 1024 * 1024)
    return "web.yaml"


def alias_bomb(bench: FleetBench) -> str:
    lines = ["a0: &a0 [x, x, x, x, x, x, x, x, x, x]"]
    lines += [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 10)}]" for n in range(1, 10)]
    bench.write("web.yaml", "\n".join(lines) + "\n")
    return "web.yaml"


@pytest.mark.parametrize(
    "break_it",
    [
        duplicate_key,
        duplicate_identity,
        unknown_policy_field,
        unknown_override_field,
        patch_with_missing_path,
        symlink,
        huge_file,
        alias_bomb,
    ],
    ids=lambda f: f.__name__,
)
async def test_what_freezes_its_document(bench: FleetBench, break_it: Break) -> None:
    await bench.apply()
    path = break_it(bench)
    bench.write_documents("other.yaml", config_map("other", x="1"))
    if path != "policy.yaml":
        bench.write_documents("settings.yaml", config_map("settings", level="debug"))
    done = await bench.apply_commit("broken")
    errors = [one for one in done.diagnostics if one.severity is Severity.ERROR]
    assert path in {one.position.path for one in errors}
    assert exit_code(done) == 4
    assert not done.outcome.is_held
    assert_no_delete(done)
    assert_nothing_lost(bench)
    if path != "policy.yaml":
        assert ("one", "create", "ConfigMap shop/other") in written(done)
        assert ("one", "update", "ConfigMap shop/settings") in written(done)
    again = await bench.apply()
    assert written(again) == set()


async def test_a_member_without_credentials_freezes_itself(bench: FleetBench) -> None:
    await bench.apply()
    (bench.credentials / "fleet" / "one" / "token").unlink()
    bench.remove("settings.yaml")
    done = await bench.apply_commit()
    assert (codes(done), exit_code(done)) == ({"RC080"}, 1)
    assert_nothing_lost(bench)


async def test_a_policy_that_selects_nothing_is_a_warning(bench: FleetBench) -> None:
    bench.write_documents("idle.yaml", policy("idle", ("apps/v1", "DaemonSet")))
    done = await bench.apply_commit()
    assert exit_code(done) == 0
    assert placed(done, "RC053") == ("idle.yaml", 1)
