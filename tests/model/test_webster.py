"""Webster's method, checked against the plain loop it abbreviates."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from reconciler.model.identity import fnv32a
from reconciler.model.webster import divide

VOTES = st.dictionaries(
    st.sampled_from([f"m{number}" for number in range(8)]),
    st.sampled_from([0, 1, 2, 3, 10, 60, 110, 170, 10**6]),
    min_size=1,
)


def one_by_one(total: int, votes: dict[str, int], seed: str) -> dict[str, int]:
    """The rule as it is told: a seat at a time."""
    seats = dict.fromkeys(sorted(votes), 0)
    order = sorted(votes, reverse=bool(seed) and fnv32a(seed) % 2 == 1)
    for _ in range(total):
        winner = min(order, key=lambda name: (-votes[name] / (2 * seats[name] + 1), seats[name]))
        seats[winner] += 1
    return seats


@given(total=st.integers(0, 150), votes=VOTES, seed=st.sampled_from(["", "a", "b", "c", "uid"]))
def test_the_result_is_that_of_handing_out_seats_one_by_one(
    total: int, votes: dict[str, int], seed: str
) -> None:
    if sum(votes.values()) == 0:
        total = 0
    assert divide(total, votes, seed=seed) == one_by_one(total, votes, seed)


def test_no_party_shrinks_when_the_total_grows() -> None:
    votes = {"a": 170, "b": 110, "c": 60}
    assert divide(5, votes) == {"a": 2, "b": 2, "c": 1}
    assert divide(6, votes) == {"a": 3, "b": 2, "c": 1}


def test_equal_votes_are_parted_by_the_seed() -> None:
    even = next(seed for seed in "abcdefgh" if fnv32a(seed) % 2 == 0)
    odd = next(seed for seed in "abcdefgh" if fnv32a(seed) % 2 == 1)
    assert divide(5, {"x": 1, "y": 1}, seed=even) == {"x": 3, "y": 2}
    assert divide(5, {"x": 1, "y": 1}, seed=odd) == {"x": 2, "y": 3}


def test_nobody_gets_anything_without_votes() -> None:
    assert divide(5, {"x": 0, "y": 0}) == {"x": 0, "y": 0}


def test_two_billion_seats_take_no_two_billion_steps() -> None:
    assert divide(2**31 - 1, {"a": 3, "b": 1}) == {"a": 1_610_612_735, "b": 536_870_912}
