"""Works of namespaces, which go to all clusters without a policy (karmada-semantics §2.11).

Only cluster override policies speak of them. Reserved namespaces, `default`, those matched by the
skip pattern, and those labelled so are left out.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from reconciler.model.binding import Binding, ResourceRef, Target
from reconciler.model.fleet import Template
from reconciler.render.overrides import OverrideIndex
from reconciler.render.render import Rendered, ReplicaReviser, render_unbound

_RESERVED = frozenset({"karmada-system", "karmada-cluster", "default"})
_SKIP_LABEL = "namespace.karmada.io/skip-auto-propagation"


def is_auto_propagated(template: Template, skipped_namespaces: str) -> bool:
    """Whether the namespace goes to clusters by itself. `skipped_namespaces` is a regular
    expression for whole names.
    """
    name = template.key.name
    if name in _RESERVED or name.startswith("karmada-es-"):
        return False
    if template.manifest.labels.get(_SKIP_LABEL) == "true":
        return False
    return not (skipped_namespaces and re.fullmatch(skipped_namespaces, name))


def render_namespace(
    template: Template,
    clusters: Iterable[str],
    *,
    overrides: OverrideIndex,
    reviser: ReplicaReviser,
) -> Rendered:
    """The Works of one namespace on those clusters."""
    resource = ResourceRef(
        api_version=template.manifest.api_version,
        kind=template.key.kind,
        namespace="",
        name=template.key.name,
    )
    binding = Binding(key=template.key, resource=resource, claim=None, placement=None)
    targets = [Target(name=cluster) for cluster in clusters]
    return render_unbound(template, binding, targets, overrides=overrides, reviser=reviser)
