"""Defaults of what shapes a cluster: namespaces, resource definitions, admission webhooks."""

from __future__ import annotations

from typing import Any

from reconciler.parse.defaults.fill import each, filled, in_spec, within

_NAME_LABEL_SINCE = 21


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
        return within(spec, "names", _names)

    return in_spec(body, step)


def _names(names: dict[str, Any]) -> dict[str, Any]:
    kind = str(names.get("kind") or "")
    return filled(names, singular=kind.lower(), listKind=f"{kind}List") if kind else names


def webhook_configuration(body: dict[str, Any], minor: int) -> dict[str, Any]:
    """admissionregistration.k8s.io Mutating and ValidatingWebhookConfiguration."""
    del minor
    mutating = body.get("kind") == "MutatingWebhookConfiguration"

    def step(hook: dict[str, Any]) -> dict[str, Any]:
        hook = filled(
            hook,
            failurePolicy="Fail",
            matchPolicy="Equivalent",
            timeoutSeconds=10,
            namespaceSelector={},
            objectSelector={},
        )
        hook = filled(hook, reinvocationPolicy="Never") if mutating else hook
        hook = within(hook, "clientConfig", lambda one: within(one, "service", _service))
        return each(hook, "rules", lambda rule: filled(rule, scope="*"))

    return each(body, "webhooks", step)


def _service(reference: dict[str, Any]) -> dict[str, Any]:
    return filled(reference, port=443)


DEFAULTS = {
    ("", "Namespace"): namespace,
    ("apiextensions.k8s.io", "CustomResourceDefinition"): custom_resource_definition,
    ("admissionregistration.k8s.io", "MutatingWebhookConfiguration"): webhook_configuration,
    ("admissionregistration.k8s.io", "ValidatingWebhookConfiguration"): webhook_configuration,
}
