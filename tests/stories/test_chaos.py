"""Whatever happens: members come to the last commit, and nothing is deleted that Git wanted."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.stories.chaos import Chaos

#: The first seeds of every run; one that ever failed is added and stays.
SEEDS = (1, 3, 4)


@pytest.mark.slow
@pytest.mark.timeout(240)
@pytest.mark.parametrize("seed", SEEDS)
def test_a_fleet_survives_everything(seed: int, tmp_path: Path) -> None:
    """Ten simulated minutes of faults, commits, edits, kills and races."""
    Chaos(tmp_path, seed).run()
