"""Room of the feasible clusters for one binding, asked of the estimator once per question."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from reconciler.model.binding import Binding, Component
from reconciler.schedule.estimate import available_replicas, available_sets
from reconciler.schedule.estimate.replicas import requirements_key
from reconciler.schedule.integers import MAX_INT32
from reconciler.schedule.request import Request

MODELING_GATE: Final = "CustomizedClusterResourceModeling"
COMPONENTS_GATE: Final = "MultiplePodTemplatesScheduling"


def capacities(request: Request) -> Mapping[str, int] | None:
    """Estimates by cluster name; None for what is no workload and fits anywhere.

    Karmada: core/util.go, calAvailableReplicas.
    """
    binding, index = request.binding, request.context.index
    if binding.replicas == 0 and not binding.components:
        return None
    uses_models = MODELING_GATE in request.context.gates
    if counts_sets(request):
        components = binding.components
        return index.capacity(
            ("sets", uses_models, _components_key(components)),
            lambda cluster: available_sets(cluster, components, uses_models=uses_models),
        )
    requirements = binding.requirements
    return index.capacity(
        ("replicas", uses_models, requirements_key(requirements)),
        lambda cluster: available_replicas(cluster, requirements, uses_models=uses_models),
    )


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


def _components_key(components: tuple[Component, ...]) -> tuple[object, ...]:
    return tuple((one.replicas, requirements_key(one.requirements)) for one in components)
