"""What no policy may claim (karmada-semantics §2.1): Karmada's own objects and what a control plane
keeps for itself.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Final

from reconciler.model.fleet import Template
from reconciler.model.identity import ObjectKey

SKIPPED_GROUPS: Final = frozenset(
    {"cluster.karmada.io", "policy.karmada.io", "work.karmada.io", "fleet-reconciler.io"}
)
SKIPPED_KINDS: Final = frozenset({("", "Event"), ("events.k8s.io", "Event")})
SKIPPED_OBJECTS: Final = frozenset(
    {ObjectKey("", "ConfigMap", "kube-system", "extension-apiserver-authentication")}
)
RESERVED_NAMESPACES: Final = frozenset({"karmada-system", "karmada-cluster"})
EXECUTION_PREFIX: Final = "karmada-es-"
CLAIMED_BY: Final = "resourcetemplate.karmada.io/claimed-by"


def skip_reason(template: Template, skipped_namespaces: str) -> str:
    """Why no policy may claim the template, `` when one may. `skipped_namespaces` is a regular
    expression for whole names, `` skips none.
    """
    key = template.key
    if key.group in SKIPPED_GROUPS or (key.group, key.kind) in SKIPPED_KINDS:
        return f"objects of kind {key.kind} are not propagated"
    if key in SKIPPED_OBJECTS:
        return "every API server makes this object itself"
    if CLAIMED_BY in template.manifest.labels:
        return f"its label {CLAIMED_BY} keeps it from policies"
    return _namespace_reason(key.namespace, skipped_namespaces)


@lru_cache(maxsize=4096)
def _namespace_reason(namespace: str, skipped_namespaces: str) -> str:
    if namespace in RESERVED_NAMESPACES or namespace.startswith(EXECUTION_PREFIX):
        return f"the namespace {namespace} is reserved"
    if namespace and skipped_namespaces and re.fullmatch(skipped_namespaces, namespace):
        return f"the namespace {namespace} is skipped by the fleet's settings"
    return ""
