"""What time and observation demand, pure: `(World, now) -> Intents`, and `settle`, which carries
them out before anything is matched or scheduled.

Taints from conditions, eviction by taints, graceful eviction, failover of applications,
rebalancing, clusters that leave. Imports model and interpret.
"""

from __future__ import annotations

from reconciler.controllers.settle import settle
from reconciler.controllers.table import CONTROLLERS, Controller

__all__ = ["CONTROLLERS", "Controller", "settle"]
