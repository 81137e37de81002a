"""The order of keys in YAML as go-yaml v2 writes it: digits compare as numbers, so `a2` < `a10`.

At the first place where two keys differ: two letters compare as they are; a letter comes after
anything else; runs of digits compare by value, then by length; the rest by code point. Zeros only
count as leading ones when no other digit stands before them.
"""

from __future__ import annotations

from itertools import takewhile


def compare_keys(one: str, other: str) -> int:
    """Negative, zero or positive, as for `cmp_to_key`."""
    at = next((i for i, (a, b) in enumerate(zip(one, other, strict=False)) if a != b), None)
    if at is None:
        return len(one) - len(other)
    if one[at].isalpha() or other[at].isalpha():
        return _compare_letters(one[at], other[at])
    return _compare_digits(one, other, at)


def _compare_letters(one: str, other: str) -> int:
    if one.isalpha() and other.isalpha():
        return ord(one) - ord(other)
    return -1 if other.isalpha() else 1


def _compare_digits(one: str, other: str, at: int) -> int:
    start = 0
    if "0" in (one[at], other[at]) and _has_digit_before(one, at):
        start = 1
    value, length = _run(one, at, start)
    other_value, other_length = _run(other, at, start)
    return value - other_value or length - other_length or ord(one[at]) - ord(other[at])


def _has_digit_before(text: str, at: int) -> bool:
    """Whether a digit other than 0 stands in the run of digits that ends before `at`."""
    return any(char != "0" for char in takewhile(str.isdecimal, reversed(text[:at])))


def _run(text: str, at: int, start: int) -> tuple[int, int]:
    """Value and length of the digits from `at` on, the value continued from `start`."""
    digits = "".join(takewhile(str.isdecimal, text[at:]))
    return (int(str(start) + digits) if digits else start, len(digits))
