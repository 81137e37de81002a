"""The manifests hold together, ask for little, and are accepted by us and by API servers."""

from __future__ import annotations

import asyncio
import re
import subprocess
from pathlib import Path
from typing import Any

import pytest
import requests

from reconciler.adapters.clock.system import SystemClock
from reconciler.adapters.leader import LeaseElection, Timing
from reconciler.adapters.members.credentials import Credentials
from reconciler.adapters.members.opening import member_with
from reconciler.adapters.members.pacing import Limits
from reconciler.adapters.members.pacing import Time as Pace
from reconciler.adapters.simulation import SimulatedFleet
from reconciler.adapters.web.routes import ROUTES
from reconciler.cli.run import command as run_command
from reconciler.model.cluster import Cluster
from reconciler.model.diagnostic import Severity
from reconciler.runtime.offline import Planner
from reconciler.runtime.repository import FleetRepository
from reconciler.runtime.service_settings import VARIABLES
from tests.deploy.manifests import KUBERNETES, ROOT, documents, the
from tests.realcluster import VIEW_TOKEN, RealApiServer

POD: dict[str, Any] = the("Deployment")["spec"]["template"]
CONTAINERS: list[dict[str, Any]] = POD["spec"]["containers"]
LABELS: dict[str, str] = POD["metadata"]["labels"]


def test_everything_is_in_one_namespace() -> None:
    for one in documents():
        if one["kind"] != "Namespace":
            assert one["metadata"]["namespace"] == "fleet-reconciler", one["kind"]


def test_selectors_find_the_pods() -> None:
    selectors = [
        the("Deployment")["spec"]["selector"]["matchLabels"],
        the("Service")["spec"]["selector"],
        the("PodDisruptionBudget")["spec"]["selector"]["matchLabels"],
        the("NetworkPolicy")["spec"]["podSelector"]["matchLabels"],
        POD["spec"]["topologySpreadConstraints"][0]["labelSelector"]["matchLabels"],
    ]
    assert all(one.items() <= LABELS.items() and one for one in selectors)


def test_the_budget_leaves_one_replica_and_lets_nodes_be_drained() -> None:
    replicas = the("Deployment")["spec"]["replicas"]
    assert 1 <= the("PodDisruptionBudget")["spec"]["minAvailable"] < replicas


def test_the_pods_keep_to_the_restricted_profile() -> None:
    """Pod Security Standards, restricted: every field it looks at."""
    spec = POD["spec"]
    assert not any(spec.get(name) for name in ("hostNetwork", "hostPID", "hostIPC"))
    assert spec["securityContext"]["runAsNonRoot"] is True
    assert spec["securityContext"]["runAsUser"] > 0
    assert spec["securityContext"]["seccompProfile"]["type"] == "RuntimeDefault"
    allowed = {"configMap", "downwardAPI", "emptyDir", "projected", "secret"}
    assert all(volume.keys() - {"name"} <= allowed for volume in spec["volumes"])
    for container in CONTAINERS:
        context = container["securityContext"]
        assert context["allowPrivilegeEscalation"] is False
        assert context["readOnlyRootFilesystem"] is True
        assert context["capabilities"] == {"drop": ["ALL"]}
        assert not any("hostPort" in port for port in container["ports"])
    level = the("Namespace")["metadata"]["labels"]["pod-security.kubernetes.io/enforce"]
    assert level == "restricted"


def test_the_hub_may_hold_its_lease_and_nothing_else() -> None:
    kinds = {one["kind"] for one in documents()}
    assert not kinds & {"ClusterRole", "ClusterRoleBinding"}
    for rule in the("Role")["rules"]:
        assert rule["apiGroups"] == ["coordination.k8s.io"]
        assert rule["resources"] == ["leases"]
        assert set(rule["verbs"]) <= {"get", "update", "create"}
        assert rule["verbs"] == ["create"] or rule["resourceNames"] == ["fleet-reconciler"]
    assert the("RoleBinding")["roleRef"]["name"] == the("Role")["metadata"]["name"]
    assert the("ServiceAccount")["metadata"]["name"] == POD["spec"]["serviceAccountName"]


def test_mounts_and_ports_are_there() -> None:
    volumes = {volume["name"] for volume in POD["spec"]["volumes"]}
    for container in CONTAINERS:
        assert {mount["name"] for mount in container["volumeMounts"]} == volumes
        ports = {port["name"] for port in container["ports"]}
        probes = [container[name] for name in ("startupProbe", "livenessProbe", "readinessProbe")]
        paths = {route.path for route in ROUTES}
        assert {probe["httpGet"]["port"] for probe in probes} <= ports
        assert {probe["httpGet"]["path"] for probe in probes} <= paths
    assert the("Service")["spec"]["ports"][0]["targetPort"] == "http"
    assert the("NetworkPolicy")["spec"]["ingress"][0]["ports"][0]["port"] == 8080


def test_metadata_of_the_cloud_is_out_of_reach() -> None:
    blocks = [
        peer["ipBlock"]
        for rule in the("NetworkPolicy")["spec"]["egress"]
        for peer in rule["to"]
        if "ipBlock" in peer
    ]
    assert "169.254.169.254/32" in blocks[0]["except"]


def _known_variables() -> set[str]:
    """Variables that some source of ours reads."""
    sources = (ROOT / "reconciler").rglob("*.py")
    return {
        name for path in sources for name in re.findall(r"RECONCILER_[A-Z_]+", path.read_text())
    }


def test_every_variable_is_read_by_the_program() -> None:
    named = {one["name"] for container in CONTAINERS for one in container["env"]}
    assert {name for name in named if name.startswith("RECONCILER_")} == named
    assert named <= _known_variables()
    assert {"RECONCILER_LISTEN", "RECONCILER_LEASE"} <= named & VARIABLES.keys()


def test_secrets_come_from_secrets() -> None:
    for container in CONTAINERS:
        for one in container["env"]:
            if re.search("PASSWORD|SECRET|TOKEN", one["name"]):
                assert "value" not in one


def test_the_arguments_are_those_of_the_command_line() -> None:
    for container in CONTAINERS:
        verb, *rest = container["args"]
        assert verb == "run"
        run_command.make_context("run", list(rest), resilient_parsing=False)


def test_our_own_validation_accepts_them(tmp_path: Path) -> None:
    for path in KUBERNETES:
        (tmp_path / path.name).write_bytes(path.read_bytes())
    (tmp_path / "reconciler.yaml").write_text(
        "apiVersion: fleet-reconciler.io/v1alpha1\nkind: FleetConfig\nfleetId: deploy-test\n"
    )
    git = ["git", "-C", str(tmp_path), "-c", "user.name=a", "-c", "user.email=a@x"]
    for command in (["init", "-q", "-b", "main"], ["add", "."], ["commit", "-q", "-m", "x"]):
        subprocess.run([*git, *command], check=True)
    plan = Planner(FleetRepository.local(tmp_path)).plan(base="", head="HEAD")
    wrong = [str(one) for one in plan.head.diagnostics if one.severity is not Severity.INFO]
    assert not wrong
    assert len(plan.head.fleet.templates) == len(documents())


def _path(one: dict[str, Any]) -> str:
    group, _, version = one["apiVersion"].rpartition("/")
    root = f"/apis/{group}/{version}" if group else f"/api/{version}"
    plurals = {"NetworkPolicy": "networkpolicies"}
    plural = plurals.get(one["kind"], one["kind"].lower() + "s")
    namespace = one["metadata"].get("namespace")
    return f"{root}/namespaces/{namespace}/{plural}" if namespace else f"{root}/{plural}"


def test_a_simulated_api_server_takes_them_all() -> None:
    fleet = SimulatedFleet(["hub"], version="1.36")
    endpoint = fleet.start()["hub"]
    try:
        for one in documents():
            answer = requests.post(
                endpoint.url + _path(one),
                json=one,
                params={"fieldValidation": "Strict"},
                headers={"Authorization": f"Bearer {endpoint.token}"},
                timeout=10,
            )
            assert answer.status_code == 201, answer.text
    finally:
        fleet.stop()


@pytest.mark.cluster
def test_a_real_api_server_takes_them_and_the_role_is_enough(
    real_api_server: RealApiServer,
) -> None:
    """The election runs with the rights of the Role alone, lent to a user who has no others."""
    served = 0
    for one in documents():
        code, answer = real_api_server.request("POST", _path(one), one)
        if code == 404 and one["kind"] != "Namespace":
            continue  # a server that is too old for this version of the kind
        assert code == 201, answer
        served += 1
    assert served >= 6
    binding = the("RoleBinding")
    binding["metadata"]["name"] = "lent"
    binding["subjects"] = [
        {"kind": "User", "name": "viewer", "apiGroup": "rbac.authorization.k8s.io"}
    ]
    code, answer = real_api_server.request("POST", _path(binding), binding)
    assert code == 201, answer
    asyncio.run(_lead_once(real_api_server))


async def _lead_once(server: RealApiServer) -> None:
    clock = SystemClock()
    client = member_with(
        Cluster(name="hub"),
        Credentials(
            server=server.url,
            authorization=f"Bearer {VIEW_TOKEN}",
            ca_pem=server.ca_file.read_text(),
        ),
        time=Pace(now=clock.monotonic, wait=clock.sleep, chance=lambda: 0.5),
        limits=Limits(attempts=1),
        redact=lambda text: text,
    )
    terms: list[int] = []

    async def lead(term: int) -> None:
        terms.append(term)
        await asyncio.sleep(0.5)

    timing = Timing(lease_seconds=1.2, renew_seconds=0.8, retry_seconds=0.1)
    for identity in ("a", "b"):
        election = LeaseElection(
            client,
            namespace="fleet-reconciler",
            name="fleet-reconciler",
            identity=identity,
            clock=clock,
            timing=timing,
        )
        async with asyncio.timeout(20):
            await election.run(lead)
        assert not election.problem
    assert len(terms) == 2
    assert terms[1] > terms[0]
    await client.close()
