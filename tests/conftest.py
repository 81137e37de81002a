"""Fixtures shared by every folder of tests."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.realcluster import RealApiServer, assets


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
