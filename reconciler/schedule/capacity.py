"""Room of the feasible clusters for one binding, asked of the estimator once per question."""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Mapping
from typing import Final

from reconciler.model.binding import Binding, Component, ReplicaRequirements
from reconciler.model.cluster import Cluster
from reconciler.schedule.estimate import replica_estimate, set_estimate
from reconciler.schedule.integers import MAX_INT32
from reconciler.schedule.request import Request

MODELING_GATE: Final = "CustomizedClusterResourceModeling"
COMPONENTS_GATE: Final = "MultiplePodTemplatesScheduling"


def capacities(request: Request, feasible: Iterable[Cluster]) -> Mapping[str, int] | None:
    """Estimates by cluster name; None for what is no workload and fits anywhere.

    Karmada: core/util.go, calAvailableReplicas.
    """
    binding, index = request.binding, request.context.index
    if binding.replicas == 0 and not binding.components:
        return None
    uses_models = MODELING_GATE in request.context.gates
    question: Hashable
    if counts_sets(request):
        question = ("sets", uses_models, _components_key(binding.components))
        estimate = set_estimate(binding.components, uses_models=uses_models)
    else:
        question = ("replicas", uses_models, _requirements_key(binding.requirements))
        estimate = replica_estimate(binding.requirements, uses_models=uses_models)
    return index.capacity(question, estimate, feasible)


def unlimited(binding: Binding, estimate: int) -> int:
    """An estimate without bound stands for as many as are asked for, so that sums stay in range."""
    return binding.replicas if estimate == MAX_INT32 else estimate


def counts_sets(request: Request) -> bool:
    """Whether all pod templates go to one cluster together. Karmada:
    isMultiTemplateSchedulingApplicable.
    """
    if COMPONENTS_GATE not in request.context.gates or not request.binding.components:
        return False
    return any(
        one.by_field == "cluster" and one.min_groups == 1 and one.max_groups == 1
        for one in request.placement.spread_constraints
    )


def _requirements_key(requirements: ReplicaRequirements | None) -> Hashable:
    """What two requirements with the same estimate have in common."""
    if requirements is None:
        return None
    return tuple(
        sorted(
            (name, amount.nanos, amount.notation) for name, amount in requirements.resources.items()
        )
    )


def _components_key(components: tuple[Component, ...]) -> Hashable:
    return tuple((one.replicas, _requirements_key(one.requirements)) for one in components)
