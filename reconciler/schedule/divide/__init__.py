"""Built-in divisions of replicas, one file for each strategy."""

from __future__ import annotations

from typing import Final

from reconciler.schedule.divide import aggregated, duplicated, dynamic_weight, static_weight
from reconciler.schedule.framework import Division

DIVISIONS: Final[tuple[Division, ...]] = (
    duplicated.DIVISION,
    static_weight.DIVISION,
    dynamic_weight.DIVISION,
    aggregated.DIVISION,
)
