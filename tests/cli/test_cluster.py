"""`reconciler cluster`: a member's way into the fleet and out of it."""

from __future__ import annotations

import base64
import json
import stat
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml
from click.testing import CliRunner, Result

from reconciler.adapters.simulation import Endpoint, SimulatedCluster, SimulatedFleet, User
from reconciler.cli.cluster import command
from reconciler.cli.program import program
from tests.realcluster import RealApiServer
from tests.review.repos import config_map, propagation
from tests.stories.servicebench import SourceRepo

TOKEN = "token-of-the-account"
BOTH = """\
# the edge
apiVersion: cluster.karmada.io/v1alpha1
kind: Cluster
metadata:
  name: edge
spec: {syncMode: Push}
--- # the core stays as it is
# with its comment
apiVersion: cluster.karmada.io/v1alpha1
kind: Cluster
metadata: {name: core}
spec: {syncMode: Push}
"""


@pytest.fixture
def fleet() -> Iterator[SimulatedFleet]:
    """One member that nobody knows yet."""
    fleet = SimulatedFleet(["eu-1"], nodes=2)
    yield fleet
    fleet.stop()


@pytest.fixture
def source(tmp_path: Path) -> SourceRepo:
    """A fleet repo without members."""
    source = SourceRepo(tmp_path, {})
    source.write("clusters/both.yaml", BOTH)
    source.commit("begin")
    return source


def run(source: SourceRepo, *arguments: str) -> Result:
    """The verb in the fleet repo."""
    result = CliRunner().invoke(
        command, [*arguments, "--repo", str(source.repo)], catch_exceptions=False
    )
    assert result.exit_code == 0, result.output
    return result


def kubeconfig(folder: Path, url: str, token: str) -> Path:
    """An administrator's."""
    file = folder / "admin.conf"
    named = {"name": "it"}
    file.write_text(
        json.dumps(
            {
                "apiVersion": "v1",
                "kind": "Config",
                "current-context": "it",
                "clusters": [{**named, "cluster": {"server": url}}],
                "users": [{**named, "user": {"token": token}}],
                "contexts": [{**named, "context": {"cluster": "it", "user": "it"}}],
            }
        )
    )
    return file


def token_controller(cluster: SimulatedCluster) -> threading.Thread:
    """What fills the Secret of an account, and lets its token in."""

    def fill() -> None:
        for _ in range(200):
            secrets = cluster.list("v1", "Secret", "fleet-reconciler")
            if secrets:
                account = "system:serviceaccount:fleet-reconciler:fleet-reconciler"
                cluster.tokens[TOKEN] = User(name=account, groups=("system:authenticated",))
                data = {"token": base64.b64encode(TOKEN.encode()).decode()}
                name = secrets[0]["metadata"]["name"]
                cluster.patch("v1", "Secret", name, {"data": data}, namespace="fleet-reconciler")
                return
            time.sleep(0.05)

    thread = threading.Thread(target=fill)
    thread.start()
    return thread


def joined(source: SourceRepo, end: Endpoint, *more: str) -> Result:
    """Join with an administrator's kubeconfig."""
    admin = kubeconfig(source.folder, end.url, end.token)
    where = ("--credentials", str(source.credentials))
    return run(source, "join", "eu-1", "--kubeconfig", str(admin), *where, *more)


def test_joining_makes_an_account_and_a_document(source: SourceRepo, fleet: SimulatedFleet) -> None:
    end = fleet.start()["eu-1"]
    controller = token_controller(fleet["eu-1"])
    joined(source, end, "--label", "tier=edge", "--region", "eu")
    controller.join()
    file = source.credentials / "fleet" / "eu-1" / "token"
    assert file.read_text() == TOKEN
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    document = yaml.safe_load((source.repo / "clusters/eu-1.yaml").read_text())
    assert document["metadata"] == {"name": "eu-1", "labels": {"tier": "edge"}}
    assert document["spec"]["apiEndpoint"] == end.url
    assert document["spec"]["region"] == "eu"
    assert end.token not in (source.repo / "clusters/eu-1.yaml").read_text()


def test_a_name_that_is_taken_is_refused(source: SourceRepo, fleet: SimulatedFleet) -> None:
    end = fleet.start()["eu-1"]
    token_controller(fleet["eu-1"]).join(0)
    joined(source, end)
    source.commit("join")
    with pytest.raises(Exception, match="already"):
        joined(source, end)


def test_taints_and_labels_change_one_document_of_a_file(source: SourceRepo) -> None:
    run(source, "taint", "edge", "maintenance=soon:NoSchedule", "slow:NoExecute")
    source.commit()
    run(source, "cordon", "edge")
    source.commit()
    text = (source.repo / "clusters/both.yaml").read_text()
    edge, core = yaml.safe_load_all(text)
    assert edge["spec"]["taints"] == [
        {"key": "maintenance", "value": "soon", "effect": "NoSchedule"},
        {"key": "slow", "effect": "NoExecute"},
        {"key": "unschedulable", "effect": "NoSchedule"},
    ]
    assert text.endswith(BOTH[BOTH.index("---") :])
    assert core["spec"] == {"syncMode": "Push"}
    run(source, "uncordon", "edge")
    source.commit()
    run(source, "taint", "edge", "maintenance-", "slow:NoExecute-")
    source.commit()
    run(source, "label", "edge", "tier=edge", "zone=a")
    source.commit()
    run(source, "label", "edge", "zone-", "tier=far")
    edge, _ = yaml.safe_load_all((source.repo / "clusters/both.yaml").read_text())
    assert "taints" not in edge["spec"]
    assert edge["metadata"]["labels"] == {"tier": "far"}


def test_a_patch_can_be_applied(source: SourceRepo, tmp_path: Path) -> None:
    patch = run(source, "cordon", "core", "--write", "patch").output
    file = tmp_path / "patch"
    file.write_text(patch)
    source.git("apply", str(file))
    assert "unschedulable" in (source.repo / "clusters/both.yaml").read_text()


def test_a_commit_goes_to_a_branch_for_review(source: SourceRepo) -> None:
    run(source, "unjoin", "edge", "--write", "commit", "--to-branch", "unjoin-edge")
    assert "name: edge" in source.git("show", "main:clusters/both.yaml")
    assert "name: edge" not in source.git("show", "unjoin-edge:clusters/both.yaml")
    assert source.git("log", "-1", "--format=%an %s", "unjoin-edge").strip() == (
        "Alex Example Unjoin cluster edge"
    )


def test_unjoining_the_last_of_a_file_removes_the_file(source: SourceRepo) -> None:
    for name in ("edge", "core"):
        run(source, "unjoin", name)
        source.commit()
    assert not (source.repo / "clusters/both.yaml").exists()


def test_the_list_says_what_is_known(source: SourceRepo) -> None:
    rows = json.loads(run(source, "list", "--output", "json").output)
    assert [(row["name"], row["ready"]) for row in rows] == [
        ("core", "Unknown"),
        ("edge", "Unknown"),
    ]


def test_the_list_says_who_is_frozen(source: SourceRepo, tmp_path: Path) -> None:
    source.documents("shop.yaml", config_map(a="1"), propagation("all", "ConfigMap"))
    source.commit()
    where = ("--repo", str(source.repo), "--workdir", str(tmp_path / "work"))
    done = CliRunner().invoke(program, ["apply", *where])
    assert done.exit_code == 1
    assert "Applied: nothing to do; frozen: core, edge." in done.stdout
    rows = json.loads(run(source, "list", "--output", "json").output)
    assert [(row["name"], bool(row["frozen"])) for row in rows] == [("core", True), ("edge", True)]


@pytest.mark.cluster
def test_joining_a_real_member(source: SourceRepo, real_api_server: RealApiServer) -> None:
    """Without its token controller the account's token comes from the command line."""
    token = source.folder / "token"
    token.write_text(real_api_server.token)
    run(
        source,
        "join",
        "eu-1",
        "--endpoint",
        real_api_server.url,
        "--token-file",
        str(token),
        "--ca-file",
        str(real_api_server.ca_file),
        "--credentials",
        str(source.credentials),
    )
    document = yaml.safe_load((source.repo / "clusters/eu-1.yaml").read_text())
    assert document["spec"]["apiEndpoint"] == real_api_server.url
