"""What a plain YAML scalar means to sigs.k8s.io/yaml (YAML 1.1 as go-yaml v2 reads it).

Booleans include y, n, on and off; integers are Go literals with underscores dropped, so a leading 0
is octal; timestamps stay text; sexagesimal numbers are text, but quoted when written.
"""

from __future__ import annotations

import re
from datetime import date
from enum import Enum
from typing import Any, Final

_WORDS: Final[dict[str, Any]] = {
    **dict.fromkeys(("y", "Y", "yes", "Yes", "YES", "true", "True", "TRUE"), True),
    **dict.fromkeys(("on", "On", "ON"), True),
    **dict.fromkeys(("n", "N", "no", "No", "NO", "false", "False", "FALSE"), False),
    **dict.fromkeys(("off", "Off", "OFF"), False),
    **dict.fromkeys(("", "~", "null", "Null", "NULL")),
    **dict.fromkeys((".nan", ".NaN", ".NAN"), float("nan")),
    **dict.fromkeys((".inf", ".Inf", ".INF", "+.inf", "+.Inf", "+.INF"), float("inf")),
    **dict.fromkeys(("-.inf", "-.Inf", "-.INF"), float("-inf")),
}
_INTEGER = re.compile(r"([+-]?)(?:0[xX]([0-9a-fA-F]+)|0[bB]([01]+)|0[oO]?([0-7]+)|(0|[1-9][0-9]*))")
_FLOAT = re.compile(r"[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?")
_DOT_FLOAT = re.compile(r"\.[0-9]+(?:[eE][-+]?[0-9]+)?")
_TIMESTAMP = re.compile(
    r"([0-9]{4})-([0-9]{1,2})-([0-9]{1,2})"
    r"(?:[Tt]([0-9]{1,2}):([0-9]{1,2}):([0-9]{1,2})(?:\.[0-9]+)?(?:Z|[+-][0-9]{2}:[0-9]{2})"
    r"| ([0-9]{1,2}):([0-9]{1,2}):([0-9]{1,2})(?:\.[0-9]+)?)?"
)
_BASE_60 = re.compile(r"[-+]?[0-9][0-9_]*(?::[0-5]?[0-9])+(?:\.[0-9_]*)?")
_BASES: Final = (16, 2, 8, 10)
_MIN_INT, _MAX_INT = -(2**63), 2**64 - 1
#: Longer digits are refused by no rule, but no number anyone means is longer.
_MAX_NUMBER: Final = 400


class NotText(Enum):
    """Marks a scalar that is read as text though it looks like something else."""

    TIMESTAMP = "timestamp"


def resolved(text: str) -> Any:
    """The value of a plain scalar: text, bool, int, float, None, or `NotText.TIMESTAMP`."""
    if text in _WORDS:
        return _WORDS[text]
    if not text or len(text) > _MAX_NUMBER or text[0] not in "+-.0123456789":
        return text
    if text[0] == ".":
        return float(text) if _DOT_FLOAT.fullmatch(text) else text
    if is_timestamp(text):
        return NotText.TIMESTAMP
    number = _number(text.replace("_", ""))
    return text if number is None else number


def reads_as_text(text: str) -> bool:
    """Whether the plain scalar is that text again, so that it needs no quotes."""
    return isinstance(resolved(text), str) and not _BASE_60.fullmatch(text)


def is_timestamp(text: str) -> bool:
    """Whether it is a date, with or without a time, that exists."""
    matched = _TIMESTAMP.fullmatch(text)
    if matched is None:
        return False
    year, month, day, *clock = (int(group) if group else 0 for group in matched.groups())
    hours, minutes, seconds = (max(clock[at], clock[at + 3]) for at in range(3))
    try:
        date(max(year, 1), month, day)
    except ValueError:
        return False
    return hours < 24 and minutes < 60 and seconds < 60  # noqa: PLR2004 - the clock


def _number(plain: str) -> int | float | None:
    matched = _INTEGER.fullmatch(plain)
    if matched:
        sign, *digits = matched.groups()
        value = next(int(text, base) for text, base in zip(digits, _BASES, strict=True) if text)
        value = -value if sign == "-" else value
        if _MIN_INT <= value <= _MAX_INT and not (sign and value > _MAX_INT // 2):
            return value
    if _FLOAT.fullmatch(plain):
        number = float(plain)
        return None if number in (float("inf"), float("-inf")) else number
    return None
