"""Quantities as Kubernetes reads, adds, rounds and writes them."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from reconciler.model.quantity import ZERO, Notation, Quantity


@pytest.mark.parametrize(
    ("text", "canonical"),
    [
        ("0", "0"),
        ("0Ki", "0"),
        ("1", "1"),
        ("1000m", "1"),
        ("1500m", "1500m"),
        ("0.5", "500m"),
        ("1.5", "1500m"),
        ("+2", "2"),
        ("-1.5", "-1500m"),
        (".5", "500m"),
        ("5.", "5"),
        ("1000", "1k"),
        ("1500", "1500"),
        ("1e3", "1e3"),
        ("12E5", "1200e3"),
        ("1E", "1E"),
        ("1e-3", "1e-3"),
        ("1024", "1024"),
        ("1024Ki", "1Mi"),
        ("1.5Gi", "1536Mi"),
        ("0.5Gi", "512Mi"),
        ("512Ki", "512Ki"),
        ("1Ki", "1Ki"),
        ("0.1Ki", "102400m"),
        ("1025Ki", "1025Ki"),
        ("100u", "100u"),
        ("1000n", "1u"),
        ("0.1n", "1n"),
        ("0.0000000001", "1n"),
        ("128974848", "128974848"),
        ("129e6", "129e6"),
        ("129M", "129M"),
        ("123Mi", "123Mi"),
    ],
)
def test_the_canonical_text_is_that_of_kubernetes(text: str, canonical: str) -> None:
    assert str(Quantity.parse(text)) == canonical


@pytest.mark.parametrize(
    "raw",
    [
        "",
        " 1",
        "1 ",
        "1 Gi",
        "1i",
        "1K",
        "1mi",
        "1.1.1",
        "1e",
        "1e1.5",
        "--1",
        ".",
        "Gi",
        "\u0661",
        "1e999999999999",
        "1e401",
        None,
        True,
        [],
        {},
        float("nan"),
        float("inf"),
    ],
)
def test_what_is_no_quantity_is_refused(raw: Any) -> None:
    with pytest.raises(ValueError, match="quantity"):
        Quantity.parse(raw)


@pytest.mark.parametrize(("raw", "text"), [(2, "2"), (0.5, "500m"), (1e21, "1e21"), (-3, "-3")])
def test_numbers_are_read_as_their_text(raw: float, text: str) -> None:
    assert str(Quantity.parse(raw)) == text


@pytest.mark.parametrize(
    ("text", "value", "milli"),
    [("1", 1, 1000), ("1m", 1, 1), ("1u", 1, 1), ("1500m", 2, 1500), ("-1500m", -2, -1500)],
)
def test_rounding_goes_away_from_zero(text: str, value: int, milli: int) -> None:
    quantity = Quantity.parse(text)
    assert (quantity.value(), quantity.milli_value()) == (value, milli)


@pytest.mark.parametrize(
    ("one", "other", "total"),
    [
        ("500m", "1500m", "2"),
        ("1Gi", "512Mi", "1536Mi"),
        ("1Gi", "500M", "1573741824"),
        ("500M", "1Gi", "1573741824"),
        ("0", "1Gi", "1Gi"),
        ("1", "1e3", "1001"),
    ],
)
def test_a_sum_keeps_the_notation_of_its_first_part(one: str, other: str, total: str) -> None:
    assert str(Quantity.parse(one) + Quantity.parse(other)) == total


def test_a_difference_may_be_negative() -> None:
    assert str(Quantity.parse("1Gi") - Quantity.parse("2Gi")) == "-1Gi"


def test_order_and_equality_ignore_the_notation() -> None:
    assert Quantity.parse("1024Mi") == Quantity.parse("1Gi")
    assert hash(Quantity.parse("1000m")) == hash(Quantity.parse("1"))
    assert Quantity.parse("1G") < Quantity.parse("1Gi") <= Quantity.parse("1024Mi")
    assert Quantity.parse("2") > Quantity.parse("1999m") >= Quantity.parse("1.999")
    assert Quantity.parse("1") != 1


def test_a_binary_amount_is_capped_at_the_largest_number_go_has() -> None:
    assert Quantity.parse("16Ei").value() == 2**63 - 1


def test_made_of_numbers() -> None:
    assert str(Quantity.of(3)) == "3"
    assert (-Quantity.of(3)).as_decimal() == Decimal(-3)
    assert Quantity(nanos=1, notation=Notation.BINARY).as_decimal() == Decimal("0.000000001")
    assert not ZERO
    assert Quantity.of(1)
