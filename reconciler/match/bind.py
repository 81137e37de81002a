"""Make the binding of a claimed template (karmada-semantics §2.3, last paragraph).

A binding is made anew in every cycle from template and policy; what it remembers is its state. A
lazy policy is the exception: its changes wait until the template itself changes.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Final

from reconciler.interpret.chain import Interpreter
from reconciler.model.binding import (
    Binding,
    BindingState,
    Component,
    ReplicaRequirements,
    ResourceRef,
)
from reconciler.model.config import FleetConfig
from reconciler.model.features import enabled
from reconciler.model.fleet import Template
from reconciler.model.identity import ObjectKey, stable_id
from reconciler.model.policy import PropagationPolicy, Suspension

SUSPEND: Final = "fleet-reconciler.io/suspend"
SUSPEND_SCHEDULING: Final = "fleet-reconciler.io/suspend-scheduling"
COMPONENTS_GATE: Final = "MultiplePodTemplatesScheduling"
PRIORITY_GATE: Final = "PriorityBasedScheduling"


def bind(
    template: Template,
    policy: PropagationPolicy,
    *,
    interpreter: Interpreter,
    config: FleetConfig,
    previous: BindingState | None,
    priorities: Mapping[str, int] | None = None,
) -> Binding:
    """The binding, ready to schedule. `priorities` are the values of PriorityClasses by name; one
    that does not exist counts as 0.

    Raises InterpretError when the template cannot be understood, Unanswered when a webhook has to
    be asked first.
    """
    kept = lazily_kept(template, policy, previous)
    if kept is not None:
        return kept
    gates = enabled(config.feature_gates)
    binding = _from_policy(template, policy)
    if PRIORITY_GATE in gates and policy.schedule_priority_class:
        priority = (priorities or {}).get(policy.schedule_priority_class, 0)
        binding = replace(binding, schedule_priority=priority)
    return _with_workload(binding, template, interpreter, COMPONENTS_GATE in gates)


def lazily_kept(
    template: Template, policy: PropagationPolicy, previous: BindingState | None
) -> Binding | None:
    """The binding as last recorded, where the policy is lazy, has claimed the template before and
    the template is unchanged since.
    """
    recorded = previous.recorded if previous is not None else None
    if recorded is None or not policy.is_lazy or recorded.claim != policy.ref:
        return None
    return recorded if recorded.template_digest == template.digest else None


def priority_values(templates: Mapping[ObjectKey, Template]) -> dict[str, int]:
    """Values of the PriorityClasses among the templates, by name."""
    found: dict[str, int] = {}
    for key, template in templates.items():
        if (key.group, key.kind) == ("scheduling.k8s.io", "PriorityClass"):
            value = template.manifest.at("value")
            found[key.name] = value if isinstance(value, int) else 0
    return found


def suspended(template: Template, policy: PropagationPolicy, annotation: str) -> bool:
    """Whether the template or its policy says `"true"` to an annotation of ours."""
    return "true" in {
        template.manifest.annotations.get(annotation),
        policy.annotations.get(annotation),
    }


def _from_policy(template: Template, policy: PropagationPolicy) -> Binding:
    manifest, key = template.manifest, template.key
    is_suspended = suspended(template, policy, SUSPEND)
    affinity = policy.placement.workload_affinity
    return Binding(
        key=key,
        resource=ResourceRef(
            api_version=manifest.api_version,
            kind=key.kind,
            namespace=key.namespace,
            name=key.name,
            uid=str(manifest.metadata.get("uid") or stable_id("template", key.path)),
        ),
        claim=policy.ref,
        placement=policy.placement,
        scheduler_name=policy.scheduler_name,
        propagate_deps=policy.propagate_deps,
        conflict_resolution=policy.conflict_resolution,
        suspension=Suspension(dispatching=True) if is_suspended else policy.suspension,
        is_scheduling_suspended=suspended(template, policy, SUSPEND_SCHEDULING),
        preserve_on_deletion=policy.preserve_on_deletion,
        affinity_group=_group(template, affinity.affinity_key if affinity else ""),
        anti_affinity_group=_group(template, affinity.anti_affinity_key if affinity else ""),
        failover=policy.failover,
        template_digest=template.digest,
    )


def _group(template: Template, label_key: str) -> str:
    """`key=value` of the template's label, `` when it does not carry it."""
    value = template.manifest.labels.get(label_key) if label_key else None
    return "" if value is None else f"{label_key}={value}"


def _with_workload(
    binding: Binding,
    template: Template,
    interpreter: Interpreter,
    has_components: bool,  # noqa: FBT001 - a feature gate
) -> Binding:
    """Components where the gate is on and the kind has them, otherwise replicas."""
    body = template.manifest.body
    components = interpreter.get_components(body) if has_components else None
    if components is not None:
        return replace(binding, components=tuple(Component.decode(one) for one in components))
    answer = interpreter.get_replicas(body)
    if answer is None:
        return binding
    requirements = answer.requirements
    return replace(
        binding,
        replicas=answer.replicas,
        requirements=None if requirements is None else ReplicaRequirements.decode(requirements),
    )
