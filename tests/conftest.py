"""Fixtures shared by every folder of tests."""

from __future__ import annotations

from collections.abc import Iterator

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
