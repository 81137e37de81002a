"""Trailers: what counts as one, and what only looks like it."""

from __future__ import annotations

import pytest

from reconciler.model.trailers import trailer_values, trailers


def test_the_last_paragraph_is_read() -> None:
    message = "Scale shop\n\nBecause.\n\nSource-Commit: abc\nCause: policy web/shop\n  spread\n"
    assert trailers(message) == (("Source-Commit", "abc"), ("Cause", "policy web/shop spread"))
    assert trailer_values(message, "source-commit") == ("abc",)


@pytest.mark.parametrize(
    "message",
    [
        "",
        "\n\n",
        "Approve-Deletes: abc",
        "Subject\n\nApprove-Deletes: abc\n\nMore prose.",
        "Subject\n\nPlease see\nApprove-Deletes: abc",
        "Subject\n\n  Approve-Deletes: abc",
        "Subject\n\n> Approve-Deletes: abc",
        "Subject\nApprove-Deletes: abc",
    ],
)
def test_prose_approves_nothing(message: str) -> None:
    assert trailer_values(message, "Approve-Deletes") == ()


def test_a_key_may_occur_more_than_once_and_windows_line_ends_do_not_matter() -> None:
    message = "Subject\r\n\r\nApprove-Deletes: a\r\nSigned-off-by: x\r\napprove-deletes: b\r\n"
    assert trailer_values(message, "Approve-Deletes") == ("a", "b")
