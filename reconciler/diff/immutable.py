"""Fields that an API server refuses to change once an object exists, by kind.

Source: the validation of updates in Kubernetes (pkg/apis/*/validation). A row is a path without
list items; what lies below it is meant too. What a newer server allows is left out of the table:
the server decides, the table only explains beforehand.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from reconciler.diff.steps import Path

_SELECTOR: Final = (("spec", "selector"),)
IMMUTABLE: Final[Mapping[tuple[str, str], tuple[tuple[str, ...], ...]]] = {
    ("", "PersistentVolume"): (("spec", "volumeMode"), ("spec", "nodeAffinity")),
    ("", "PersistentVolumeClaim"): (
        ("spec", "accessModes"),
        ("spec", "selector"),
        ("spec", "storageClassName"),
        ("spec", "volumeMode"),
        ("spec", "volumeName"),
        ("spec", "dataSource"),
        ("spec", "dataSourceRef"),
    ),
    ("", "Secret"): (("type",),),
    ("", "Service"): (("spec", "clusterIP"), ("spec", "clusterIPs")),
    ("apps", "DaemonSet"): _SELECTOR,
    ("apps", "Deployment"): _SELECTOR,
    ("apps", "ReplicaSet"): _SELECTOR,
    ("apps", "StatefulSet"): (
        *_SELECTOR,
        ("spec", "serviceName"),
        ("spec", "podManagementPolicy"),
        ("spec", "volumeClaimTemplates"),
    ),
    ("batch", "Job"): (
        *_SELECTOR,
        ("spec", "template"),
        ("spec", "completionMode"),
        ("spec", "podFailurePolicy"),
    ),
    ("rbac.authorization.k8s.io", "ClusterRoleBinding"): (("roleRef",),),
    ("rbac.authorization.k8s.io", "RoleBinding"): (("roleRef",),),
    ("scheduling.k8s.io", "PriorityClass"): (("value",), ("preemptionPolicy",)),
    ("storage.k8s.io", "StorageClass"): (
        ("provisioner",),
        ("parameters",),
        ("reclaimPolicy",),
        ("volumeBindingMode",),
    ),
    ("apiextensions.k8s.io", "CustomResourceDefinition"): (
        ("spec", "group"),
        ("spec", "scope"),
    ),
    ("node.k8s.io", "RuntimeClass"): (("handler",),),
    ("storage.k8s.io", "CSIDriver"): (("spec", "attachRequired"),),
}
#: Pods take new images, deadlines and tolerations, and nothing else.
_POD_CHANGEABLE: Final = frozenset({"image", "activeDeadlineSeconds", "tolerations"})
#: Kinds whose content can be sealed by `immutable: true`.
_SEALABLE: Final = frozenset({("", "ConfigMap"), ("", "Secret")})


def is_immutable(group: str, kind: str, path: Path, observed: Mapping[str, Any]) -> bool:
    """Whether the server would refuse a change at this path of this observed object."""
    fields = tuple(step for step in path if isinstance(step, str))
    if (group, kind) == ("", "Pod"):
        return fields[0] == "spec" and not _POD_CHANGEABLE & set(fields)
    if (group, kind) in _SEALABLE and observed.get("immutable") is True:
        return fields[0] in {"data", "binaryData", "stringData", "immutable"}
    rows = IMMUTABLE.get((group, kind), ())
    return any(fields[: len(row)] == row for row in rows)
