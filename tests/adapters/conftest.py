"""Fixtures of the Git adapters: every push test runs over a local path and over smart HTTP."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pygit2
import pytest

from reconciler.adapters.git import Remote
from tests.adapters.gitrepos import Served
from tests.githttp import GitServer, serving


@pytest.fixture(scope="session")
def http_root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("served")


@pytest.fixture(scope="session")
def http_server(http_root: Path) -> Iterator[GitServer]:
    with serving(GitServer(root=http_root)) as server:
        yield server


@pytest.fixture(params=["folder", "http"])
def served(
    request: pytest.FixtureRequest, http_root: Path, http_server: GitServer, tmp_path: Path
) -> Served:
    """An empty bare repository with main as its default branch."""
    name = f"{tmp_path.name}.git"
    folder = http_root / name
    pygit2.init_repository(str(folder), bare=True, initial_head="main")
    address = str(folder) if request.param == "folder" else http_server.url(name)
    return Served(folder=folder, remote=Remote.at(address))
