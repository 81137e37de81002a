"""Promises of quantities: writing and reading lose nothing, and sums are sums."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from reconciler.model.quantity import (
    BINARY_SUFFIXES,
    DECIMAL_SUFFIXES,
    LARGEST_BINARY,
    Notation,
    Quantity,
)

AMOUNTS = st.integers(min_value=-(10**24), max_value=10**24)
NOTATIONS = st.sampled_from([Notation.DECIMAL, Notation.EXPONENT, Notation.BINARY])
TEXTS = st.builds(
    lambda sign, whole, fraction, suffix: f"{sign}{whole}{fraction}{suffix}",
    st.sampled_from(["", "+", "-"]),
    st.integers(min_value=0, max_value=10**9),
    st.from_regex(r"\A(\.[0-9]{0,4})?\Z"),
    st.sampled_from([*DECIMAL_SUFFIXES, *BINARY_SUFFIXES, "e3", "E-2"]),
)


@given(AMOUNTS, NOTATIONS)
def test_what_is_written_is_read_as_the_same_amount(nanos: int, notation: Notation) -> None:
    # Beyond the largest number Go has, a binary text is capped when read.
    if notation is Notation.BINARY:
        nanos = max(min(nanos, LARGEST_BINARY), -LARGEST_BINARY)
    quantity = Quantity(nanos=nanos, notation=notation)
    assert Quantity.parse(str(quantity)).nanos == nanos


@given(TEXTS)
def test_the_canonical_text_is_its_own_canonical_text(text: str) -> None:
    canonical = str(Quantity.parse(text))
    assert str(Quantity.parse(canonical)) == canonical


@given(AMOUNTS, AMOUNTS, NOTATIONS, NOTATIONS)
def test_sums_and_differences_are_exact(one: int, other: int, a: Notation, b: Notation) -> None:
    left, right = Quantity(nanos=one, notation=a), Quantity(nanos=other, notation=b)
    assert (left + right).nanos == one + other
    assert (left + right) - right == left
    assert (left < right) == (one < other)


@given(AMOUNTS)
def test_rounding_is_away_from_zero_and_by_less_than_one(nanos: int) -> None:
    quantity = Quantity(nanos=nanos)
    excess = abs(quantity.value()) * 10**9 - abs(nanos)
    assert 0 <= excess < 10**9
