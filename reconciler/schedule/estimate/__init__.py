"""How many more replicas or component sets a cluster can take, from what it last reported."""

from __future__ import annotations

from reconciler.schedule.estimate.replicas import available_replicas
from reconciler.schedule.estimate.sets import available_sets

__all__ = ["available_replicas", "available_sets"]
