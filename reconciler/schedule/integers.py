"""Go's fixed-width integers, where Karmada's results depend on them."""

from __future__ import annotations

from typing import Final

MAX_INT32: Final = 2**31 - 1
MAX_INT64: Final = 2**63 - 1


def int32(number: int) -> int:
    """The number as Go's conversion to int32 leaves it: wrapped around."""
    return (number + 2**31) % 2**32 - 2**31
