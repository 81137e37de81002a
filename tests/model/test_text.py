"""What strangers wrote, on one line."""

from __future__ import annotations

import pytest

from reconciler.model.text import printable, shortened


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("plain café 日本", "plain café 日本"),
        ("two\nlines", "two\\nlines"),
        ("\x1b]52;c;aGk=\x07", "\\x1b]52;c;aGk=\\x07"),
        ("a\u202eb\u200b", "a\\u202eb\\u200b"),
        ("\ud800\u2028\xa0", "\\ud800\\u2028\\xa0"),
    ],
)
def test_unprintable_characters_are_escapes(text: str, shown: str) -> None:
    assert printable(text) == shown
    assert shown.isprintable()


def test_a_long_text_ends_in_an_ellipsis() -> None:
    assert shortened("abcdef", 6) == "abcdef"
    assert shortened("abcd  efg", 6) == "abcd…"
