"""Bindings made from template and policy."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from reconciler.interpret.chain import Interpreter, InterpretError
from reconciler.match import bind, priority_values
from reconciler.model.binding import Binding, BindingState
from reconciler.model.config import FleetConfig
from reconciler.model.fleet import Template
from reconciler.model.identity import stable_id
from reconciler.model.policy import PropagationPolicy, Suspension
from reconciler.model.quantity import Quantity
from tests.match.builders import a_policy, a_template

POD = {"containers": [{"name": "c", "resources": {"requests": {"cpu": "250m"}}}]}
WORKLOAD: dict[str, Any] = {"spec": {"replicas": 3, "template": {"spec": POD}}}
FLINK = a_template(
    "FlinkDeployment",
    api_version="flink.apache.org/v1beta1",
    spec={
        "jobManager": {"replicas": 1, "resource": {"cpu": 1, "memory": "1Gi"}},
        "taskManager": {"replicas": 2, "resource": {"cpu": 2, "memory": "2Gi"}},
    },
)


def bound(
    template: Template,
    policy: PropagationPolicy,
    previous: BindingState | None = None,
    **config: Any,
) -> Binding:
    """The binding under these settings."""
    return bind(
        template,
        policy,
        interpreter=Interpreter(),
        config=FleetConfig(**config),
        previous=previous,
        priorities={"high": 1000},
    )


def test_a_workload_brings_replicas_and_what_one_of_them_asks_for() -> None:
    policy = a_policy(
        conflictResolution="Overwrite", propagateDeps=True, preserveResourcesOnDeletion=False
    )
    binding = bound(a_template(**WORKLOAD), policy)
    assert binding.replicas == 3
    assert binding.requirements is not None
    assert binding.requirements.resources == {"cpu": Quantity.parse("250m")}
    assert (binding.claim, binding.name) == (policy.ref, "web-deployment")
    assert (binding.conflict_resolution, binding.propagate_deps) == ("Overwrite", True)
    assert binding.preserve_on_deletion is False
    assert binding.is_workload


def test_what_is_no_workload_has_neither() -> None:
    template = a_template("ConfigMap", api_version="v1")
    binding = bound(template, a_policy())
    assert (binding.replicas, binding.requirements, binding.is_workload) == (0, None, False)


def test_the_tie_break_is_a_stable_id_unless_the_template_has_a_uid() -> None:
    template = a_template()
    assert bound(template, a_policy()).resource.uid == stable_id("template", template.key.path)
    assert bound(a_template(uid="u-1"), a_policy()).resource.uid == "u-1"


def test_a_template_that_cannot_be_understood_is_an_error_of_interpretation() -> None:
    with pytest.raises(InterpretError):
        bound(a_template(spec={"replicas": "three"}), a_policy())


def test_components_stand_behind_their_gate() -> None:
    gate = {"MultiplePodTemplatesScheduling": True}
    assert bound(FLINK, a_policy()).components == ()
    names = [one.name for one in bound(FLINK, a_policy(), feature_gates=gate).components]
    assert names == ["jobmanager", "taskmanager"]


@pytest.mark.parametrize("where", ["template", "policy"])
def test_annotations_of_ours_suspend(where: str) -> None:
    notes = {
        "fleet-reconciler.io/suspend": "true",
        "fleet-reconciler.io/suspend-scheduling": "true",
    }
    template = a_template(annotations=notes if where == "template" else {})
    policy = a_policy(annotations=notes if where == "policy" else None)
    binding = bound(template, policy)
    assert binding.suspension.dispatching
    assert binding.is_scheduling_suspended


def test_the_policys_suspension_is_taken_over() -> None:
    suspension = {"dispatchingOnClusters": {"clusterNames": ["eu-1"]}}
    binding = bound(a_template(), a_policy(suspension=suspension))
    assert binding.suspension == Suspension(on_clusters=frozenset({"eu-1"}))
    assert not binding.is_scheduling_suspended


def test_affinity_groups_are_the_templates_labels() -> None:
    affinity = {
        "affinity": {"groupByLabelKey": "app"},
        "antiAffinity": {"groupByLabelKey": "tier"},
    }
    policy = a_policy(placement={"workloadAffinity": affinity})
    binding = bound(a_template(labels={"app": "web"}), policy)
    assert (binding.affinity_group, binding.anti_affinity_group) == ("app=web", "")


def test_priority_is_the_value_of_the_priority_class() -> None:
    high = a_policy(schedulePriority={"priorityClassName": "high"})
    unknown = a_policy(schedulePriority={"priorityClassName": "unknown"})
    off = {"PriorityBasedScheduling": False}
    assert bound(a_template(), high).schedule_priority == 1000
    assert bound(a_template(), unknown).schedule_priority == 0
    assert bound(a_template(), high, feature_gates=off).schedule_priority == 0


def test_priority_classes_are_found_among_the_templates() -> None:
    classes = [
        a_template("PriorityClass", "high", "", api_version="scheduling.k8s.io/v1", value=7),
        a_template("PriorityClass", "odd", "", api_version="scheduling.k8s.io/v1", value="x"),
        a_template(),
    ]
    assert priority_values({one.key: one for one in classes}) == {"high": 7, "odd": 0}


def test_a_lazy_policy_waits_for_the_template_to_change() -> None:
    lazy = a_policy(activationPreference="Lazy", placement={"clusterAffinity": {}})
    first = bound(a_template(), lazy)
    state = BindingState(key=first.key, claim=first.claim, recorded=first)
    edited = a_policy(
        activationPreference="Lazy", placement={"clusterAffinity": {"clusterNames": ["eu-1"]}}
    )
    assert bound(a_template(), edited, state) is first
    assert bound(a_template(digest="d2"), edited, state).placement == edited.placement
    eager = replace(edited, is_lazy=False)
    assert bound(a_template(), eager, state).placement == edited.placement
    taken = replace(state, recorded=replace(first, claim=a_policy("other").ref))
    assert bound(a_template(), edited, taken).placement == edited.placement
