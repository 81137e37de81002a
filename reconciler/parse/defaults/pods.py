"""Defaults of pods and pod templates (core/v1: SetDefaults_PodSpec, SetDefaults_Container and their
kin).
"""

from __future__ import annotations

from typing import Any

from reconciler.overriders.image_reference import BadReference, parse_image
from reconciler.parse.defaults.fill import each, filled, in_spec, shaped, within
from reconciler.parse.defaults.quantities import amount_at, requirements, resource_list

_MODE = 0o644
#: Volume sources with a file mode, and the field it stands in.
_MODED = ("secret", "configMap", "downwardAPI", "projected")
_TOKEN_SECONDS = 3600
_PROBE = {"timeoutSeconds": 1, "periodSeconds": 10, "successThreshold": 1, "failureThreshold": 3}
#: What volume sources say when they are not told.
_SOURCES: dict[str, dict[str, Any]] = {
    "hostPath": {"type": ""},
    "iscsi": {"iscsiInterface": "default"},
    "rbd": {"pool": "rbd", "user": "admin", "keyring": "/etc/ceph/keyring"},
    "azureDisk": {
        "cachingMode": "ReadWrite",
        "fsType": "ext4",
        "kind": "Shared",
        "readOnly": False,
    },
    "scaleIO": {"storageMode": "ThinProvisioned", "fsType": "xfs"},
}


#: Until then pod templates got host ports as pods do (gate
#: DefaultHostNetworkHostPortsInPodTemplates).
_PLAIN_PORTS_SINCE = 28


def pod(body: dict[str, Any], minor: int) -> dict[str, Any]:
    """A bare Pod: requests follow limits, service links are on, host ports follow host network."""
    del minor

    def step(spec: dict[str, Any]) -> dict[str, Any]:
        spec = filled(pod_spec(spec), enableServiceLinks=True)
        return _requests_from_limits(_host_ports(spec))

    return in_spec(body, step)


def pod_template(body: dict[str, Any], minor: int) -> dict[str, Any]:
    """core/v1 PodTemplate."""
    return template(body, minor)


def template(holder: dict[str, Any], minor: int) -> dict[str, Any]:
    """A spec that holds a pod template under `template`."""

    def step(spec: dict[str, Any]) -> dict[str, Any]:
        spec = pod_spec(spec)
        return _host_ports(spec) if minor < _PLAIN_PORTS_SINCE else spec

    return within(holder, "template", lambda one: within(shaped(one, "metadata"), "spec", step))


def pod_spec(spec: dict[str, Any]) -> dict[str, Any]:
    """The spec of a pod or of a pod template."""
    spec = filled(
        spec,
        restartPolicy="Always",
        terminationGracePeriodSeconds=30,
        dnsPolicy="ClusterFirst",
        securityContext={},
        schedulerName="default-scheduler",
    )
    account = spec.get("serviceAccountName") or spec.get("serviceAccount")
    if account:
        spec = {**spec, "serviceAccountName": account, "serviceAccount": account}
    for key in ("containers", "initContainers", "ephemeralContainers"):
        spec = each(spec, key, container)
    spec = within(requirements(spec), "overhead", resource_list)
    return each(spec, "volumes", volume)


def container(one: dict[str, Any]) -> dict[str, Any]:
    """One container."""
    one = filled(
        one,
        terminationMessagePath="/dev/termination-log",
        terminationMessagePolicy="File",
        imagePullPolicy=_pull_policy(str(one.get("image") or "")),
        resources={},
    )
    one = requirements(one)
    one = each(one, "ports", lambda port: filled(port, protocol="TCP"))
    for probe in ("livenessProbe", "readinessProbe", "startupProbe"):
        one = within(one, probe, _probe)
    one = within(one, "lifecycle", _lifecycle)
    return each(one, "env", lambda env: within(env, "valueFrom", _value_from))


def _pull_policy(image: str) -> str:
    """Always for the tag `latest`, given or implied by neither tag nor digest."""
    try:
        reference = parse_image(image)
    except BadReference:
        return "IfNotPresent"
    return "Always" if reference.tag_or_digest in {"", "latest"} else "IfNotPresent"


def _host_ports(spec: dict[str, Any]) -> dict[str, Any]:
    if not spec.get("hostNetwork"):
        return spec
    for key in ("containers", "initContainers"):
        spec = each(spec, key, lambda one: each(one, "ports", _host_port))
    return spec


def _host_port(port: dict[str, Any]) -> dict[str, Any]:
    if port.get("hostPort") or "containerPort" not in port:
        return port
    return {**port, "hostPort": port["containerPort"]}


def _probe(probe: dict[str, Any]) -> dict[str, Any]:
    given = {key: value for key, value in probe.items() if value != 0}
    probe = {**_PROBE, **given, **{key: given.get(key) or _PROBE[key] for key in _PROBE}}
    return _grpc(within(probe, "httpGet", _http_get))


def _grpc(probe: dict[str, Any]) -> dict[str, Any]:
    return within(probe, "grpc", lambda grpc: filled(grpc, service=""))


def _http_get(action: dict[str, Any]) -> dict[str, Any]:
    return filled(action, path="/", scheme="HTTP")


def _lifecycle(lifecycle: dict[str, Any]) -> dict[str, Any]:
    for hook in ("postStart", "preStop"):
        lifecycle = within(lifecycle, hook, lambda one: within(one, "httpGet", _http_get))
    return lifecycle


def _value_from(source: dict[str, Any]) -> dict[str, Any]:
    source = within(source, "fieldRef", lambda ref: filled(ref, apiVersion="v1"))
    return within(
        source, "resourceFieldRef", lambda ref: amount_at(filled(ref, divisor="0"), "divisor")
    )


def volume(one: dict[str, Any]) -> dict[str, Any]:
    """One volume; without a source it is an empty directory."""
    if set(one) <= {"name"}:
        return {**one, "emptyDir": {}}
    for source in _MODED:
        one = within(one, source, lambda inner: filled(inner, defaultMode=_MODE))
    one = within(one, "downwardAPI", _downward_items)
    one = within(one, "projected", lambda inner: each(inner, "sources", _projection))
    one = within(one, "ephemeral", _ephemeral)
    one = within(one, "emptyDir", lambda inner: amount_at(inner, "sizeLimit"))
    one = within(one, "image", _image)
    return volume_source(one)


def _image(source: dict[str, Any]) -> dict[str, Any]:
    return filled(source, pullPolicy=_pull_policy(str(source.get("reference") or "")))


def volume_source(one: dict[str, Any]) -> dict[str, Any]:
    """The sources that a pod's volume and a PersistentVolume share."""
    given = {
        source: filled(one[source], **defaults)
        for source, defaults in _SOURCES.items()
        if isinstance(one.get(source), dict)
    }
    return {**one, **given} if given else one


def _downward_items(source: dict[str, Any]) -> dict[str, Any]:
    return each(source, "items", _value_from)


def _projection(source: dict[str, Any]) -> dict[str, Any]:
    source = within(source, "downwardAPI", _downward_items)
    return within(
        source,
        "serviceAccountToken",
        lambda token: filled(token, expirationSeconds=_TOKEN_SECONDS),
    )


def _ephemeral(source: dict[str, Any]) -> dict[str, Any]:
    return within(
        source,
        "volumeClaimTemplate",
        lambda claim: within(shaped(claim, "metadata"), "spec", claim_spec),
    )


def claim_spec(spec: dict[str, Any]) -> dict[str, Any]:
    """The spec of a claim for a volume: of its own, in a template, of one pod."""
    return requirements(filled(spec, volumeMode="Filesystem"))


def _requests_from_limits(spec: dict[str, Any]) -> dict[str, Any]:
    for key in ("containers", "initContainers"):
        spec = each(spec, key, lambda one: within(one, "resources", _requests))
    return spec


def _requests(resources: dict[str, Any]) -> dict[str, Any]:
    limits = resources.get("limits")
    if not isinstance(limits, dict) or not limits:
        return resources
    requests = resources.get("requests")
    return {**resources, "requests": {**limits, **(requests if isinstance(requests, dict) else {})}}
