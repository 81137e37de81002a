"""Which validator speaks for which kind: one row each."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final

from reconciler.parse.validation.autoscaling import (
    validate_cron_federated_hpa,
    validate_federated_hpa,
)
from reconciler.parse.validation.cluster import validate_cluster
from reconciler.parse.validation.errors import FieldErrors
from reconciler.parse.validation.interpreters import (
    validate_customization,
    validate_webhook_configuration,
)
from reconciler.parse.validation.override import validate_override
from reconciler.parse.validation.propagation import validate_propagation
from reconciler.parse.validation.quota import validate_quota
from reconciler.parse.validation.repair import (
    validate_rebalancer,
    validate_remedy,
    validate_taint_policy,
)
from reconciler.parse.validation.services import validate_multi_cluster_service

Document = Mapping[str, Any]


def validate(document: Document) -> FieldErrors:
    """Every field error of a document of ours or Karmada's; kinds without rules have none."""
    validator = VALIDATORS.get(str(document.get("kind")))
    return iter(()) if validator is None else validator(document)


def _propagation(document: Document) -> FieldErrors:
    return validate_propagation(document.get("spec") or {}, _namespace(document))


def _cluster_propagation(document: Document) -> FieldErrors:
    return validate_propagation(document.get("spec") or {}, "")


def _override(document: Document) -> FieldErrors:
    return validate_override(document.get("spec") or {}, _namespace(document))


def _cluster_override(document: Document) -> FieldErrors:
    return validate_override(document.get("spec") or {}, "")


def _namespace(document: Document) -> str:
    return str((document.get("metadata") or {}).get("namespace") or "")


VALIDATORS: Final[Mapping[str, Callable[[Document], FieldErrors]]] = {
    "PropagationPolicy": _propagation,
    "ClusterPropagationPolicy": _cluster_propagation,
    "OverridePolicy": _override,
    "ClusterOverridePolicy": _cluster_override,
    "Cluster": validate_cluster,
    "ClusterTaintPolicy": validate_taint_policy,
    "CronFederatedHPA": validate_cron_federated_hpa,
    "FederatedHPA": validate_federated_hpa,
    "FederatedResourceQuota": validate_quota,
    "MultiClusterService": validate_multi_cluster_service,
    "Remedy": validate_remedy,
    "ResourceInterpreterCustomization": validate_customization,
    "ResourceInterpreterWebhookConfiguration": validate_webhook_configuration,
    "WorkloadRebalancer": validate_rebalancer,
}
