"""Fixtures shared by every folder of tests."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.realcluster import RealApiServer, assets


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
