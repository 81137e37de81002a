"""Defaults of what shapes a cluster: namespaces, resource definitions, admission, API services."""

from __future__ import annotations

from typing import Any

from reconciler.parse.defaults.fill import each, filled, in_spec, within

_NAME_LABEL_SINCE = 21
_HOOK: dict[str, Any] = {
    "failurePolicy": "Fail",
    "matchPolicy": "Equivalent",
    "timeoutSeconds": 10,
}
_BETA_HOOK: dict[str, Any] = {
    "failurePolicy": "Ignore",
    "matchPolicy": "Exact",
    "timeoutSeconds": 30,
    "sideEffects": "Unknown",
    "admissionReviewVersions": ["v1beta1"],
}


def namespace(body: dict[str, Any], minor: int) -> dict[str, Any]:
    """core/v1 Namespace."""
    body = in_spec(body, lambda spec: filled(spec, finalizers=["kubernetes"]))
    name = (body.get("metadata") or {}).get("name")
    if minor < _NAME_LABEL_SINCE or not isinstance(name, str):
        return body
    label = {"kubernetes.io/metadata.name": name}
    return within(
        body, "metadata", lambda one: {**one, "labels": {**(one.get("labels") or {}), **label}}
    )


def custom_resource_definition(body: dict[str, Any], minor: int) -> dict[str, Any]:
    """apiextensions.k8s.io CustomResourceDefinition."""
    del minor

    def step(spec: dict[str, Any]) -> dict[str, Any]:
        spec = filled(spec, conversion={"strategy": "None"})
        spec = within(spec, "conversion", lambda one: within(one, "webhook", _client))
        return within(spec, "names", _names)

    return in_spec(body, step)


def _names(names: dict[str, Any]) -> dict[str, Any]:
    kind = str(names.get("kind") or "")
    return filled(names, singular=kind.lower(), listKind=f"{kind}List") if kind else names


def webhook_configuration(body: dict[str, Any], minor: int) -> dict[str, Any]:
    """admissionregistration.k8s.io Mutating and ValidatingWebhookConfiguration, v1 and v1beta1."""
    del minor
    beta = body.get("apiVersion") == "admissionregistration.k8s.io/v1beta1"
    defaults = _BETA_HOOK if beta else _HOOK
    mutating = body.get("kind") == "MutatingWebhookConfiguration"

    def step(hook: dict[str, Any]) -> dict[str, Any]:
        hook = filled(hook, **defaults, namespaceSelector={}, objectSelector={})
        hook = filled(hook, reinvocationPolicy="Never") if mutating else hook
        return each(_client(hook), "rules", lambda rule: filled(rule, scope="*"))

    return each(body, "webhooks", step)


def _client(hook: dict[str, Any]) -> dict[str, Any]:
    return within(hook, "clientConfig", lambda one: within(one, "service", _service))


def api_service(body: dict[str, Any], minor: int) -> dict[str, Any]:
    """apiregistration.k8s.io APIService."""
    del minor
    return in_spec(body, lambda spec: within(spec, "service", _service))


def _service(reference: dict[str, Any]) -> dict[str, Any]:
    return filled(reference, port=443)


DEFAULTS = {
    ("", "Namespace"): namespace,
    ("apiregistration.k8s.io", "APIService"): api_service,
    ("apiextensions.k8s.io", "CustomResourceDefinition"): custom_resource_definition,
    ("admissionregistration.k8s.io", "MutatingWebhookConfiguration"): webhook_configuration,
    ("admissionregistration.k8s.io", "ValidatingWebhookConfiguration"): webhook_configuration,
}
