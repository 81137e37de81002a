"""Defaults of pods and pod templates (core/v1: SetDefaults_PodSpec, SetDefaults_Container and their
kin).
"""

from __future__ import annotations

from typing import Any

from reconciler.parse.defaults.fill import each, filled, in_spec, within

_MODE = 0o644
#: Volume sources with a file mode, and the field it stands in.
_MODED = ("secret", "configMap", "downwardAPI", "projected")
_TOKEN_SECONDS = 3600


def pod(body: dict[str, Any], minor: int) -> dict[str, Any]:
    """A bare Pod: unlike in a template, requests follow limits and service links are on."""
    del minor
    body = in_spec(body, pod_spec)
    return in_spec(body, lambda spec: _requests_from_limits(filled(spec, enableServiceLinks=True)))


def template(holder: dict[str, Any]) -> dict[str, Any]:
    """A spec that holds a pod template under `template`."""
    return within(holder, "template", lambda one: within(one, "spec", pod_spec))


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
        spec = filled(spec, serviceAccountName=account, serviceAccount=account)
    host = bool(spec.get("hostNetwork"))
    for key in ("containers", "initContainers", "ephemeralContainers"):
        spec = each(spec, key, lambda one: container(one, host=host))
    return each(spec, "volumes", volume)


def container(one: dict[str, Any], *, host: bool = False) -> dict[str, Any]:
    """One container; `host` says that the pod uses the node's network."""
    one = filled(
        one,
        terminationMessagePath="/dev/termination-log",
        terminationMessagePolicy="File",
        imagePullPolicy=_pull_policy(str(one.get("image") or "")),
        resources={},
    )
    one = each(one, "ports", lambda port: _port(port, host=host))
    for probe in ("livenessProbe", "readinessProbe", "startupProbe"):
        one = within(one, probe, _probe)
    one = within(one, "lifecycle", _lifecycle)
    return each(one, "env", lambda env: within(env, "valueFrom", _value_from))


def _pull_policy(image: str) -> str:
    """Always for an image without a tag or with `latest`; a digest is as good as a tag."""
    name = image.rpartition("/")[2]
    if "@" in name:
        return "IfNotPresent"
    tag = name.partition(":")[2]
    return "Always" if tag in {"", "latest"} else "IfNotPresent"


def _port(port: dict[str, Any], *, host: bool) -> dict[str, Any]:
    port = filled(port, protocol="TCP")
    return (
        filled(port, hostPort=port["containerPort"]) if host and "containerPort" in port else port
    )


def _probe(probe: dict[str, Any]) -> dict[str, Any]:
    probe = filled(
        probe, timeoutSeconds=1, periodSeconds=10, successThreshold=1, failureThreshold=3
    )
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
    return within(source, "resourceFieldRef", lambda ref: filled(ref, divisor="0"))


def volume(one: dict[str, Any]) -> dict[str, Any]:
    """One volume; without a source it is an empty directory."""
    if set(one) <= {"name"}:
        return {**one, "emptyDir": {}}
    for source in _MODED:
        one = within(one, source, lambda inner: filled(inner, defaultMode=_MODE))
    one = within(one, "downwardAPI", _downward_items)
    one = within(one, "projected", lambda inner: each(inner, "sources", _projection))
    one = within(one, "hostPath", lambda inner: filled(inner, type=""))
    one = within(one, "ephemeral", _ephemeral)
    return within(one, "iscsi", lambda inner: filled(inner, iscsiInterface="default"))


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
        lambda claim: within(claim, "spec", lambda spec: filled(spec, volumeMode="Filesystem")),
    )


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
