"""Labels and annotations that tell where a rendered object comes from (karmada-semantics §2.1,
§2.11).

Karmada draws the permanent ids at random; here they follow from identities (design §5), so that the
same commit renders the same bytes.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

from reconciler.model.identity import ObjectKey, binding_name, stable_id
from reconciler.model.policy import PolicyKind, PolicyRef
from reconciler.render.surgery import at, merged

Body = dict[str, Any]

CONFLICT_RESOLUTION: Final = "work.karmada.io/conflict-resolution"
WORK_NAMESPACE: Final = "work.karmada.io/namespace"
WORK_ID: Final = "work.karmada.io/permanent-id"
_MANAGED_LABELS: Final = "resourcetemplate.karmada.io/managed-labels"
_MANAGED_ANNOTATIONS: Final = "resourcetemplate.karmada.io/managed-annotations"
_POLICY_GROUP: Final = "policy.karmada.io"
_WORK_GROUP: Final = "work.karmada.io"


def template_id(key: ObjectKey) -> str:
    """What stands for the template's uid."""
    return stable_id("template", key.path)


def policy_id(policy: PolicyRef) -> str:
    """Permanent id of a policy."""
    key = ObjectKey(_POLICY_GROUP, policy.kind.value, policy.namespace, policy.name)
    return stable_id("policy", key.path)


def binding_key(template: ObjectKey) -> ObjectKey:
    """Identity of the template's binding, which has the template's scope."""
    kind = "ResourceBinding" if template.namespace else "ClusterResourceBinding"
    name = binding_name(template.kind, template.name)
    return ObjectKey(_WORK_GROUP, kind, template.namespace, name)


def binding_id(template: ObjectKey) -> str:
    """Permanent id of the template's binding."""
    return stable_id("binding", binding_key(template).path)


def claimed(body: Body, claim: PolicyRef | None) -> Body:
    """With the marks of the policy that claims the template; an attached object has none."""
    if claim is None:
        return body
    prefix = f"{claim.kind.lower()}.karmada.io"
    annotations = {f"{prefix}/name": claim.name}
    if claim.kind is PolicyKind.PROPAGATION:
        annotations[f"{prefix}/namespace"] = claim.namespace
    body = merged(body, {f"{prefix}/permanent-id": policy_id(claim)}, "metadata", "labels")
    return merged(body, annotations, "metadata", "annotations")


@dataclass(frozen=True, slots=True, kw_only=True)
class Origin:
    """What all Works of a template share. `generation` 0: the kind counts none.

    `has_binding` False: the object is propagated by itself, as namespaces are.
    """

    key: ObjectKey
    work_name: str
    generation: int = 0
    has_binding: bool = True


def conflict_resolution(body: Body, of_policy: str) -> str:
    """`overwrite` or `abort`: the template's own annotation wins over the policy."""
    own = at(body, "metadata", "annotations", CONFLICT_RESOLUTION)
    if own in ("overwrite", "abort"):
        return str(own)
    return "overwrite" if of_policy == "Overwrite" else "abort"


def stamped(body: Body, origin: Origin, resolution: str, namespace: str, work: str) -> Body:
    """With every mark of a Work; `namespace` and `work` are its namespace and permanent id."""
    labels = {"karmada.io/managed": "true", WORK_ID: work, **_binding_labels(origin)}
    annotations = {
        "resourcetemplate.karmada.io/uid": template_id(origin.key),
        "work.karmada.io/name": origin.work_name,
        WORK_NAMESPACE: namespace,
        **_binding_annotations(origin, resolution),
    }
    if origin.generation > 0:
        annotations["resourcetemplate.karmada.io/generation"] = str(origin.generation)
    body = merged(body, labels, "metadata", "labels")
    return _with_managed_lists(merged(body, annotations, "metadata", "annotations"))


def _binding_labels(origin: Origin) -> dict[str, str]:
    if not origin.has_binding:
        return {}
    kind = binding_key(origin.key).kind.lower()
    return {f"{kind}.karmada.io/permanent-id": binding_id(origin.key)}


def _binding_annotations(origin: Origin, resolution: str) -> dict[str, str]:
    if not origin.has_binding:
        return {}
    binding = binding_key(origin.key)
    prefix = f"{binding.kind.lower()}.karmada.io"
    names = {f"{prefix}/name": binding.name, CONFLICT_RESOLUTION: resolution}
    return names | ({f"{prefix}/namespace": binding.namespace} if binding.namespace else {})


def _with_managed_lists(body: Body) -> Body:
    """The lists of keys that are ours to take away later; both count themselves."""
    labels = sorted(at(body, "metadata", "labels"))
    annotations = {*at(body, "metadata", "annotations"), _MANAGED_LABELS, _MANAGED_ANNOTATIONS}
    lists = {_MANAGED_LABELS: labels, _MANAGED_ANNOTATIONS: sorted(annotations)}
    entries = {key: ",".join(names) for key, names in lists.items()}
    return merged(body, entries, "metadata", "annotations")
