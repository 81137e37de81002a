"""Templates and policies for tests of matching, from the fields that matter."""

from __future__ import annotations

from typing import Any

from reconciler.model.diagnostic import Position
from reconciler.model.fleet import Template
from reconciler.model.manifest import Manifest
from reconciler.model.policy import OverridePolicy, PolicyKind, PolicyRef, PropagationPolicy
from reconciler.parse.decode import decode_propagation_policy

DEPLOYMENT = {"apiVersion": "apps/v1", "kind": "Deployment"}


def a_template(
    kind: str = "Deployment",
    name: str = "web",
    namespace: str = "shop",
    *,
    api_version: str = "apps/v1",
    digest: str = "d1",
    **body: Any,
) -> Template:
    """A template; `labels` and `annotations` go to its metadata."""
    metadata: dict[str, Any] = {"name": name, "namespace": namespace}
    metadata |= {key: body.pop(key) for key in ("labels", "annotations", "uid") if key in body}
    manifest = Manifest({"apiVersion": api_version, "kind": kind, "metadata": metadata, **body})
    return Template(key=manifest.key, manifest=manifest, digest=digest, spec_digest=digest)


def a_policy(
    name: str = "p",
    *selectors: dict[str, Any],
    namespace: str = "shop",
    annotations: dict[str, str] | None = None,
    **spec: Any,
) -> PropagationPolicy:
    """A policy of that namespace, or of the cluster for ``; selects every Deployment by default."""
    kind = "PropagationPolicy" if namespace else "ClusterPropagationPolicy"
    document = {
        "kind": kind,
        "metadata": {"name": name, "namespace": namespace, "annotations": annotations or {}},
        "spec": {"resourceSelectors": [DEPLOYMENT | one for one in selectors or ({},)], **spec},
    }
    return decode_propagation_policy(document, Position())


def an_override(name: str, namespace: str = "shop") -> OverridePolicy:
    """An override policy that does nothing."""
    kind = PolicyKind.OVERRIDE if namespace else PolicyKind.CLUSTER_OVERRIDE
    return OverridePolicy(ref=PolicyRef(kind, namespace, name), selectors=(), rules=())
