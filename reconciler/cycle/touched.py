"""What a changed policy can touch: the dependency index of claims and renderings.

Rule: touching too much costs time, touching too little is a wrong answer. A policy is the same only
while it is the same object, which parsing keeps for a document that did not change.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from reconciler.model.claim import Claim
from reconciler.model.fleet import Template
from reconciler.model.identity import ObjectKey
from reconciler.model.manifest import Manifest
from reconciler.model.policy import OverridePolicy, PolicyRef, PropagationPolicy
from reconciler.render.overrides import Rules, specificity
from reconciler.render.stamp import claimed

PolicyVersions = dict[PolicyRef, PropagationPolicy]

_Kind = tuple[str, str, str]


def claimed_or_selected(
    before: Mapping[PolicyRef, PropagationPolicy],
    after: Mapping[PolicyRef, PropagationPolicy],
    claims: Mapping[ObjectKey, Claim | None],
    templates: Mapping[ObjectKey, Template],
) -> set[ObjectKey]:
    """Templates that a changed policy had a claim to, or may have one to now."""
    changed = changed_refs(before, after)
    if not changed or not claims:
        return set()
    held = {
        key
        for key, won in claims.items()
        if won is not None and any(one.policy in changed for one in won.contenders)
    }
    return held | set(_selected((after[ref] for ref in changed if ref in after), templates))


def changed_refs(
    before: Mapping[PolicyRef, object], after: Mapping[PolicyRef, object]
) -> set[PolicyRef]:
    """Policies that came, went, or are other ones now."""
    return {ref for ref in {*before, *after} if before.get(ref) is not after.get(ref)}


def _selected(
    policies: Iterable[PropagationPolicy | OverridePolicy],
    templates: Mapping[ObjectKey, Template],
) -> Iterator[ObjectKey]:
    """Templates of the kinds, namespaces and names that the policies speak of."""
    names: dict[_Kind, set[str]] = {}
    for policy in policies:
        for selector in policy.selectors:
            place = (selector.api_version, selector.kind, policy.ref.namespace)
            names.setdefault(place, set()).add(selector.name)
    for key, template in templates.items():
        manifest = template.manifest
        for namespace in {key.namespace, ""}:
            wanted = names.get((manifest.api_version, manifest.kind, namespace))
            if wanted is not None and ("" in wanted or key.name in wanted):
                yield key


def changed_rules(
    before: Mapping[PolicyRef, tuple[OverridePolicy, Rules]],
    after: Mapping[PolicyRef, tuple[OverridePolicy, Rules]],
) -> list[OverridePolicy]:
    """Both versions of every override policy whose rules are others now, or speak of others."""
    empty: tuple[None, Rules] = (None, ())
    found = []
    for ref in {*before, *after}:
        (old, old_rules), (new, new_rules) = before.get(ref, empty), after.get(ref, empty)
        if old is not new or old_rules is not new_rules:
            found += [one for one in (old, new) if one is not None]
    return found


def overridden(
    policies: Iterable[OverridePolicy],
    templates: Mapping[ObjectKey, Template],
    claims: Mapping[ObjectKey, PolicyRef | None],
) -> set[ObjectKey]:
    """Objects that the override policies may speak of.

    Policies of a namespace look at what cluster policies made of an object, which may carry other
    labels than its template: they touch everything there. Namespaces are rendered with and without
    marks of a claim: labels of theirs are not asked.
    """
    policies = list(policies)
    if not policies:
        return set()
    namespaces = {one.ref.namespace for one in policies}
    cluster_wide = [one for one in policies if not one.ref.namespace]
    kinds = {(one.api_version, one.kind) for policy in cluster_wide for one in policy.selectors}
    is_unselective = any(not policy.selectors for policy in cluster_wide)
    touched = set()
    for key, template in templates.items():
        manifest = template.manifest
        is_candidate = is_unselective or (manifest.api_version, manifest.kind) in kinds
        if (key.namespace and key.namespace in namespaces) or (
            is_candidate
            and (key.kind == "Namespace" or _is_selected(template, claims.get(key), cluster_wide))
        ):
            touched.add(key)
    return touched


def _is_selected(
    template: Template, claim: PolicyRef | None, policies: Iterable[OverridePolicy]
) -> bool:
    """Whether one of the policies selects the object, with the marks of its claim."""
    manifest = Manifest(claimed(template.manifest.body, claim))
    return any(specificity(policy, manifest) for policy in policies)
