"""Bodies as Go writes them: what passing through a Kubernetes type adds and leaves out.

Karmada reads a template into its typed object and writes it back when it aggregates status or
retains pod fields. Struct fields then appear although empty, zero values marked `omitempty` vanish
and quantities become canonical. Only what workloads use is described here.

Rules: k8s.io/api types and their json tags.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from reconciler.interpret.operation import Body
from reconciler.model.quantity import Quantity

ZERO_VALUES: Final[tuple[Any, ...]] = (None, "", 0, False, [], {})


@dataclass(frozen=True, slots=True, kw_only=True)
class Shape:
    """One Go struct: `always` fields with the zero they are written with, `omitted` fields that
    vanish when zero, `amounts` maps of quantities, and the shapes of fields that are structs or
    lists of them.
    """

    always: Mapping[str, Any] = field(default_factory=dict)
    omitted: frozenset[str] = frozenset()
    amounts: frozenset[str] = frozenset()
    parts: Mapping[str, Shape] = field(default_factory=dict)


def written(value: Body, shape: Shape) -> Body:
    """A copy of the body as Go would write it."""
    changed = {
        name: each
        for name, each in value.items()
        if each is not None and not (name in shape.omitted and is_zero(each))
    }
    for name, zero in shape.always.items():
        changed.setdefault(name, zero)
    for name, part in shape.parts.items():
        if changed.get(name) is not None:
            changed[name] = written_part(changed[name], part)
    for name in shape.amounts & changed.keys():
        changed[name] = {key: str(Quantity.parse(raw)) for key, raw in changed[name].items()}
    return changed


def written_part(value: Any, shape: Shape) -> Any:
    """A struct, or a list of them."""
    if isinstance(value, list):
        return [written(each, shape) for each in value]
    return written(value, shape)


def is_zero(value: Any) -> bool:
    """Whether Go's omitempty leaves the value out."""
    return value in ZERO_VALUES


RESOURCES: Final = Shape(
    omitted=frozenset({"limits", "requests", "claims"}), amounts=frozenset({"limits", "requests"})
)
VARIABLE: Final = Shape(omitted=frozenset({"value"}))
MOUNT: Final = Shape(omitted=frozenset({"readOnly", "subPath", "subPathExpr"}))
PORT: Final = Shape(omitted=frozenset({"name", "hostPort", "protocol", "hostIP"}))
CONTAINER: Final = Shape(
    always={"name": "", "resources": {}},
    omitted=frozenset(
        {"args", "command", "env", "envFrom", "image", "imagePullPolicy", "ports", "stdin"}
        | {"stdinOnce", "terminationMessagePath", "terminationMessagePolicy", "tty"}
        | {"volumeDevices", "volumeMounts", "workingDir"}
    ),
    parts={"resources": RESOURCES, "env": VARIABLE, "volumeMounts": MOUNT, "ports": PORT},
)
POD_SPEC: Final = Shape(
    always={"containers": None},
    omitted=frozenset(
        {"dnsPolicy", "ephemeralContainers", "hostAliases", "hostIPC", "hostNetwork", "hostPID"}
        | {"hostname", "imagePullSecrets", "initContainers", "nodeName", "nodeSelector"}
        | {"overhead", "priorityClassName", "readinessGates", "restartPolicy", "schedulerName"}
        | {"serviceAccount", "serviceAccountName", "subdomain", "tolerations", "volumes"}
        | {"topologySpreadConstraints"}
    ),
    amounts=frozenset({"overhead"}),
    parts={
        "containers": CONTAINER,
        "initContainers": CONTAINER,
        "ephemeralContainers": CONTAINER,
    },
)
METADATA: Final = Shape(
    omitted=frozenset(
        {"annotations", "finalizers", "generateName", "generation", "labels", "managedFields"}
        | {"name", "namespace", "ownerReferences", "resourceVersion", "selfLink", "uid"}
        | {"creationTimestamp"}
    )
)
POD_TEMPLATE: Final = Shape(
    always={"metadata": {}, "spec": {"containers": None}},
    parts={"metadata": METADATA, "spec": POD_SPEC},
)
CLAIM: Final = Shape(
    always={"metadata": {}, "spec": {}, "status": {}},
    parts={
        "metadata": METADATA,
        "spec": Shape(
            always={"resources": {}},
            omitted=frozenset({"accessModes", "volumeName"}),
            parts={"resources": RESOURCES},
        ),
    },
)


def kind_shape(spec: Shape, **always: Any) -> Shape:
    """The shape of a whole kind: metadata, spec and a status that is always written."""
    return Shape(
        always={"metadata": {}, "spec": {}, "status": {}, **always},
        parts={"metadata": METADATA, "spec": spec},
    )


WORKLOAD_PARTS: Final = {"template": POD_TEMPLATE}
JOB_SPEC: Final = Shape(
    always={"template": {"metadata": {}, "spec": {"containers": None}}}, parts=WORKLOAD_PARTS
)

DEPLOYMENT: Final = kind_shape(
    Shape(
        always={"selector": None, "template": {}, "strategy": {}},
        omitted=frozenset({"minReadySeconds", "paused"}),
        parts=WORKLOAD_PARTS,
    )
)
REPLICA_SET: Final = kind_shape(
    Shape(always={"selector": None}, omitted=frozenset({"minReadySeconds"}), parts=WORKLOAD_PARTS)
)
STATEFUL_SET: Final = kind_shape(
    Shape(
        always={"selector": None, "template": {}, "serviceName": "", "updateStrategy": {}},
        omitted=frozenset({"minReadySeconds", "podManagementPolicy", "volumeClaimTemplates"}),
        parts={**WORKLOAD_PARTS, "volumeClaimTemplates": CLAIM},
    )
)
DAEMON_SET: Final = kind_shape(
    Shape(
        always={"selector": None, "template": {}, "updateStrategy": {}},
        omitted=frozenset({"minReadySeconds"}),
        parts=WORKLOAD_PARTS,
    )
)
JOB: Final = kind_shape(JOB_SPEC)
CRON_JOB: Final = kind_shape(
    Shape(
        always={"schedule": "", "jobTemplate": {}},
        omitted=frozenset({"concurrencyPolicy"}),
        parts={
            "jobTemplate": Shape(
                always={"metadata": {}, "spec": {}},
                parts={"metadata": METADATA, "spec": JOB_SPEC},
            )
        },
    )
)
POD: Final = kind_shape(POD_SPEC)
SERVICE: Final = kind_shape(
    Shape(
        omitted=frozenset(
            {"clusterIP", "clusterIPs", "externalIPs", "externalName", "externalTrafficPolicy"}
            | {"healthCheckNodePort", "loadBalancerIP", "loadBalancerSourceRanges", "ports"}
            | {"publishNotReadyAddresses", "selector", "sessionAffinity", "type", "ipFamilies"}
        ),
        parts={
            "ports": Shape(
                always={"port": 0, "targetPort": 0},
                omitted=frozenset({"name", "protocol", "nodePort"}),
            )
        },
    )
)
INGRESS: Final = kind_shape(Shape(omitted=frozenset({"tls", "rules"})))
CLAIM_KIND: Final = kind_shape(CLAIM.parts["spec"])
VOLUME_KIND: Final = kind_shape(
    Shape(
        omitted=frozenset({"accessModes", "capacity", "mountOptions", "storageClassName"}),
        amounts=frozenset({"capacity"}),
    )
)
DISRUPTION_BUDGET: Final = kind_shape(Shape())
AUTOSCALER: Final = kind_shape(
    Shape(
        always={"scaleTargetRef": {"kind": "", "name": ""}, "maxReplicas": 0},
        omitted=frozenset({"metrics"}),
    )
)
