"""Why no policy claims an object: for every policy that names its kind, what does not fit."""

from __future__ import annotations

from collections.abc import Iterator

from reconciler.model.fleet import Fleet, Template
from reconciler.model.policy import PolicyKind, PropagationPolicy
from reconciler.model.selector import ResourceSelector


def refusals(fleet: Fleet, template: Template) -> tuple[str, ...]:
    """Full clauses, by policy; one clause where no policy names the kind at all."""
    found = tuple(
        clause for policy in fleet.propagation_policies for clause in _of_policy(policy, template)
    )
    kind = f"{template.manifest.api_version} {template.key.kind}"
    return found or (f"no policy has a selector for {kind}",)


def _of_policy(policy: PropagationPolicy, template: Template) -> Iterator[str]:
    for selector in policy.selectors:
        if selector.kind == template.key.kind:
            yield f"{policy.ref} ({policy.position}): {_clause(policy, selector, template)}"


def _clause(policy: PropagationPolicy, selector: ResourceSelector, template: Template) -> str:
    """The first thing that does not fit."""
    key, manifest = template.key, template.manifest
    is_confined = policy.ref.kind is PolicyKind.PROPAGATION
    labels = selector.label_selector if not selector.name else None
    checks = (
        (
            selector.api_version != manifest.api_version,
            f"it selects {selector.api_version}, the object is {manifest.api_version}",
        ),
        (
            is_confined and policy.ref.namespace != key.namespace,
            f"it speaks of its own namespace {policy.ref.namespace} only",
        ),
        (
            selector.namespace not in {"", key.namespace},
            f"it selects namespace {selector.namespace}",
        ),
        (selector.name not in {"", key.name}, f"it selects the name {selector.name}"),
        (
            labels is not None and not labels.matches(manifest.labels),
            "its label selector does not match the object's labels",
        ),
        (policy.is_frozen, "it selects the object and cannot be used before it is corrected"),
    )
    otherwise = (
        "it selects the object, which no policy may claim: its name or namespace is reserved"
    )
    return next((clause for holds, clause in checks if holds), otherwise)
