"""Labels that carry state over when an application moves to another cluster after a failure.

Karmada: gate StatefulFailoverInjection, binding/common.go (karmada-semantics §2.11, §2.18). State
is handed over only when there is one target, the last eviction purged directly, and the target is
not one of the clusters the application ran on before.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from reconciler.model.binding import EvictionTask, Target

_DIRECT_MODES = frozenset({"Directly", "Immediately"})


def preserved_labels(
    tasks: Sequence[EvictionTask], targets: Sequence[Target]
) -> Mapping[str, Mapping[str, str]]:
    """Labels to add, by cluster."""
    if len(targets) != 1 or not tasks:
        return {}
    last, target = tasks[-1], targets[0].name
    if last.purge_mode not in _DIRECT_MODES or target in last.clusters_before_failover:
        return {}
    return {target: last.preserved_labels} if last.preserved_labels else {}
