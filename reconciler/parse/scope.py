"""Whether a kind lives in namespaces: built-in table, CRDs of the commit, inventory, `kinds:`."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Final

from reconciler.model.cluster import ClusterFacts
from reconciler.model.config import FleetConfig
from reconciler.model.fleet import ScopeSource
from reconciler.model.identity import split_api_version

GroupKind = tuple[str, str]
#: (is namespaced, where that was learnt), None where nothing says.
Scope = tuple[bool, ScopeSource]

_NAMESPACED: Final[Mapping[str, str]] = {
    "": "Binding ConfigMap Endpoints Event LimitRange PersistentVolumeClaim Pod PodTemplate "
    "ReplicationController ResourceQuota Secret Service ServiceAccount",
    "apps": "ControllerRevision DaemonSet Deployment ReplicaSet StatefulSet",
    "authorization.k8s.io": "LocalSubjectAccessReview",
    "autoscaling": "HorizontalPodAutoscaler",
    "batch": "CronJob Job",
    "coordination.k8s.io": "Lease LeaseCandidate",
    "discovery.k8s.io": "EndpointSlice",
    "events.k8s.io": "Event",
    "extensions": "Ingress",
    "networking.k8s.io": "Ingress NetworkPolicy",
    "policy": "PodDisruptionBudget",
    "rbac.authorization.k8s.io": "Role RoleBinding",
    "resource.k8s.io": "ResourceClaim ResourceClaimTemplate",
    "storage.k8s.io": "CSIStorageCapacity",
    "multicluster.x-k8s.io": "ServiceExport ServiceImport",
    "policy.karmada.io": "FederatedResourceQuota OverridePolicy PropagationPolicy",
    "work.karmada.io": "ResourceBinding Work",
    "autoscaling.karmada.io": "CronFederatedHPA FederatedHPA",
    "networking.karmada.io": "MultiClusterIngress MultiClusterService",
}
_CLUSTER: Final[Mapping[str, str]] = {
    "": "ComponentStatus Namespace Node PersistentVolume",
    "admissionregistration.k8s.io": "MutatingAdmissionPolicy MutatingAdmissionPolicyBinding "
    "MutatingWebhookConfiguration ValidatingAdmissionPolicy ValidatingAdmissionPolicyBinding "
    "ValidatingWebhookConfiguration",
    "apiextensions.k8s.io": "CustomResourceDefinition",
    "apiregistration.k8s.io": "APIService",
    "authentication.k8s.io": "SelfSubjectReview TokenReview",
    "authorization.k8s.io": "SelfSubjectAccessReview SelfSubjectRulesReview SubjectAccessReview",
    "certificates.k8s.io": "CertificateSigningRequest ClusterTrustBundle",
    "flowcontrol.apiserver.k8s.io": "FlowSchema PriorityLevelConfiguration",
    "internal.apiserver.k8s.io": "StorageVersion",
    "networking.k8s.io": "IPAddress IngressClass ServiceCIDR",
    "node.k8s.io": "RuntimeClass",
    "policy": "PodSecurityPolicy",
    "rbac.authorization.k8s.io": "ClusterRole ClusterRoleBinding",
    "resource.k8s.io": "DeviceClass DeviceTaintRule ResourceSlice",
    "scheduling.k8s.io": "PriorityClass",
    "storage.k8s.io": "CSIDriver CSINode StorageClass VolumeAttachment VolumeAttributesClass",
    "storagemigration.k8s.io": "StorageVersionMigration",
    "policy.karmada.io": "ClusterOverridePolicy ClusterPropagationPolicy ClusterTaintPolicy",
    "work.karmada.io": "ClusterResourceBinding",
    "cluster.karmada.io": "Cluster",
    "apps.karmada.io": "WorkloadRebalancer",
    "config.karmada.io": "ResourceInterpreterCustomization ResourceInterpreterWebhookConfiguration",
    "remedy.karmada.io": "Remedy",
    "search.karmada.io": "ResourceRegistry",
    "fleet-reconciler.io": "FleetConfig",
}


def _table(kinds: Mapping[str, str], *, is_namespaced: bool) -> dict[GroupKind, Scope]:
    return {
        (group, kind): (is_namespaced, ScopeSource.BUILT_IN)
        for group, names in kinds.items()
        for kind in names.split()
    }


BUILT_IN: Final[Mapping[GroupKind, Scope]] = {
    **_table(_NAMESPACED, is_namespaced=True),
    **_table(_CLUSTER, is_namespaced=False),
}


_DEFINITION: Final = "CustomResourceDefinition"


def scopes(
    bodies: Iterable[Mapping[str, Any]],
    inventory: Mapping[str, ClusterFacts],
    config: FleetConfig,
) -> dict[GroupKind, Scope]:
    """Every scope that is known; the strongest source wins."""
    known: dict[GroupKind, Scope] = {}
    for name, is_namespaced in config.kinds.items():
        group, _, kind = name.rpartition("/")
        known[(group, kind)] = (is_namespaced, ScopeSource.CONFIG)
    for cluster in sorted(inventory):
        for (version, kind), (_, is_namespaced) in inventory[cluster].resources.items():
            group, _ = split_api_version(version)
            known[(group, kind)] = (is_namespaced, ScopeSource.INVENTORY)
    for body in bodies:
        known |= _declared(body)
    return {**known, **BUILT_IN}


def defines(body: Mapping[str, Any]) -> bool:
    """Whether a document may say where a kind lives."""
    return body.get("kind") == _DEFINITION


def _declared(body: Mapping[str, Any]) -> dict[GroupKind, Scope]:
    """What a CustomResourceDefinition says, nothing for other documents."""
    spec = body.get("spec")
    if not defines(body) or not isinstance(spec, dict):
        return {}
    names, group, scope = spec.get("names"), spec.get("group"), spec.get("scope")
    kind = names.get("kind") if isinstance(names, dict) else None
    if not isinstance(kind, str) or not isinstance(group, str):
        return {}
    return {(group, kind): (scope == "Namespaced", ScopeSource.CRD)}
