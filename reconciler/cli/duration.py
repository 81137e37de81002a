"""Durations on the command line: `90s`, `5m`, `1h30m`, or plain seconds."""

from __future__ import annotations

import re
from typing import Final

import click

_SECONDS: Final = {"ms": 0.001, "s": 1.0, "m": 60.0, "h": 3600.0}
_PART: Final = re.compile(r"(\d+(?:\.\d+)?)(ms|s|m|h)")
_PLAIN: Final = re.compile(r"\d+(\.\d+)?")


def duration(text: str) -> float:
    """Seconds, written as Kubernetes tools write them; a usage error for anything else."""
    if _PLAIN.fullmatch(text):
        return float(text)
    parts = _PART.findall(text)
    if not parts or "".join(number + unit for number, unit in parts) != text:
        raise click.BadParameter(f"{text!r} is no duration such as 90s, 5m or 1h30m")
    return sum(float(number) * _SECONDS[unit] for number, unit in parts)
