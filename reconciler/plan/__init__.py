"""Changes -> ordered, guarded Plan, and the formats in which people and machines read it. Imports
model.
"""

from __future__ import annotations

from reconciler.plan.build import build_plan
from reconciler.plan.order import in_order, waves

__all__ = ["build_plan", "in_order", "waves"]
