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
    policies: Iterable[OverridePolicy], faces: Mapping[ObjectKey, tuple[Manifest, ...]]
) -> set[ObjectKey]:
    """Objects that the override policies speak of. `faces` are what selectors saw of each object
    when it was rendered: cluster policies see the template, those of a namespace what they made
    of it.
    """
    policies = list(policies)
    if not policies:
        return set()
    namespaces = {one.ref.namespace for one in policies}
    kinds = {(one.api_version, one.kind) for policy in policies for one in policy.selectors}
    is_unselective = any(not policy.selectors for policy in policies)
    return {
        key
        for key, some in faces.items()
        if ("" in namespaces or key.namespace in namespaces)
        and any(
            (is_unselective or (face.api_version, face.kind) in kinds)
            and _is_selected(face, policies)
            for face in some
        )
    }


def _is_selected(face: Manifest, policies: Iterable[OverridePolicy]) -> bool:
    return any(
        (not policy.ref.namespace or policy.ref.namespace == face.namespace)
        and specificity(policy, face)
        for policy in policies
    )
