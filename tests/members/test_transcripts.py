"""The simulation answers recorded conversations as the real servers of both versions did."""

from __future__ import annotations

import pytest

from reconciler.adapters.simulation import SimulatedCluster, SimulatedFleet
from tests.members.transcripts import Replay, compared, exchanges

# Request names that are answered differently, with the reason in docs/simulation.md.
DIFFERENT: dict[str, set[str]] = {"1.20": set(), "1.36": set()}


@pytest.mark.parametrize("version", ["1.20", "1.36"])
def test_every_recorded_answer_is_given(version: str) -> None:
    fleet = SimulatedFleet([SimulatedCluster("recorded", version=version)])
    replay = Replay(url=fleet.start()["recorded"].url)
    try:
        different = []
        for exchange in exchanges(version):
            code, answer = replay.send(exchange)
            if (code, compared(answer)) != (exchange.status, compared(exchange.answer)):
                different.append(exchange.name)
    finally:
        fleet.stop()
    assert set(different) == DIFFERENT[version]
