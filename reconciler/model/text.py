"""Text of strangers made safe to print: names and messages may carry terminal escapes.

Shape: one printable line. Controls, invisible formatting (bidi overrides, zero width), lone
surrogates, line breaks of Unicode and spaces that are not the space are written as escapes.
"""

from __future__ import annotations

from collections.abc import Sequence


def printable(text: str) -> str:
    """The text on one line; unprintable characters become `\\n`, `\\x1b`, `\\u202e` …"""
    if text.isprintable():
        return text
    return "".join(
        character if character.isprintable() else _escape(character) for character in text
    )


def shortened(text: str, limit: int) -> str:
    """At most `limit` characters, the last one an ellipsis where something was cut."""
    return text if len(text) <= limit else text[: limit - 1].rstrip() + "…"


def count_of(number: int, noun: str, plural: str = "") -> str:
    """`1 cluster`, `2 clusters`; `plural` where an s does not do."""
    return f"{number} {noun if number == 1 else plural or f'{noun}s'}"


def listed(names: Sequence[str], most: int = 6) -> str:
    """`a, b, c`; where there are more than `most`, the rest is only counted."""
    if len(names) <= most:
        return ", ".join(names)
    return f"{', '.join(names[: most - 1])} and {len(names) - most + 1} more"


def _escape(character: str) -> str:
    return character.encode("unicode_escape").decode("ascii")
