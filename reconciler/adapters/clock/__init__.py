"""The only reader of time: now, sleeping, periodic and cron wake-ups."""

from __future__ import annotations
