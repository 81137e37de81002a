"""Fixtures shared by every folder of tests."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

from tests.realcluster import RealApiServer, assets

# Machines are noisy: a law is judged by what it finds, not by how long it takes. CI repeats itself,
# so that a failure there can be repeated anywhere; HYPOTHESIS_PROFILE=wide searches longer.
settings.register_profile("default", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.register_profile("ci", settings.get_profile("default"), derandomize=True)
settings.register_profile("wide", settings.get_profile("default"), max_examples=1000)
settings.load_profile(
    os.environ.get("HYPOTHESIS_PROFILE", "ci" if os.environ.get("CI") else "default")
)


def pytest_addoption(parser: pytest.Parser) -> None:
    """`--update-golden` writes what the tests of tests/golden/ see, for review with git diff."""
    parser.addoption("--update-golden", action="store_true", help="rewrite the golden files")


@pytest.fixture(scope="session")
def real_api_server() -> Iterator[RealApiServer]:
    """A running kube-apiserver; the test is skipped where there are no binaries for one."""
    binaries = assets()
    if binaries is None:
        pytest.skip(
            "KUBEBUILDER_ASSETS names no folder with etcd and kube-apiserver, and none is cached"
        )
    with RealApiServer(binaries) as server:
        yield server


def pytest_runtest_logreport(report: pytest.TestReport) -> None:
    """Tell CI, in the file it names, that tests marked `cluster` were executed and not skipped."""
    place = os.environ.get("RECONCILER_CLUSTER_REPORT")
    if place and report.when == "call" and "cluster" in report.keywords and not report.skipped:
        with Path(place).open("a", encoding="utf-8") as file:
            file.write(f"executed {report.nodeid}\n")
