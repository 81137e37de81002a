"""When a job runs next, in apscheduler's shape.

Rules: missed runs are never counted one by one, so a clock that leaps over years costs nothing;
cron is what Kubernetes means by it: five fields, 0 and 7 are Sunday, day of month *or* day of week,
a time that exists twice in a night runs twice.
"""

from __future__ import annotations

from datetime import UTC, datetime, tzinfo
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from apscheduler.triggers.base import BaseTrigger
from croniter import croniter

from reconciler.model.errors import SettingsInvalid

_FIELDS = 5
_CRON_HINT = "write five fields: minute, hour, day of month, month, day of week"


class Forward(BaseTrigger):  # type: ignore[misc]
    """Another trigger that looks ahead from now, however long ago it last ran."""

    def __init__(self, inner: BaseTrigger) -> None:
        self._inner = inner

    def get_next_fire_time(self, previous: datetime | None, now: datetime) -> datetime | None:
        """The next moment after both."""
        last = now if previous is not None and previous < now else previous
        moment: datetime | None = self._inner.get_next_fire_time(last, now)
        return moment


class Cron(BaseTrigger):  # type: ignore[misc]
    """A cron expression in a time zone; raises `SettingsInvalid`."""

    def __init__(self, expression: str, timezone: str) -> None:
        if len(expression.split()) != _FIELDS or not croniter.is_valid(expression):
            raise SettingsInvalid(f"{expression!r} is no cron expression", hint=_CRON_HINT)
        self._expression = expression
        self._zone = _zone(timezone)

    def get_next_fire_time(self, previous: datetime | None, now: datetime) -> datetime:
        """The next moment after both, in UTC."""
        start = now if previous is None else max(previous, now)
        moment: datetime = croniter(self._expression, start.astimezone(self._zone)).get_next(
            datetime
        )
        return moment.astimezone(UTC)


def _zone(name: str) -> tzinfo:
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise SettingsInvalid(f"{name!r} is no time zone", hint="write one like UTC") from None
