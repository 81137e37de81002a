"""Bodies into the form the API server stores: types checked, unknown fields and nulls dropped.

Go decodes JSON into structs: fields it does not know vanish, null is absence, empty lists and maps
are not written, and struct values that are no pointers are written even when empty. The tables
below name the fields where Go types matter. Source: k8s.io/api types.
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Callable, Mapping
from typing import Any, Final

from reconciler.adapters.simulation.errors import bad_request
from reconciler.adapters.simulation.shapes import (
    ListOf,
    MapOf,
    Scalar,
    Shape,
    Struct,
)
from reconciler.model.quantity import Quantity

# Struct type → fields that are struct values: always written, and no news when they appear.
BY_VALUE: Final[Mapping[str, tuple[str, ...]]] = {
    "api.apps.v1.DaemonSetSpec": ("template", "updateStrategy"),
    "api.apps.v1.DeploymentSpec": ("template", "strategy"),
    "api.apps.v1.ReplicaSetSpec": ("template",),
    "api.apps.v1.StatefulSetSpec": ("template", "updateStrategy"),
    "api.autoscaling.v1.HorizontalPodAutoscalerSpec": ("scaleTargetRef",),
    "api.autoscaling.v2.HorizontalPodAutoscalerSpec": ("scaleTargetRef",),
    "api.autoscaling.v2beta1.HorizontalPodAutoscalerSpec": ("scaleTargetRef",),
    "api.autoscaling.v2beta2.HorizontalPodAutoscalerSpec": ("scaleTargetRef",),
    "api.batch.v1.CronJobSpec": ("jobTemplate",),
    "api.batch.v1.JobSpec": ("template",),
    "api.batch.v1.JobTemplateSpec": ("metadata", "spec"),
    "api.batch.v1beta1.CronJobSpec": ("jobTemplate",),
    "api.batch.v1beta1.JobTemplateSpec": ("metadata", "spec"),
    "api.core.v1.Container": ("resources",),
    "api.core.v1.Event": ("involvedObject", "source"),
    "api.core.v1.NodeStatus": ("daemonEndpoints", "nodeInfo"),
    "api.core.v1.NodeDaemonEndpoints": ("kubeletEndpoint",),
    "api.core.v1.EphemeralContainer": ("resources",),
    "api.core.v1.PersistentVolumeClaimSpec": ("resources",),
    "api.core.v1.PodTemplate": ("template",),
    "api.core.v1.PodTemplateSpec": ("metadata", "spec"),
    "api.core.v1.ServiceStatus": ("loadBalancer",),
    "api.networking.v1.IngressStatus": ("loadBalancer",),
    "api.networking.v1.NetworkPolicySpec": ("podSelector",),
    "api.networking.v1beta1.IngressStatus": ("loadBalancer",),
    "api.rbac.v1.ClusterRoleBinding": ("roleRef",),
    "api.rbac.v1.RoleBinding": ("roleRef",),
    "apiextensions-apiserver.pkg.apis.apiextensions.v1.CustomResourceDefinitionSpec": ("names",),
    "apiextensions-apiserver.pkg.apis.apiextensions.v1.CustomResourceDefinitionStatus": (
        "acceptedNames",
    ),
}
# Whole objects: spec and status are struct values unless said here.
_POINTER_STATUS: Final = frozenset({"api.networking.v1.NetworkPolicy"})
# Lists and maps that are written although empty.
_KEEPS_EMPTY: Final = frozenset({"containers", "parameters"})
_NULL_TIME: Final = {"creationTimestamp": None}
_OBJECT_META: Final = "apimachinery.pkg.apis.meta.v1.ObjectMeta"
_NODE_INFO: Final = (
    "machineID",
    "systemUUID",
    "bootID",
    "kernelVersion",
    "osImage",
    "containerRuntimeVersion",
    "kubeletVersion",
    "kubeProxyVersion",
    "operatingSystem",
    "architecture",
)
# Fields without `omitempty`: written although nobody set them.
_ALWAYS_WRITTEN: Final[Mapping[str, Mapping[str, Any]]] = {
    "api.autoscaling.v1.HorizontalPodAutoscalerStatus": {
        "currentReplicas": 0,
        "desiredReplicas": 0,
    },
    "api.autoscaling.v2.HorizontalPodAutoscalerStatus": {
        "currentMetrics": None,
        "desiredReplicas": 0,
    },
    "api.autoscaling.v2beta2.HorizontalPodAutoscalerStatus": {
        "conditions": None,
        "currentMetrics": None,
        "currentReplicas": 0,
        "desiredReplicas": 0,
    },
    "api.core.v1.DaemonEndpoint": {"Port": 0},
    "api.core.v1.Event": {
        "firstTimestamp": None,
        "lastTimestamp": None,
        "eventTime": None,
        "reportingComponent": "",
        "reportingInstance": "",
    },
    "api.core.v1.NodeSystemInfo": dict.fromkeys(_NODE_INFO, ""),
    "api.rbac.v1.ClusterRole": {"rules": None},
    "api.rbac.v1.Role": {"rules": None},
}

# Strings that are pointers: "" says something. All other optional strings vanish when empty.
_POINTER_STRINGS: Final = frozenset(
    {
        "appProtocol",
        "hostname",
        "ingressClassName",
        "ipFamilyPolicy",
        "internalTrafficPolicy",
        "loadBalancerClass",
        "metricSelector",
        "namespace",
        "preemptionPolicy",
        "runtimeClassName",
        "storageClassName",
        "volumeAttributesClassName",
        "volumeMode",
    }
)
# Fields that are no pointers and left out when false or zero.
_ZERO_OMITTED: Final = frozenset(
    {
        "hostIPC",
        "hostNetwork",
        "hostPID",
        "hostPort",
        "minReadySeconds",
        "nodePort",
        "paused",
        "publishNotReadyAddresses",
        "readOnly",
        "stdin",
        "stdinOnce",
        "tty",
        "unschedulable",
        "globalDefault",
        "healthCheckNodePort",
        "observedGeneration",
        "readyReplicas",
        "availableReplicas",
        "updatedReplicas",
        "unavailableReplicas",
        "currentReplicas",
        "active",
        "succeeded",
        "failed",
        "initialDelaySeconds",
    }
)

Report = Callable[[str], None]


class Decoder:
    """Reads one body of a kind. `unknown` collects the paths of fields the type does not have."""

    def __init__(self, kind: str, version: str, *, null_template_time: bool) -> None:
        self._kind = kind
        self._version = version
        self._null_template_time = null_template_time
        self.unknown: list[str] = []

    def decode(self, body: dict[str, Any], shape: Shape) -> dict[str, Any]:
        """The body as stored. Raises ApiError 400 for a value of a wrong type."""
        if not isinstance(shape, Struct):
            return body
        decoded = self._struct(body, shape, "")
        halves = ("spec",) if shape.name in _POINTER_STATUS else ("spec", "status")
        for name in halves:
            if name not in decoded and isinstance(shape.fields.get(name), Struct):
                decoded[name] = self._struct({}, shape.fields[name], name)
        return decoded

    def metadata(self, value: Any, shape: Struct) -> dict[str, Any]:
        """The metadata of a custom resource."""
        return self._struct(value, shape, "metadata")

    def _struct(self, value: Any, shape: Shape, path: str) -> dict[str, Any]:
        if not isinstance(value, dict):
            raise self._wrong(value, "object", path)
        if not isinstance(shape, Struct):
            return value
        result = self._fields(value, shape, path)
        self._fill(result, shape, path)
        return result

    def _fields(self, value: dict[str, Any], shape: Struct, path: str) -> dict[str, Any]:
        result: dict[str, Any] = {}
        for name, item in value.items():
            below = shape.field(name)
            where = f"{path}.{name}" if path else name
            if below is None:
                self.unknown.append(where)
            elif item is not None:
                decoded = self._value(item, below, where)
                if decoded is not _OMITTED:
                    result[name] = decoded
        return result

    def _fill(self, result: dict[str, Any], shape: Struct, path: str) -> None:
        """What Go writes for a struct although nobody set it."""
        for name in BY_VALUE.get(shape.name, ()):
            if name not in result and name in shape.fields:
                result[name] = self._struct({}, shape.fields[name], f"{path}.{name}")
        for name, empty in _ALWAYS_WRITTEN.get(shape.name, {}).items():
            result.setdefault(name, empty)
        if self._null_template_time and shape.name == _OBJECT_META and path != "metadata":
            result.setdefault("creationTimestamp", None)

    def _value(self, value: Any, shape: Shape, path: str) -> Any:
        if isinstance(shape, Scalar):
            return self._scalar(value, shape.code, path)
        if isinstance(shape, Struct):
            return self._struct(value, shape, path)
        if isinstance(shape, ListOf):
            return self._list(value, shape, path)
        if isinstance(shape, MapOf):
            return self._map(value, shape, path)
        return value

    def _list(self, value: Any, shape: ListOf, path: str) -> Any:
        if not isinstance(value, list):
            raise self._wrong(value, "array", path)
        if not value and path.rsplit(".", 1)[-1] not in _KEEPS_EMPTY:
            return _OMITTED
        items = []
        for item in value:
            decoded = None if item is None else self._value(item, shape.item, path)
            items.append("" if decoded is _OMITTED else decoded)
        return items

    def _map(self, value: Any, shape: MapOf, path: str) -> Any:
        if not isinstance(value, dict):
            raise self._wrong(value, "object", path)
        if not value and path.rsplit(".", 1)[-1] not in _KEEPS_EMPTY:
            return _OMITTED
        result = {}
        for name, item in value.items():
            if item is None:
                result[name] = "" if isinstance(shape.item, Scalar) else {}
                continue
            decoded = self._value(item, shape.item, f"{path}.{name}")
            result[name] = "" if decoded is _OMITTED else decoded
        return result

    def _scalar(self, value: Any, code: str, path: str) -> Any:
        read = _SCALARS[code]
        decoded = read(value)
        if decoded is _WRONG:
            raise self._wrong(value, _GO_TYPES[code], path)
        name = path.rsplit(".", 1)[-1]
        if decoded == "" and code == "s" and name not in _POINTER_STRINGS:
            return _OMITTED
        if not decoded and code in "bi" and name in _ZERO_OMITTED:
            return _OMITTED
        return decoded

    def _wrong(self, value: Any, wanted: str, path: str) -> Exception:
        got = _JSON_TYPES.get(type(value), "value")
        return bad_request(
            f'{self._kind} in version "{self._version}" cannot be handled as a {self._kind}: json: '
            f"cannot unmarshal {got} into Go struct field {self._kind}.{path} of type {wanted}"
        )


_OMITTED: Final = object()
_WRONG: Final = object()
_JSON_TYPES: Final = {
    str: "string",
    bool: "bool",
    int: "number",
    float: "number",
    dict: "object",
    list: "array",
}
_GO_TYPES: Final = {
    "s": "string",
    "i": "int32",
    "n": "float64",
    "b": "bool",
    "y": "[]uint8",
    "t": "v1.Time",
    "q": "resource.Quantity",
    "x": "intstr.IntOrString",
}


def _string(value: Any) -> Any:
    return value if isinstance(value, str) else _WRONG


def _integer(value: Any) -> Any:
    if isinstance(value, bool):
        return _WRONG
    if isinstance(value, float) and value.is_integer():
        return int(value)
    return value if isinstance(value, int) else _WRONG


def _number(value: Any) -> Any:
    return value if isinstance(value, int | float) and not isinstance(value, bool) else _WRONG


def _boolean(value: Any) -> Any:
    return value if isinstance(value, bool) else _WRONG


def _bytes(value: Any) -> Any:
    if not isinstance(value, str):
        return _WRONG
    try:
        base64.b64decode(value, validate=True)
    except (binascii.Error, ValueError):
        return _WRONG
    return value


def _quantity(value: Any) -> Any:
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        return _WRONG
    try:
        return str(Quantity.parse(value))
    except ValueError:
        return _WRONG


def _int_or_string(value: Any) -> Any:
    whole = _integer(value)
    return value if isinstance(value, str) else whole


_SCALARS: Final[Mapping[str, Callable[[Any], Any]]] = {
    "s": _string,
    "i": _integer,
    "n": _number,
    "b": _boolean,
    "y": _bytes,
    "t": _string,
    "q": _quantity,
    "x": _int_or_string,
}


# Fields that an empty struct is written with.
_ZERO_FIELDS: Final[Mapping[str, dict[str, Any]]] = {
    "api.core.v1.PodSpec": {"containers": None},
    "apiextensions-apiserver.pkg.apis.apiextensions.v1.CustomResourceDefinitionStatus": {
        "conditions": None,
        "acceptedNames": {"plural": "", "kind": ""},
        "storedVersions": None,
    },
}


def zero(shape: Shape, *, top: bool = True) -> dict[str, Any]:
    """What an empty object of the type is written as: the state before a create."""
    result: dict[str, Any] = {"metadata": dict(_NULL_TIME)} if top else {}
    if not isinstance(shape, Struct):
        return result
    fields = BY_VALUE.get(shape.name, ())
    if top:
        halves = ("spec",) if shape.name in _POINTER_STATUS else ("spec", "status")
        fields += tuple(name for name in halves if name in shape.fields)
    for name in fields:
        if name in shape.fields:
            result[name] = zero(shape.fields[name], top=False)
    if not top and "metadata" in result:
        result["metadata"] = dict(_NULL_TIME)
    always = _ALWAYS_WRITTEN.get(shape.name, {})
    return {**result, **always, **_ZERO_FIELDS.get(shape.name, {})}
