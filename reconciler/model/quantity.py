"""Kubernetes resource quantities, exact: `500m`, `1.5Gi`, `2e3`, `0.1`.

A quantity is a whole number of nanos and the notation it was written in. The notation decides the
canonical text, as in Kubernetes: `1024Mi` becomes `1Gi`, `1000m` becomes `1`, `0.5Gi` stays binary
as `512Mi`.

Source: k8s.io/apimachinery `pkg/api/resource`, quantity.go (ParseQuantity, CanonicalizeBytes, Add).
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from functools import lru_cache
from typing import Any, Final, Self

NANOS: Final = 1_000_000_000
NANOS_OF_MILLI: Final = 1_000_000
# Exponents beyond this name no amount of anything; the bound keeps `1e999999999` from filling
# memory.
LARGEST_EXPONENT: Final = 400
LARGEST_BINARY: Final = (2**63 - 1) * NANOS
BINARY_STEP: Final = 1024


class Notation(StrEnum):
    """How a quantity was written, which decides how it is written back."""

    DECIMAL = "DecimalSI"
    BINARY = "BinarySI"
    EXPONENT = "DecimalExponent"


DECIMAL_SUFFIXES: Final = {
    "n": -9,
    "u": -6,
    "m": -3,
    "": 0,
    "k": 3,
    "M": 6,
    "G": 9,
    "T": 12,
    "P": 15,
    "E": 18,
}
BINARY_SUFFIXES: Final = {"Ki": 10, "Mi": 20, "Gi": 30, "Ti": 40, "Pi": 50, "Ei": 60}
DECIMAL_SUFFIX_OF: Final = {exponent: suffix for suffix, exponent in DECIMAL_SUFFIXES.items()}
BINARY_SUFFIX_OF: Final = {power // 10: suffix for suffix, power in BINARY_SUFFIXES.items()}

# Groups: sign, whole digits, fraction digits, suffix. ASCII digits only, as in Go.
TEXT: Final = re.compile(r"([+-]?)([0-9]*)(?:\.([0-9]*))?([A-Za-z]*(?:[+-]?[0-9]+)?)")
EXPONENT_SUFFIX: Final = re.compile(r"[eE]([+-]?[0-9]+)")

# What nearly every manifest holds: a whole number of nanos for one of the suffixes whose unit is at
# least a nano.
UNITS: Final = {
    **{
        suffix: (10 ** (exponent + 9), Notation.DECIMAL)
        for suffix, exponent in DECIMAL_SUFFIXES.items()
    },
    **{suffix: (NANOS << power, Notation.BINARY) for suffix, power in BINARY_SUFFIXES.items()},
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Quantity:
    """An exact amount; equality and order ignore the notation."""

    nanos: int
    notation: Notation = Notation.DECIMAL

    @classmethod
    def parse(cls, raw: Any) -> Quantity:
        """The quantity a manifest holds as text or number; ValueError for anything else."""
        if isinstance(raw, str):
            return quantity_of_text(raw)
        if isinstance(raw, bool) or not isinstance(raw, int | float | Decimal):
            raise ValueError(f"not a quantity: {raw!r:.60}")  # noqa: TRY004 - one kind of refusal
        return quantity_of_text(str(raw))

    @classmethod
    def of(cls, number: int) -> Quantity:
        """A whole number of units."""
        return cls(nanos=number * NANOS)

    def __add__(self, other: Self) -> Quantity:
        # Kubernetes: zero takes over the notation of what is added to it.
        notation = self.notation if self.nanos else other.notation
        return Quantity(nanos=self.nanos + other.nanos, notation=notation)

    def __sub__(self, other: Self) -> Quantity:
        notation = self.notation if self.nanos else other.notation
        return Quantity(nanos=self.nanos - other.nanos, notation=notation)

    def __neg__(self) -> Quantity:
        return Quantity(nanos=-self.nanos, notation=self.notation)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Quantity) and self.nanos == other.nanos

    def __hash__(self) -> int:
        return hash(self.nanos)

    def __lt__(self, other: Self) -> bool:
        return self.nanos < other.nanos

    def __le__(self, other: Self) -> bool:
        return self.nanos <= other.nanos

    def __gt__(self, other: Self) -> bool:
        return self.nanos > other.nanos

    def __ge__(self, other: Self) -> bool:
        return self.nanos >= other.nanos

    def __bool__(self) -> bool:
        return self.nanos != 0

    def __str__(self) -> str:
        return canonical_text(self)

    def value(self) -> int:
        """Whole units, rounded away from zero."""
        return away_from_zero(self.nanos, NANOS)

    def milli_value(self) -> int:
        """Thousandths, rounded away from zero."""
        return away_from_zero(self.nanos, NANOS_OF_MILLI)

    def as_decimal(self) -> Decimal:
        """The exact amount in units."""
        return Decimal(self.nanos).scaleb(-9)


ZERO: Final = Quantity(nanos=0)


def away_from_zero(number: int, unit: int) -> int:
    """`number / unit`, a remainder counting as one more unit of the same sign."""
    magnitude = -(-abs(number) // unit)
    return magnitude if number >= 0 else -magnitude


@lru_cache(maxsize=8192)
def quantity_of_text(text: str) -> Quantity:
    """Parse; raises ValueError where Kubernetes refuses the text."""
    matched = TEXT.fullmatch(text)
    if matched is None:
        raise ValueError(f"not a quantity: {text!r:.60}")
    sign, whole, fraction, suffix = matched.groups()
    digits = whole + (fraction or "")
    if not digits:
        raise ValueError(f"not a quantity: {text!r:.60}")
    numerator, denominator, notation = unit_of(suffix, text)
    nanos = -(-int(digits) * numerator // (denominator * 10 ** len(fraction or "")))
    if notation is Notation.BINARY:
        nanos = min(nanos, LARGEST_BINARY)
        # Kubernetes: a binary amount below one unit would round; it is kept as a decimal one.
        notation = Notation.DECIMAL if 0 < nanos < NANOS else notation
    return Quantity(nanos=-nanos if sign == "-" else nanos, notation=notation)


def unit_of(suffix: str, text: str) -> tuple[int, int, Notation]:
    """Nanos of one unit as numerator and denominator, and the notation that the suffix means."""
    known = UNITS.get(suffix)
    if known is not None:
        return known[0], 1, known[1]
    matched = EXPONENT_SUFFIX.fullmatch(suffix)
    if matched is None:
        raise ValueError(f"unknown suffix of a quantity: {text!r:.60}")
    if len(matched[1]) > len(str(LARGEST_EXPONENT)) + 1 or abs(int(matched[1])) > LARGEST_EXPONENT:
        raise ValueError(f"exponent of a quantity out of range: {text!r:.60}")
    exponent = int(matched[1]) + 9
    return 10 ** max(exponent, 0), 10 ** max(-exponent, 0), Notation.EXPONENT


def canonical_text(quantity: Quantity) -> str:
    """The one text Kubernetes writes for this amount and notation."""
    nanos = quantity.nanos
    if not nanos:
        return "0"
    if is_shown_binary(quantity):
        return binary_text(nanos // NANOS)
    mantissa, exponent = nanos, -9
    while mantissa % 1000 == 0:
        mantissa //= 1000
        exponent += 3
    return f"{mantissa}{decimal_suffix(exponent, quantity.notation)}"


def is_shown_binary(quantity: Quantity) -> bool:
    """Whether base 1024 can show the amount without rounding and without confusion below 1024."""
    if quantity.notation is not Notation.BINARY or quantity.nanos % NANOS:
        return False
    return abs(quantity.nanos) >= BINARY_STEP * NANOS


def binary_text(units: int) -> str:
    """The shortest mantissa with a power of 1024."""
    steps = 0
    while units % BINARY_STEP == 0 and steps < len(BINARY_SUFFIX_OF):
        units //= BINARY_STEP
        steps += 1
    return f"{units}{BINARY_SUFFIX_OF.get(steps, '')}"


def decimal_suffix(exponent: int, notation: Notation) -> str:
    """The SI letter, or `e<exponent>` where that was written or no letter exists."""
    if exponent and (notation is Notation.EXPONENT or exponent not in DECIMAL_SUFFIX_OF):
        return f"e{exponent}"
    return DECIMAL_SUFFIX_OF[exponent]
