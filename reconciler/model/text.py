"""Text of strangers made safe to print: names and messages may carry terminal escapes.

Shape: one printable line, or printable lines; everything else is written as an escape.
"""

from __future__ import annotations

import unicodedata

# Cc control, Cf invisible formatting (bidi overrides, zero width), Cs lone surrogates, Co private,
# Cn unassigned, Zl and Zp line breaks of Unicode.
_UNPRINTABLE = frozenset({"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"})


def printable(text: str) -> str:
    """The text on one line; unprintable characters become `\\n`, `\\x1b`, `\\u202e` …"""
    if text.isascii() and text.isprintable():
        return text
    return "".join(_shown(character) for character in text)


def shortened(text: str, limit: int) -> str:
    """At most `limit` characters, the last one an ellipsis where something was cut."""
    return text if len(text) <= limit else text[: limit - 1].rstrip() + "…"


def _shown(character: str) -> str:
    if unicodedata.category(character) not in _UNPRINTABLE:
        return character
    return character.encode("unicode_escape").decode("ascii")
