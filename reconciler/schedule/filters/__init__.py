"""Built-in filters, one file each, in the order they are asked."""

from __future__ import annotations

from typing import Final

from reconciler.schedule.filters import (
    api_enablement,
    cluster_affinity,
    cluster_eviction,
    spread_constraint,
    taint_toleration,
    workload_affinity,
    workload_anti_affinity,
)
from reconciler.schedule.framework import Filter

FILTERS: Final[tuple[Filter, ...]] = (
    api_enablement.FILTER,
    taint_toleration.FILTER,
    cluster_affinity.FILTER,
    spread_constraint.FILTER,
    cluster_eviction.FILTER,
    workload_affinity.FILTER,
    workload_anti_affinity.FILTER,
)
