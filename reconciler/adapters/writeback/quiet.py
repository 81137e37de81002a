"""When status is worth a commit: pure decisions, with the times as arguments.

Rules (design: branches): at most one status commit in 10 s, failures at once; usage figures only on
a change over 5 % or every 5 minutes; no heartbeat.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta

STATUS_INTERVAL = timedelta(seconds=10)
USAGE_INTERVAL = timedelta(minutes=5)
USAGE_STEP = 0.05


def status_due(*, now: datetime, last: datetime | None, has_new_failure: bool) -> datetime:
    """When a changed status may be committed: now, or ten seconds after the last commit.

    A last commit in the future (a clock that was set back) delays nothing by more than the
    interval.
    """
    if has_new_failure or last is None:
        return now
    return min(max(now, last + STATUS_INTERVAL), now + STATUS_INTERVAL)


def usage_due(
    before: Mapping[str, float],
    after: Mapping[str, float],
    *,
    now: datetime,
    last: datetime | None,
) -> bool:
    """Whether usage figures have changed enough, or long enough ago, to be written again."""
    if before == after:
        return False
    if last is None or not timedelta() <= now - last < USAGE_INTERVAL:
        return True
    return before.keys() != after.keys() or any(
        abs(after[key] - value) > USAGE_STEP * abs(value) for key, value in before.items()
    )
