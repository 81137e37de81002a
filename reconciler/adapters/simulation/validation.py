"""Checks that refuse an object with 422: names, metadata, and the rules clients run into.

Not the whole of Kubernetes' validation: what the simulation does not check it accepts. Sources:
apimachinery validation, pkg/apis/*/validation.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any, Final

import orjson

from reconciler.adapters.simulation.errors import Cause
from reconciler.model.quantity import Quantity

Manifest = Mapping[str, Any]
Name = tuple[str, str]
_LABEL: Final = re.compile(r"[a-z0-9]([-a-z0-9]*[a-z0-9])?")
_SUBDOMAIN: Final = re.compile(r"[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*")
_SERVICE: Final = re.compile(r"[a-z]([-a-z0-9]*[a-z0-9])?")
_PATH_SEGMENT: Final = re.compile(r"(?!\.\.?$)[^/%]+")
_LABEL_KEY: Final = re.compile(
    r"([a-z0-9.-]{1,253}/)?[A-Za-z0-9]([A-Za-z0-9_.-]{0,61}[A-Za-z0-9])?"
)
_LABEL_VALUE: Final = re.compile(r"([A-Za-z0-9]([A-Za-z0-9_.-]{0,61}[A-Za-z0-9])?)?")
_DATA_KEY: Final = re.compile(r"[-._a-zA-Z0-9]{1,253}")
_SCHEDULE: Final = re.compile(
    r"((CRON_)?TZ=\S+\s+)?(@(yearly|annually|monthly|weekly|daily|midnight|hourly|every \S+)"
    r"|[\dA-Za-z*/,?#-]+(\s+[\dA-Za-z*/,?#-]+){4})"
)
_LONG: Final = 253
_SHORT: Final = 63
_ANNOTATIONS_LIMIT: Final = 256 * 1024
_MIB: Final = 1024 * 1024
_RBAC: Final = "rbac.authorization.k8s.io"

# Kinds whose names are no DNS subdomains: pattern and greatest length.
_NAMES: Final[Mapping[Name, tuple[re.Pattern[str], int]]] = {
    ("", "namespaces"): (_LABEL, _SHORT),
    ("", "services"): (_SERVICE, _SHORT),
    (_RBAC, "roles"): (_PATH_SEGMENT, _LONG),
    (_RBAC, "rolebindings"): (_PATH_SEGMENT, _LONG),
    (_RBAC, "clusterroles"): (_PATH_SEGMENT, _LONG),
    (_RBAC, "clusterrolebindings"): (_PATH_SEGMENT, _LONG),
}


_STANDARD_FINALIZERS: Final = frozenset({"kubernetes", "orphan", "foregroundDeletion"})


def bad_value(field: str, value: Any, message: str) -> Cause:
    shown = orjson.dumps(value).decode()
    return Cause(
        reason="FieldValueInvalid", message=f"Invalid value: {shown}: {message}", field=field
    )


def required(field: str, message: str = "") -> Cause:
    text = f"Required value: {message}" if message else "Required value"
    return Cause(reason="FieldValueRequired", message=text, field=field)


def refused(field: str, message: str) -> Cause:
    return Cause(reason="FieldValueForbidden", message=f"Forbidden: {message}", field=field)


def unsupported(field: str, value: Any, choices: Iterable[str]) -> Cause:
    listed = ", ".join(f'"{choice}"' for choice in choices)
    shown = orjson.dumps(value).decode()
    message = f"Unsupported value: {shown}: supported values: {listed}"
    return Cause(reason="FieldValueNotSupported", message=message, field=field)


# ---- metadata


def metadata_causes(manifest: Manifest, name: Name) -> Iterator[Cause]:
    """Name, labels, annotations, finalizers and owner references."""
    metadata = manifest["metadata"]
    yield from _name_causes(metadata.get("name", ""), name)
    for key, value in (metadata.get("labels") or {}).items():
        yield from _label_causes("metadata.labels", key, value)
    yield from _annotation_causes(metadata.get("annotations") or {})
    for position, finalizer in enumerate(metadata.get("finalizers") or ()):
        if not _LABEL_KEY.fullmatch(finalizer):
            yield bad_value("metadata.finalizers", finalizer, "name part must be a qualified name")
        if "/" not in finalizer and finalizer not in _STANDARD_FINALIZERS:
            message = "name is neither a standard finalizer name nor is it fully qualified"
            yield bad_value(f"metadata.finalizers[{position}]", finalizer, message)
    for owner in metadata.get("ownerReferences") or ():
        for part in ("apiVersion", "kind", "name", "uid"):
            if not owner.get(part):
                field = f"metadata.ownerReferences.{part}"
                yield bad_value(field, owner.get(part, ""), f"{part} must not be empty")


def _name_causes(text: str, name: Name) -> Iterator[Cause]:
    pattern, longest = _NAMES.get(name, (_SUBDOMAIN, _LONG))
    if not pattern.fullmatch(text):
        yield bad_value(
            "metadata.name",
            text,
            "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, "
            "'-' or '.', and must start and end with an alphanumeric character",
        )
    if len(text) > longest:
        yield bad_value("metadata.name", text, f"must be no more than {longest} characters")


def _label_causes(field: str, key: str, value: Any) -> Iterator[Cause]:
    if not _LABEL_KEY.fullmatch(key):
        yield bad_value(field, key, "name part must consist of alphanumeric characters")
    if not isinstance(value, str) or not _LABEL_VALUE.fullmatch(value):
        yield bad_value(field, value, "a valid label must be an empty string or alphanumeric")


def _annotation_causes(annotations: Mapping[str, str]) -> Iterator[Cause]:
    for key in annotations:
        if not _LABEL_KEY.fullmatch(key.lower() if "/" in key else key):
            yield bad_value("metadata.annotations", key, "name part must be a qualified name")
    size = sum(len(key) + len(value) for key, value in annotations.items())
    if size > _ANNOTATIONS_LIMIT:
        message = f"Too long: may not be more than {_ANNOTATIONS_LIMIT} bytes"
        yield Cause(reason="FieldValueTooLong", message=message, field="metadata.annotations")


# ---- kinds


def _containers(spec: Mapping[str, Any], path: str) -> Iterator[Cause]:
    if not spec.get("containers"):
        yield required(f"{path}.containers")
    for position, container in enumerate(spec.get("containers") or ()):
        where = f"{path}.containers[{position}]"
        if not container.get("name"):
            yield required(f"{where}.name")
        elif not _LABEL.fullmatch(container["name"]):
            yield bad_value(f"{where}.name", container["name"], "a lowercase RFC 1123 label")
        if not container.get("image"):
            yield required(f"{where}.image")
        yield from _amounts(container.get("resources") or {}, f"{where}.resources")
    yield from _mounts(spec, path)
    yield from _probes(spec, path)
    yield from _init_probes(spec, path)
    yield from _volumes(spec, path)
    names = [container.get("name") for container in spec.get("containers") or ()]
    for position, name in enumerate(names):
        if name in names[:position]:
            yield Cause(
                reason="FieldValueDuplicate",
                message=f'Duplicate value: "{name}"',
                field=f"{path}.containers[{position}].name",
            )


def _amounts(resources: Mapping[str, Any], path: str) -> Iterator[Cause]:
    """No more is requested than allowed."""
    limits = resources.get("limits") or {}
    for name, amount in (resources.get("requests") or {}).items():
        if name in limits and Quantity.parse(amount) > Quantity.parse(limits[name]):
            message = f"must be less than or equal to {name} limit"
            yield bad_value(f"{path}.requests", amount, message)


def _mounts(spec: Mapping[str, Any], path: str) -> Iterator[Cause]:
    """What is mounted must be a volume of the pod."""
    volumes = {volume.get("name") for volume in spec.get("volumes") or ()}
    for part in ("initContainers", "containers"):
        for position, container in enumerate(spec.get(part) or ()):
            for number, mount in enumerate(container.get("volumeMounts") or ()):
                if mount.get("name") not in volumes:
                    yield Cause(
                        reason="FieldValueNotFound",
                        message=f'Not found: "{mount.get("name", "")}"',
                        field=f"{path}.{part}[{position}].volumeMounts[{number}].name",
                    )


def _init_probes(spec: Mapping[str, Any], path: str) -> Iterator[Cause]:
    """Init containers end, so they have no probes; sidecars among them may."""
    for position, container in enumerate(spec.get("initContainers") or ()):
        if container.get("restartPolicy") == "Always":
            continue
        for probe in ("livenessProbe", "readinessProbe", "startupProbe"):
            if probe in container:
                field = f"{path}.initContainers[{position}].{probe}"
                yield bad_value(field, {}, "must not be set for init containers")


def _volumes(spec: Mapping[str, Any], path: str) -> Iterator[Cause]:
    """A volume comes from one place."""
    for position, volume in enumerate(spec.get("volumes") or ()):
        sources = [name for name in volume if name != "name"]
        if len(sources) > 1:
            field = f"{path}.volumes[{position}].{sources[-1]}"
            yield refused(field, "may not specify more than 1 volume type")


def _probes(spec: Mapping[str, Any], path: str) -> Iterator[Cause]:
    """A probe over HTTP or TCP names a port."""
    for position, container in enumerate(spec.get("containers") or ()):
        for probe in ("livenessProbe", "readinessProbe", "startupProbe"):
            for kind in ("httpGet", "tcpSocket"):
                target = (container.get(probe) or {}).get(kind)
                if target is not None and not target.get("port"):
                    field = f"{path}.containers[{position}].{probe}.{kind}.port"
                    yield bad_value(field, 0, "must be between 1 and 65535, inclusive")


def _not_negative(spec: Mapping[str, Any], *fields: str) -> Iterator[Cause]:
    for field in fields:
        value = spec.get(field)
        if isinstance(value, int) and value < 0:
            yield bad_value(f"spec.{field}", value, "must be greater than or equal to 0")


def _pod(manifest: Manifest) -> Iterator[Cause]:
    yield from _containers(manifest.get("spec") or {}, "spec")


def _always_restarts(pod: Mapping[str, Any], path: str) -> Iterator[Cause]:
    policy = pod.get("restartPolicy", "Always")
    if policy != "Always":
        yield unsupported(f"{path}.restartPolicy", policy, ("Always",))


def _workload(manifest: Manifest) -> Iterator[Cause]:
    spec = manifest.get("spec") or {}
    selector = spec.get("selector")
    template = spec.get("template") or {}
    labels = (template.get("metadata") or {}).get("labels") or {}
    yield from _not_negative(spec, "replicas", "minReadySeconds", "revisionHistoryLimit")
    if selector is None:
        yield required("spec.selector")
    elif not (selector.get("matchLabels") or selector.get("matchExpressions")):
        yield bad_value("spec.selector", selector, "empty selector is invalid for workload")
    if selector is None or not _selects(selector, labels):
        yield bad_value(
            "spec.template.metadata.labels", labels, "`selector` does not match template `labels`"
        )
    yield from _containers(template.get("spec") or {}, "spec.template.spec")
    yield from _always_restarts(template.get("spec") or {}, "spec.template.spec")


def _deployment(manifest: Manifest) -> Iterator[Cause]:
    yield from _workload(manifest)
    strategy = (manifest.get("spec") or {}).get("strategy") or {}
    if strategy.get("type") == "Recreate" and strategy.get("rollingUpdate") is not None:
        message = "may not be specified when strategy `type` is 'Recreate'"
        yield refused("spec.strategy.rollingUpdate", message)


def _selects(selector: Mapping[str, Any], labels: Mapping[str, str]) -> bool:
    for key, value in (selector.get("matchLabels") or {}).items():
        if labels.get(key) != value:
            return False
    return all(_holds(term, labels) for term in selector.get("matchExpressions") or ())


def _holds(term: Mapping[str, Any], labels: Mapping[str, str]) -> bool:
    key, values = term.get("key", ""), term.get("values") or ()
    match term.get("operator"):
        case "In":
            return labels.get(key) in values
        case "NotIn":
            return labels.get(key) not in values
        case "Exists":
            return key in labels
        case "DoesNotExist":
            return key not in labels
        case _:
            return False


def _job(manifest: Manifest) -> Iterator[Cause]:
    spec = manifest.get("spec") or {}
    yield from _not_negative(spec, "parallelism", "completions", "backoffLimit")
    pod = (spec.get("template") or {}).get("spec") or {}
    yield from _containers(pod, "spec.template.spec")
    field = "spec.template.spec.restartPolicy"
    if pod.get("restartPolicy", "Always") == "Always":
        yield required(field, 'valid values: "OnFailure", "Never"')
    elif pod["restartPolicy"] not in ("OnFailure", "Never"):
        yield unsupported(field, pod["restartPolicy"], ("OnFailure", "Never"))


def _cron_job(manifest: Manifest) -> Iterator[Cause]:
    spec = manifest.get("spec") or {}
    schedule = spec.get("schedule") or ""
    if not schedule:
        yield required("spec.schedule")
    elif not _SCHEDULE.fullmatch(schedule):
        yield bad_value("spec.schedule", schedule, "expected exactly 5 fields")


def _repeated_ports(ports: Sequence[Mapping[str, Any]]) -> Iterator[Cause]:
    names = [port.get("name") for port in ports]
    for position, name in enumerate(names):
        if name and name in names[:position]:
            field = f"spec.ports[{position}].name"
            message = f'Duplicate value: "{name}"'
            yield Cause(reason="FieldValueDuplicate", message=message, field=field)


def _service(manifest: Manifest) -> Iterator[Cause]:
    spec = manifest.get("spec") or {}
    is_proxied = spec.get("type") != "ExternalName" and spec.get("clusterIP") != "None"
    if is_proxied and not spec.get("ports"):
        yield required("spec.ports")
    yield from _repeated_ports(spec.get("ports") or ())
    for position, port in enumerate(spec.get("ports") or ()):
        number = port.get("port", 0)
        if not 0 < number <= 65535:  # noqa: PLR2004 — the range of ports
            field = f"spec.ports[{position}].port"
            yield bad_value(field, number, "must be between 1 and 65535, inclusive")
            if port.get("targetPort", number) == number:
                target = f"spec.ports[{position}].targetPort"
                yield bad_value(target, number, "must be between 1 and 65535, inclusive")
        if len(spec["ports"]) > 1 and not port.get("name"):
            yield required(f"spec.ports[{position}].name")


def _ingress(manifest: Manifest) -> Iterator[Cause]:
    spec = manifest.get("spec") or {}
    if not any(spec.get(name) for name in ("rules", "backend", "defaultBackend")):
        message = "either `defaultBackend` or `rules` must be specified"
        yield bad_value("spec", [], message)


def _data(manifest: Manifest) -> Iterator[Cause]:
    data, binary = manifest.get("data") or {}, manifest.get("binaryData") or {}
    for key in (*data, *binary):
        if not _DATA_KEY.fullmatch(key):
            yield bad_value(f"data[{key}]", key, "a valid config key must consist of alphanumeric")
    size = sum(len(value) for value in (*data.values(), *binary.values()))
    if size > _MIB:
        message = f"Too long: may not be more than {_MIB} bytes"
        yield Cause(reason="FieldValueTooLong", message=message, field="")


def _definition(manifest: Manifest) -> Iterator[Cause]:
    spec = manifest.get("spec") or {}
    names = spec.get("names") or {}
    expected = f"{names.get('plural', '')}.{spec.get('group', '')}"
    if manifest["metadata"].get("name") != expected:
        field = 'must be spec.names.plural+"."+spec.group'
        yield bad_value("metadata.name", manifest["metadata"].get("name"), field)
    if spec.get("scope") not in ("Cluster", "Namespaced"):
        yield unsupported("spec.scope", spec.get("scope", ""), ("Cluster", "Namespaced"))
    versions = spec.get("versions") or []
    if sum(1 for version in versions if version.get("storage")) != 1:
        message = "must have exactly one version marked as storage version"
        yield bad_value("spec.versions", [], message)
    for position, version in enumerate(versions):
        if not (version.get("schema") or {}).get("openAPIV3Schema"):
            field = f"spec.versions[{position}].schema.openAPIV3Schema"
            yield required(field, "schemas are required")


Check = Callable[[Manifest], Iterator[Cause]]
CHECKS: Final[Mapping[Name, Check]] = {
    ("", "pods"): _pod,
    ("", "services"): _service,
    ("", "configmaps"): _data,
    ("", "secrets"): _data,
    ("apps", "deployments"): _deployment,
    ("apps", "replicasets"): _workload,
    ("apps", "statefulsets"): _workload,
    ("apps", "daemonsets"): _workload,
    ("batch", "jobs"): _job,
    ("batch", "cronjobs"): _cron_job,
    ("networking.k8s.io", "ingresses"): _ingress,
    ("extensions", "ingresses"): _ingress,
    ("apiextensions.k8s.io", "customresourcedefinitions"): _definition,
}


# ---- what may not change


# Paths below spec (or the object) that stay as they were created.
IMMUTABLE: Final[Mapping[Name, tuple[str, ...]]] = {
    ("apps", "deployments"): ("spec.selector",),
    ("apps", "replicasets"): ("spec.selector",),
    ("apps", "daemonsets"): ("spec.selector",),
    ("batch", "jobs"): ("spec.selector", "spec.template", "spec.completionMode"),
    ("storage.k8s.io", "storageclasses"): (
        "parameters",
        "provisioner",
        "reclaimPolicy",
        "volumeBindingMode",
    ),
    (_RBAC, "rolebindings"): ("roleRef",),
    (_RBAC, "clusterrolebindings"): ("roleRef",),
    ("scheduling.k8s.io", "priorityclasses"): ("value", "preemptionPolicy"),
}
_STATEFUL_MUTABLE: Final = frozenset(
    {
        "replicas",
        "ordinals",
        "template",
        "updateStrategy",
        "revisionHistoryLimit",
        "persistentVolumeClaimRetentionPolicy",
        "minReadySeconds",
    }
)
_POD_MUTABLE: Final = frozenset(
    {"activeDeadlineSeconds", "tolerations", "terminationGracePeriodSeconds", "schedulingGates"}
)


def _at(manifest: Manifest, path: str) -> Any:
    value: Any = manifest
    for part in path.split("."):
        value = value.get(part) if isinstance(value, Mapping) else None
    return value


def change_causes(old: Manifest, new: Manifest, name: Name) -> Iterator[Cause]:
    """What an update may not do to a built-in kind."""
    for path in IMMUTABLE.get(name, ()):
        if _at(old, path) != _at(new, path):
            yield bad_value(path, _at(new, path), "field is immutable")
    special = CHANGES.get(name)
    if special is not None:
        yield from special(old, new)


def _service_change(old: Manifest, new: Manifest) -> Iterator[Cause]:
    before, after = _at(old, "spec.clusterIP"), _at(new, "spec.clusterIP")
    leaves = _at(new, "spec.type") == "ExternalName" or _at(old, "spec.type") == "ExternalName"
    if before and after != before and not leaves:
        yield bad_value("spec.clusterIPs[0]", [after or ""], "may not change once set")


def _stateful_change(old: Manifest, new: Manifest) -> Iterator[Cause]:
    if _others(old, _STATEFUL_MUTABLE) != _others(new, _STATEFUL_MUTABLE):
        listed = "', '".join(sorted(_STATEFUL_MUTABLE))
        yield refused(
            "spec", f"updates to statefulset spec for fields other than '{listed}' are forbidden"
        )


def _pod_change(old: Manifest, new: Manifest) -> Iterator[Cause]:
    before, after = _others(old, _POD_MUTABLE), _others(new, _POD_MUTABLE)
    if _without_images(before) != _without_images(after):
        yield refused("spec", "pod updates may not change fields other than image")


def _without_images(spec: dict[str, Any]) -> dict[str, Any]:
    result = dict(spec)
    for name in ("containers", "initContainers"):
        if name in result:
            result[name] = [{**part, "image": "", "resources": {}} for part in result[name]]
    return result


def _others(manifest: Manifest, names: frozenset[str]) -> dict[str, Any]:
    spec = manifest.get("spec") or {}
    return {name: value for name, value in spec.items() if name not in names}


def _frozen_data(old: Manifest, new: Manifest) -> Iterator[Cause]:
    if old.get("type") != new.get("type"):
        yield bad_value("type", new.get("type"), "field is immutable")
    if not old.get("immutable"):
        return
    for field in ("data", "binaryData", "immutable"):
        if old.get(field) != new.get(field):
            yield refused(field, "field is immutable when `immutable` is set")


def _claim_change(old: Manifest, new: Manifest) -> Iterator[Cause]:
    mutable = frozenset({"resources", "volumeName", "volumeAttributesClassName"})
    if _others(old, mutable) != _others(new, mutable):
        yield refused("spec", "spec is immutable after creation except resources.requests")


Change = Callable[[Manifest, Manifest], Iterator[Cause]]
CHANGES: Final[Mapping[Name, Change]] = {
    ("", "services"): _service_change,
    ("", "pods"): _pod_change,
    ("", "configmaps"): _frozen_data,
    ("", "secrets"): _frozen_data,
    ("", "persistentvolumeclaims"): _claim_change,
    ("apps", "statefulsets"): _stateful_change,
}
