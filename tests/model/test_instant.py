"""Instants: times of documents compared and moved."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from reconciler.model.instant import elapsed, instant, later, written

NOON = datetime(2026, 1, 1, 12, tzinfo=UTC)


@pytest.mark.parametrize(
    "text",
    [
        "2026-01-01T12:00:00Z",
        "2026-01-01T13:00:00+01:00",
        "2026-01-01T12:00:00",
        "2026-01-01T12:00:00.000000Z",
    ],
)
def test_one_moment_has_many_texts(text: str) -> None:
    assert instant(text) == NOON


@pytest.mark.parametrize(
    "text", ["", "yesterday", "12:00", "2026-13-01T00:00:00Z", "9999-12-31T23:59:59-12:00"]
)
def test_what_is_no_time_is_no_moment(text: str) -> None:
    assert instant(text) is None


def test_a_moment_is_written_as_kubernetes_does() -> None:
    assert written(NOON) == "2026-01-01T12:00:00Z"


def test_later_stops_at_the_end_of_time() -> None:
    assert elapsed(NOON, later(NOON, 90)) == 90
    assert later(NOON, 2**62) == datetime.max.replace(tzinfo=UTC)
