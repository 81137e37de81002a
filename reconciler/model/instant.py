"""Instants: the RFC 3339 texts of documents as moments that can be compared and moved.

The core never asks for the time; it compares the `now` it was given with what documents say.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta


def instant(text: str) -> datetime | None:
    """The moment a text names, None for `` and for what is no time; without a zone it is UTC."""
    try:
        moment = datetime.fromisoformat(text)
        return moment.astimezone(UTC) if moment.tzinfo else moment.replace(tzinfo=UTC)
    except (ValueError, OverflowError):  # a zone can carry the first and last days over the edge
        return None


def written(moment: datetime) -> str:
    """RFC 3339 in UTC, whole seconds, as Kubernetes writes a time: `2026-01-02T03:04:05Z`."""
    return moment.astimezone(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")


def later(moment: datetime, seconds: float) -> datetime:
    """So many seconds later; the end of time for what lies beyond it."""
    try:
        return moment + timedelta(seconds=seconds)
    except OverflowError:
        return datetime.max.replace(tzinfo=UTC)


def elapsed(since: datetime, now: datetime) -> float:
    """Seconds from one moment to another, negative when `since` is still to come."""
    return (now - since).total_seconds()
