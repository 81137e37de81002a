"""How a Job's completions are shared out among its clusters (karmada-semantics §2.9).

Parallelism is the replica count of a Job; where it is divided, completions follow it by Webster's
method, so that the clusters take about equally long.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from reconciler.model.binding import Binding, Target
from reconciler.model.policy import ReplicaSchedulingType
from reconciler.model.webster import divide
from reconciler.render.surgery import at


def completions_by_cluster(
    body: dict[str, Any], binding: Binding, targets: Sequence[Target]
) -> Mapping[str, int]:
    """Completions by cluster; empty when they are left as the template says.

    That is: for anything but a divided Job, and for a Job that works off a queue, which has none.
    """
    completions = at(body, "spec", "completions")
    if body.get("kind") != "Job" or not _is_divided(binding) or type(completions) is not int:
        return {}
    replicas = {target.name: target.replicas for target in targets}
    if not any(replicas.values()):
        return {}
    return divide(completions, replicas, seed=binding.resource.uid)


def _is_divided(binding: Binding) -> bool:
    scheduling = binding.placement.replica_scheduling if binding.placement else None
    return (
        binding.replicas > 0
        and scheduling is not None
        and scheduling.type is ReplicaSchedulingType.DIVIDED
    )
