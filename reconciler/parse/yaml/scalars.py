"""What a scalar means to kubectl: YAML 1.1 words and numbers, no base 60, no timestamps.

Rules (sigs.k8s.io/yaml, goyaml.v2 `resolve`): the first character decides what is tried; integers
follow Go's `strconv.ParseInt` with base 0 after underscores are dropped, floats a plain decimal
pattern; what fits nothing is text. Two forms of a value exist: *raw*, in which a float stays a
float because a map key prints it differently, and *JSON*, in which it is what an API server reads.
"""

from __future__ import annotations

import base64
import binascii
import math
import re
import struct
from functools import lru_cache
from typing import Final

from reconciler.parse.yaml.problem import ProblemKind, Unreadable

Raw = str | int | float | bool | None

_TAG: Final = "tag:yaml.org,2002:"
STR, BOOL, INT, FLOAT, NULL, BINARY, TIMESTAMP, MERGE = (
    _TAG + name for name in ("str", "bool", "int", "float", "null", "binary", "timestamp", "merge")
)
_RESOLVABLE: Final = frozenset((BOOL, INT, FLOAT, NULL, TIMESTAMP))

_TRUE: Final = ("y", "Y", "yes", "Yes", "YES", "true", "True", "TRUE", "on", "On", "ON")
_FALSE: Final = ("n", "N", "no", "No", "NO", "false", "False", "FALSE", "off", "Off", "OFF")
_NULL: Final = ("", "~", "null", "Null", "NULL")
_NAN: Final = (".nan", ".NaN", ".NAN")
_INFINITY: Final = (".inf", ".Inf", ".INF")
_WORDS: Final[dict[str, Raw]] = {
    **dict.fromkeys(_TRUE, True),
    **dict.fromkeys(_FALSE, False),
    **dict.fromkeys(_NULL),
    **dict.fromkeys(_NAN, math.nan),
    **{sign + word: math.inf for word in _INFINITY for sign in ("", "+")},
    **{"-" + word: -math.inf for word in _INFINITY},
}
_LETTERS: Final = frozenset("yYnNtTfFoO~")
_NUMERIC: Final = frozenset("+-0123456789.")

_INTEGER: Final = re.compile(
    r"(?P<sign>[+-]?)(?:0[xX](?P<hex>[0-9a-fA-F]+)|0[bB](?P<binary>[01]+)"
    r"|0[oO]?(?P<octal>[0-7]+)|(?P<decimal>[1-9][0-9]{0,19}|0))"
)
_BASES: Final = {"hex": 16, "binary": 2, "octal": 8, "decimal": 10}
_SIGNED_BINARY: Final = re.compile(r"0b(?P<sign>[+-])(?P<binary>[01]{1,63})")
_DECIMAL: Final = re.compile(r"[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?")
_TIMESTAMP: Final = re.compile(
    r"\d{4}-(?:1[0-2]|0?[1-9])-(?:3[01]|[12]\d|0?[1-9])"
    r"(?:[Tt ](?:2[0-3]|[01]?\d):[0-5]?\d:[0-5]?\d(?:\.\d+)?(?:Z|[+-]\d\d:\d\d)?)?"
)
_INT64: Final = 1 << 63
_UINT64: Final = 1 << 64
#: Exponents that Go's %g writes without `e`.
_SMALLEST_PLAIN, _LARGEST_PLAIN = -4, 5


def resolve_plain(text: str) -> Raw:
    """The raw value of an untagged plain scalar."""
    if not text:
        return None
    first = text[0]
    if first in _LETTERS:
        return _WORDS.get(text, text)
    if first in _NUMERIC:
        return _number(text)
    return text


def resolve_tagged(tag: str, text: str) -> Raw:
    """The raw value of a scalar with a tag; tags that nobody knows mean nothing."""
    if tag == BINARY:
        return _binary(text)
    if tag not in _RESOLVABLE:
        return text
    value = resolve_plain(text)
    if tag == TIMESTAMP and isinstance(value, str) and _TIMESTAMP.fullmatch(text):
        return text
    if tag == FLOAT and type(value) is int:
        return float(value)
    if _tag_of(value) == tag:
        return value
    raise Unreadable(ProblemKind.VALUE, f"the value is not a !!{tag.removeprefix(_TAG)}")


def json_value(raw: Raw) -> Raw:
    """The JSON form: a float without a fraction that fits 64 bits is an integer."""
    if type(raw) is not float:
        return raw
    if not math.isfinite(raw):
        raise Unreadable(ProblemKind.VALUE, "infinity and NaN are not JSON values")
    return int(raw) if raw.is_integer() and -_INT64 <= raw < _INT64 else raw


def key_text(raw: Raw) -> str:
    """How a key is spelt in JSON: text as it is, numbers and booleans as Go prints them."""
    match raw:
        case str():
            return raw
        case bool():
            return "true" if raw else "false"
        case int() if raw < _INT64:
            return str(raw)
        case float():
            return _shortest_32(raw)
        case _:
            raise Unreadable(ProblemKind.VALUE, "null and integers over 63 bits cannot be keys")


@lru_cache(maxsize=4096)
def _number(text: str) -> Raw:
    if text in _WORDS:
        return _WORDS[text]
    if text[0] == ".":
        return _float(text)
    plain = text.replace("_", "")
    integer = _integer(plain)
    return _or_text(_float(plain), text) if integer is None else integer


def _or_text(value: Raw, text: str) -> Raw:
    return text if isinstance(value, str) else value


def _integer(plain: str) -> int | None:
    match = _INTEGER.fullmatch(plain)
    if match is None:
        match = _SIGNED_BINARY.fullmatch(plain)
        if match is None:
            return None
    base = str(match.lastgroup)
    value = int(match[base], _BASES[base])
    if match["sign"] == "-":
        return -value if value <= _INT64 else None
    limit = _INT64 if match["sign"] else _UINT64
    return value if value < limit else None


def _float(text: str) -> Raw:
    if not _DECIMAL.fullmatch(text):
        return text
    value = float(text)
    return value if math.isfinite(value) else text


def _binary(text: str) -> str:
    try:
        data = base64.b64decode(re.sub(r"[\r\n]", "", text), validate=True)
    except (binascii.Error, ValueError):
        raise Unreadable(ProblemKind.VALUE, "!!binary is not valid base64") from None
    return data.decode(errors="replace")


def _tag_of(value: Raw) -> str:
    match value:
        case None:
            return NULL
        case bool():
            return BOOL
        case int():
            return INT
        case float():
            return FLOAT
        case _:
            return STR


def _shortest_32(value: float) -> str:
    """Go: strconv.FormatFloat(value, 'g', -1, 32), infinities and NaN as YAML spells them."""
    try:
        (single,) = struct.unpack("f", struct.pack("f", value))
    except OverflowError:
        single = math.copysign(math.inf, value)
    if math.isnan(single):
        return ".nan"
    if math.isinf(single):
        return ".inf" if single > 0 else "-.inf"
    digits, _, exponent = _round_trip(single).partition("e")
    return _general(digits, int(exponent))


def _round_trip(single: float) -> str:
    shortest = (f"{single:.{digits}e}" for digits in range(9))
    return next(
        text for text in shortest if struct.unpack("f", struct.pack("f", float(text)))[0] == single
    )


def _general(digits: str, exponent: int) -> str:
    """%g with the shortest digits: an exponent is written below -4 and from 6 on."""
    sign = "-" if digits.startswith("-") else ""
    figures = digits.lstrip("-").replace(".", "")
    if _SMALLEST_PLAIN <= exponent <= _LARGEST_PLAIN:
        if exponent < 0:
            return f"{sign}0.{'0' * (-exponent - 1)}{figures}".rstrip(".")
        whole = figures[: exponent + 1].ljust(exponent + 1, "0")
        rest = figures[exponent + 1 :]
        return f"{sign}{whole}.{rest}" if rest else sign + whole
    rest = figures[1:]
    mantissa = f"{figures[0]}.{rest}" if rest else figures[0]
    return f"{sign}{mantissa}e{'-' if exponent < 0 else '+'}{abs(exponent):02d}"
