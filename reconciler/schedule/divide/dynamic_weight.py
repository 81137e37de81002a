"""DynamicWeight: in proportion to what the clusters can take."""

from __future__ import annotations

from reconciler.schedule.divide.dynamic import divide_dynamically
from reconciler.schedule.framework import Division, Strategy
from reconciler.schedule.request import Share


def divide(share: Share) -> dict[str, int]:
    """Karmada: assignByDynamicStrategy with DynamicWeightStrategy; every weight takes part."""
    return divide_dynamically(share, lambda plan: plan.weights)


DIVISION = Division(name="DynamicWeight", strategy=Strategy.DYNAMIC_WEIGHT, divide=divide)
