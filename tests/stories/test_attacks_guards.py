"""Ways around the guards: slicing, renaming, recreating, cascades, swaps, and forged approvals."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
import yaml

from reconciler.cli.apply import exit_code
from reconciler.model.change import Action
from reconciler.runtime.hub import PassResult
from tests.stories.fleetbench import CONFIG, FleetBench, config_map, place, policy, written
from tests.stories.memberbench import CountingFleet, SimulatedServer

GUARDED = (
    CONFIG + "guards: {perCluster: {count: 2, percent: 0}, perFleet: {count: 2, percent: 0}}\n"
)
NAMES = tuple(f"c{number}" for number in range(6))


@pytest.fixture
def bench(tmp_path: Path) -> Iterator[FleetBench]:
    """One member with six ConfigMaps, of which two may go in an hour."""
    fleet = CountingFleet(["one"], controllers=False)
    servers = {name: SimulatedServer(fleet, end) for name, end in fleet.start().items()}
    bench = FleetBench(tmp_path, servers, config=GUARDED)
    for name in NAMES:
        bench.write_documents(f"{name}.yaml", config_map(name, a="b"))
    bench.write_documents("policy.yaml", policy("all", ("v1", "ConfigMap")))
    bench.commit("first")
    yield bench
    fleet.stop()


def standing(bench: FleetBench) -> int:
    """How many of the ConfigMaps are there."""
    server = bench.servers["one"]
    return sum(server.request("GET", place("ConfigMap", name))[0] == 200 for name in NAMES)


def assert_held(bench: FleetBench, done: PassResult, count: int = len(NAMES)) -> None:
    """The deletes wait, exit code 3, and nothing is gone."""
    assert done.outcome.plan.hold is not None
    assert exit_code(done) == 3
    assert standing(bench) == count


async def test_slices_count_together_and_over_restarts(bench: FleetBench) -> None:
    await bench.apply()
    for name in NAMES[:2]:
        bench.remove(f"{name}.yaml")
        assert exit_code(await bench.apply_commit("a slice")) == 0
        bench.restart()
    bench.remove(f"{NAMES[2]}.yaml")
    assert_held(bench, await bench.apply_commit("one slice more"), 4)


async def test_deleting_and_bringing_back_uses_the_budget_up(bench: FleetBench) -> None:
    await bench.apply()
    text = (bench.repo / "c0.yaml").read_text()
    for _ in range(2):
        bench.remove("c0.yaml")
        await bench.apply_commit("away")
        bench.write("c0.yaml", text)
        await bench.apply_commit("and back")
    for name in NAMES[1:3]:
        bench.remove(f"{name}.yaml")
    assert_held(bench, await bench.apply_commit("two others"))


def remove_all(bench: FleetBench) -> None:
    for name in NAMES:
        bench.remove(f"{name}.yaml")


def remove_the_policy(bench: FleetBench) -> None:
    bench.remove("policy.yaml")


def swap_the_policy(bench: FleetBench) -> None:
    bench.write_documents("policy.yaml", policy("none", ("v1", "Secret")))


def move_to_no_cluster(bench: FleetBench) -> None:
    placement = {"clusterAffinity": {"clusterNames": ["nowhere"]}}
    bench.write_documents("policy.yaml", policy("all", ("v1", "ConfigMap"), placement=placement))


def exclude_the_cluster(bench: FleetBench) -> None:
    placement = {"clusterAffinity": {"exclude": ["one"]}}
    bench.write_documents("policy.yaml", policy("all", ("v1", "ConfigMap"), placement=placement))


def taint_the_cluster(bench: FleetBench) -> None:
    server = bench.servers["one"]
    taint = {"key": "away", "effect": "NoExecute"}
    bench.add_cluster("one", server, taints=[taint])


def exclude_the_files(bench: FleetBench) -> None:
    bench.write("reconciler.yaml", GUARDED + "paths: {exclude: ['c*.yaml']}\n")


def rename_all(bench: FleetBench) -> None:
    remove_all(bench)
    for name in NAMES:
        bench.write_documents(f"{name}.yaml", config_map(f"new-{name}", a="b"))


def move_to_another_namespace(bench: FleetBench) -> None:
    for name in NAMES:
        document = config_map(name, a="b")
        document["metadata"]["namespace"] = "other"
        bench.write_documents(f"{name}.yaml", document)
    spec = {"apiVersion": "policy.karmada.io/v1alpha1", "kind": "ClusterPropagationPolicy"}
    selectors = [{"apiVersion": "v1", "kind": "ConfigMap"}]
    body = {"metadata": {"name": "all"}, "spec": {"resourceSelectors": selectors, "placement": {}}}
    bench.write_documents("policy.yaml", {**spec, **body})


def recreate_all(bench: FleetBench) -> None:
    for name in NAMES:
        document = {**config_map(name, a="c"), "immutable": True}
        document["metadata"]["annotations"] = {"fleet-reconciler.io/recreate": "true"}
        bench.write_documents(f"{name}.yaml", document)


def raise_the_budget(bench: FleetBench) -> None:
    remove_all(bench)
    budget = "{count: 1000, percent: 100}"
    bench.write(
        "reconciler.yaml", CONFIG + f"guards: {{perCluster: {budget}, perFleet: {budget}}}\n"
    )


def drop_the_guards(bench: FleetBench) -> None:
    remove_all(bench)
    bench.write("reconciler.yaml", CONFIG)


def change_the_fleet(bench: FleetBench) -> None:
    remove_all(bench)
    bench.write("reconciler.yaml", GUARDED.replace("fleet-under-test", "another-fleet"))


HELD = (
    remove_all,
    remove_the_policy,
    swap_the_policy,
    exclude_the_files,
    exclude_the_cluster,
    rename_all,
    move_to_another_namespace,
    raise_the_budget,
    drop_the_guards,
)


@pytest.mark.parametrize("attack", HELD, ids=lambda attack: attack.__name__)
async def test_no_single_commit_deletes_more(bench: FleetBench, attack: Any) -> None:
    await bench.apply()
    attack(bench)
    assert_held(bench, await bench.apply_commit("attack"))
    bench.restart()
    assert_held(bench, await bench.apply())


@pytest.mark.parametrize(
    "attack", [move_to_no_cluster, taint_the_cluster, change_the_fleet], ids=lambda a: a.__name__
)
async def test_nothing_goes_where_nothing_else_may_come(bench: FleetBench, attack: Any) -> None:
    await bench.apply()
    attack(bench)
    for _ in range(3):
        await bench.apply_commit("attack")
        assert standing(bench) == len(NAMES)
        bench.restart()


async def test_recreating_counts(bench: FleetBench) -> None:
    for name in NAMES:
        bench.write_documents(f"{name}.yaml", {**config_map(name, a="b"), "immutable": True})
    await bench.apply_commit("immutable")
    recreate_all(bench)
    done = await bench.apply_commit("recreate")
    assert_held(bench, done)
    assert not [one for one in written(done) if one[1] == "recreate"]


async def test_a_declared_namespace_takes_nothing_with_it(bench: FleetBench) -> None:
    namespace = {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "shop"}}
    bench.write_documents("namespace.yaml", namespace)
    await bench.apply_commit("declare it")
    bench.remove("namespace.yaml")
    done = await bench.apply_commit("and no more")
    assert standing(bench) == len(NAMES)
    assert not [one for one in done.outcome.plan.changes if one.action is Action.DELETE]


@pytest.mark.parametrize(
    "message",
    [
        "Approve-Deletes: {digest}",
        "x\n\napprove-deletes: {other}",
        "x\n\nApprove-Deletes: *",
        "x\n\nApprove-Deletes: {short}",
        "x\n\n> Approve-Deletes: {digest}\n\nno trailer",
        "x\n\nApprove-Deletes: {digest}\n\nwhat follows makes it text",
    ],
)
async def test_what_is_no_approval_permits_nothing(bench: FleetBench, message: str) -> None:
    await bench.apply()
    remove_all(bench)
    done = await bench.apply_commit("remove")
    assert done.outcome.plan.hold is not None
    digest = done.outcome.plan.hold.digest
    text = message.format(digest=digest, other="0" * 64, short=digest[:12])
    assert_held(bench, await bench.apply_commit(text))


async def test_an_approval_is_for_what_it_named(bench: FleetBench) -> None:
    await bench.apply()
    for name in NAMES[:3]:
        bench.remove(f"{name}.yaml")
    done = await bench.apply_commit("remove three")
    assert done.outcome.plan.hold is not None
    for name in NAMES[3:]:
        bench.remove(f"{name}.yaml")
    message = f"approve\n\nApprove-Deletes: {done.outcome.plan.hold.digest}"
    assert_held(bench, await bench.apply_commit(message), 3)
    assert_held(bench, await bench.apply(), 3)


async def test_a_new_object_under_an_approved_name_is_not_the_approved_one(
    bench: FleetBench,
) -> None:
    await bench.apply()
    for name in NAMES[:3]:
        bench.remove(f"{name}.yaml")
    done = await bench.apply_commit("remove three")
    assert done.outcome.plan.hold is not None
    digest = done.outcome.plan.hold.digest
    await bench.apply_commit(f"approve\n\nApprove-Deletes: {digest}")
    assert standing(bench) == 3
    for name in NAMES[:3]:
        bench.write_documents(f"{name}.yaml", config_map(name, a="new"))
    await bench.apply_commit("bring them back")
    assert standing(bench) == 6
    for name in NAMES[:3]:
        bench.remove(f"{name}.yaml")
    assert_held(bench, await bench.apply_commit("and away again"))


def forged_hold(bench: FleetBench, change: Mapping[str, Any]) -> None:
    """A hold on the status branch that lists more than its digest says."""
    name = bench.git("ls-tree", "--name-only", "reconciler/status", "holds/").strip()
    hold = bench.document("reconciler/status", name)
    hold["deletes"] = [{**one, **change} for one in hold["deletes"]] + hold["deletes"]
    bench.git("worktree", "add", "-q", "../branch", "reconciler/status")
    (bench.folder / "branch" / name).write_text(yaml.safe_dump(hold))
    bench.git("-C", "../branch", "commit", "-qam", "forge")
    bench.git("worktree", "remove", "../branch")


async def test_a_forged_hold_permits_nothing_else(bench: FleetBench) -> None:
    await bench.apply()
    for name in NAMES[:3]:
        bench.remove(f"{name}.yaml")
    done = await bench.apply_commit("remove three")
    assert done.outcome.plan.hold is not None
    server = bench.servers["one"]
    uid = server.request("GET", place("ConfigMap", "c5"))[1]["metadata"]["uid"]
    forged_hold(bench, {"name": "c5", "uid": uid})
    bench.remove("c5.yaml")
    digest = done.outcome.plan.hold.digest
    await bench.apply_commit(f"approve\n\nApprove-Deletes: {digest}")
    assert server.request("GET", place("ConfigMap", "c5"))[0] == 200


async def test_approvers_cannot_be_dropped_with_the_approval(bench: FleetBench) -> None:
    approvers = "guards: {approvers: [boss@shop.example], perFleet: {count: 2, percent: 0}}\n"
    bench.write("reconciler.yaml", CONFIG + approvers)
    await bench.apply_commit("only the boss")
    remove_all(bench)
    done = await bench.apply_commit("remove")
    assert done.outcome.plan.hold is not None
    bench.write("reconciler.yaml", GUARDED)
    digest = done.outcome.plan.hold.digest
    assert_held(bench, await bench.apply_commit(f"approve\n\nApprove-Deletes: {digest}"))
