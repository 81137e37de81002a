"""Fixtures of the command line's tests."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.cli.reportbench import ReportBench


@pytest.fixture
def reports(tmp_path: Path) -> ReportBench:
    """A repository with one commit and no report."""
    bench = ReportBench(tmp_path)
    bench.commit("open the shop")
    return bench
