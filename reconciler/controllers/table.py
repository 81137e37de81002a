"""The controllers in the order they look: each sees what those before it changed.

Taints come before what taints evict; evictions before the end of evictions; a cluster that left the
fleet is gone before anybody counts on it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from datetime import datetime

from reconciler.controllers import (
    application_failover,
    cluster_taints,
    drain,
    graceful_eviction,
    rebalancer,
    taint_eviction,
    taint_policies,
    unjoin,
)
from reconciler.model.intent import Intent
from reconciler.model.world import World

Controller = Callable[[World, datetime], Iterable[Intent]]

CONTROLLERS: Mapping[str, Controller] = {
    "unjoin": unjoin.intents,
    "drain": drain.intents,
    "cluster-taints": cluster_taints.intents,
    "taint-policies": taint_policies.intents,
    "taint-eviction": taint_eviction.intents,
    "application-failover": application_failover.intents,
    "graceful-eviction": graceful_eviction.intents,
    "workload-rebalancer": rebalancer.intents,
}
