"""What a pod template asks for: room on nodes, and the objects its pods refer to.

Shared by the native kinds and by the `kube` library of customization scripts.

Rules: Karmada `pkg/util/helper/binding.go` (GenerateReplicaRequirements), `pkg/util/resource.go`
(AddPodTemplateRequest), `pkg/util/lifted/visitpod.go`; karmada-semantics §2.4, §2.10.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any, Final

from reconciler.model.quantity import NANOS, NANOS_OF_MILLI, Notation, Quantity

CONTAINERS: Final = ("containers", "initContainers", "ephemeralContainers")
QUALIFIED_NAME: Final = re.compile(
    r"(?:[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*/)?"
    r"[A-Za-z0-9]([-A-Za-z0-9_.]*[A-Za-z0-9])?"
)
BYTES: Final = frozenset({"memory", "ephemeral-storage"})
DEFAULT_ACCOUNT: Final = "default"

# Volume sources that name a Secret: the source's field, and the path to the name inside it.
SECRET_OF_VOLUME: Final = (
    ("azureFile", ("secretName",)),
    ("cephfs", ("secretRef", "name")),
    ("cinder", ("secretRef", "name")),
    ("csi", ("nodePublishSecretRef", "name")),
    ("flexVolume", ("secretRef", "name")),
    ("iscsi", ("secretRef", "name")),
    ("rbd", ("secretRef", "name")),
    ("scaleIO", ("secretRef", "name")),
    ("secret", ("secretName",)),
    ("storageos", ("secretRef", "name")),
)

# Requirements ------------------------------------------------------------------------------------


def pod_requirements(template: dict[str, Any]) -> dict[str, Any] | None:
    """ReplicaRequirements in wire form: node claim and resource request; None for neither."""
    spec = template.get("spec") or {}
    requirements: dict[str, Any] = {}
    claim = node_claim(spec)
    if claim:
        requirements["nodeClaim"] = claim
    request = resource_request(spec)
    if request:
        requirements["resourceRequest"] = request
    return requirements or None


def node_claim(spec: dict[str, Any]) -> dict[str, Any]:
    """Which nodes the pods may run on: required node affinity, node selector, tolerations."""
    claim: dict[str, Any] = {}
    affinity = spec.get("affinity")
    if affinity:
        hard = (affinity.get("nodeAffinity") or {}).get(
            "requiredDuringSchedulingIgnoredDuringExecution"
        )
        if hard is not None:
            claim["hardNodeAffinity"] = hard
    if spec.get("nodeSelector"):
        claim["nodeSelector"] = spec["nodeSelector"]
    if spec.get("tolerations"):
        claim["tolerations"] = spec["tolerations"]
    return claim


def resource_request(spec: dict[str, Any]) -> dict[str, str]:
    """Canonical amounts of one pod: max(sum of containers, each init container) + overhead."""
    amounts: dict[str, int] = {}
    for container in spec.get("containers") or ():
        add(amounts, container_request(container))
    for container in spec.get("initContainers") or ():
        raise_to(amounts, container_request(container))
    if spec.get("overhead"):
        add(amounts, spec["overhead"])
    return {name: amount_text(name, units) for name, units in amounts.items() if units > 0}


def container_request(container: dict[str, Any]) -> dict[str, Any]:
    """Requests of a container; a limit stands in for a missing request."""
    resources = container.get("resources")
    if not resources:
        return {}
    limits, requests = resources.get("limits"), resources.get("requests")
    if not limits:
        return requests or {}
    return {**limits, **requests} if requests else limits


def add(amounts: dict[str, int], request: dict[str, Any]) -> None:
    """Add a request in whole units (cpu: thousandths)."""
    for name, raw in request.items():
        if is_countable(name):
            amounts[name] = amounts.get(name, 0) + units_of(name, raw)


def raise_to(amounts: dict[str, int], request: dict[str, Any]) -> None:
    """Raise each amount to at least that of the request."""
    for name, raw in request.items():
        if is_countable(name):
            amounts[name] = max(amounts.get(name, 0), units_of(name, raw))


def units_of(name: str, raw: Any) -> int:
    """Whole units rounded up, thousandths for cpu."""
    quantity = Quantity.parse(raw)
    return quantity.milli_value() if name == "cpu" else quantity.value()


def amount_text(name: str, units: int) -> str:
    """Canonical text; memory and the like in base 1024."""
    if name == "cpu":
        return str(Quantity(nanos=units * NANOS_OF_MILLI))
    binary = name in BYTES or name.startswith("hugepages-")
    notation = Notation.BINARY if binary else Notation.DECIMAL
    return str(Quantity(nanos=units * NANOS, notation=notation))


def is_countable(name: str) -> bool:
    """Whether clusters are measured in this resource: the standard ones and scalar resources."""
    if name in {"cpu", "memory", "ephemeral-storage", "pods"}:
        return True
    if name.startswith(("hugepages-", "attachable-volumes-")) or "kubernetes.io/" in name:
        return True
    return (
        "/" in name
        and not name.startswith("requests.")
        and QUALIFIED_NAME.fullmatch(f"requests.{name}") is not None
    )


# Dependencies ------------------------------------------------------------------------------------


def pod_dependencies(template: dict[str, Any], namespace: str) -> list[dict[str, Any]]:
    """References to the ConfigMaps, Secrets, ServiceAccount and claims that the pods name."""
    spec = template.get("spec") or {}
    names = {
        "ConfigMap": set(config_maps(spec)),
        "Secret": set(secrets(spec)),
        "ServiceAccount": set(accounts(spec)),
        "PersistentVolumeClaim": set(claims(spec)),
    }
    return [
        reference("v1", kind, namespace, name)
        for kind, of_kind in names.items()
        for name in sorted(of_kind)
        if name
    ]


def reference(api_version: str, kind: str, namespace: str, name: str) -> dict[str, Any]:
    """DependentObjectReference by name; an empty namespace is left out, as Go's omitempty does."""
    document = {"apiVersion": api_version, "kind": kind, "namespace": namespace, "name": name}
    if not namespace:
        del document["namespace"]
    return document


def config_maps(spec: dict[str, Any]) -> Iterator[str]:
    """Names of ConfigMaps: environment, volumes, projected volumes."""
    yield from environment_names(spec, "configMapKeyRef", "configMapRef")
    for volume in spec.get("volumes") or ():
        yield name_at(volume, ("configMap", "name"))
        for source in projected_sources(volume):
            yield name_at(source, ("configMap", "name"))


def secrets(spec: dict[str, Any]) -> Iterator[str]:
    """Names of Secrets: image pulls, environment, volumes of every type that takes one."""
    for pull in spec.get("imagePullSecrets") or ():
        yield name_at(pull, ("name",))
    yield from environment_names(spec, "secretKeyRef", "secretRef")
    for volume in spec.get("volumes") or ():
        for source, path in SECRET_OF_VOLUME:
            yield name_at(volume, (source, *path))
        for projected in projected_sources(volume):
            yield name_at(projected, ("secret", "name"))


def accounts(spec: dict[str, Any]) -> Iterator[str]:
    """The service account, unless it is the one every namespace has."""
    name = spec.get("serviceAccountName") or ""
    if name != DEFAULT_ACCOUNT:
        yield name


def claims(spec: dict[str, Any]) -> Iterator[str]:
    """Names of PersistentVolumeClaims."""
    for volume in spec.get("volumes") or ():
        yield name_at(volume, ("persistentVolumeClaim", "claimName"))


def environment_names(spec: dict[str, Any], key_field: str, whole_field: str) -> Iterator[str]:
    """Names that environment variables refer to, over all containers."""
    for field in CONTAINERS:
        for container in spec.get(field) or ():
            for source in container.get("envFrom") or ():
                yield name_at(source, (whole_field, "name"))
            for variable in container.get("env") or ():
                yield name_at(variable, ("valueFrom", key_field, "name"))


def projected_sources(volume: dict[str, Any]) -> list[dict[str, Any]]:
    """Sources of a projected volume."""
    return (volume.get("projected") or {}).get("sources") or []


def name_at(value: Any, path: tuple[str, ...]) -> str:
    """The text below nested maps, empty where a step is missing."""
    for step in path:
        if not isinstance(value, dict):
            return ""
        value = value.get(step)
    return value if isinstance(value, str) else ""
