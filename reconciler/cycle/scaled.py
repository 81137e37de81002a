"""Deployments that a propagated HorizontalPodAutoscaler scales keep the replicas that their members
have: without it every pass would take back what the autoscaler did.

Karmada: the controller hpaScaleTargetMarker labels them on the control plane (karmada-semantics
§2.20). Here the label is there when they are rendered; a template that says the label itself is
taken at its word.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from reconciler.interpret.kinds.deployment import RETAIN_LABEL
from reconciler.model.fleet import Template
from reconciler.model.identity import ObjectKey, split_api_version
from reconciler.model.manifest import Manifest

KIND: Final = "HorizontalPodAutoscaler"
_GROUP: Final = "autoscaling"
_SCALED: Final = ("apps", "Deployment")


def scaled_by(autoscaler: Template) -> ObjectKey | None:
    """The Deployment that it scales; None for anything else."""
    if autoscaler.key.group != _GROUP:
        return None
    spec = autoscaler.manifest.body.get("spec")
    target = spec.get("scaleTargetRef") if isinstance(spec, dict) else None
    if not isinstance(target, dict):
        return None
    group, _ = split_api_version(str(target.get("apiVersion") or ""))
    kind, name = str(target.get("kind") or ""), str(target.get("name") or "")
    if (group, kind) != _SCALED or not name:
        return None
    return ObjectKey(group, kind, autoscaler.key.namespace, name)


def retaining(template: Template) -> Template:
    """The template with the label that leaves replicas to the member."""
    body = template.manifest.body
    metadata = body["metadata"]
    labels = metadata.get("labels") or {}
    if RETAIN_LABEL in labels:
        return template
    marked = {**metadata, "labels": {**labels, RETAIN_LABEL: "true"}}
    return replace(
        template,
        manifest=Manifest({**body, "metadata": marked}),
        digest=f"{template.digest} {RETAIN_LABEL}",
    )
