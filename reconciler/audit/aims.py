"""What documents that are neither templates nor policies aim at: interpreters, scalers, quotas.

One row for each kind: a function from the document to the templates it concerns.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any, Final

from reconciler.model.fleet import Template
from reconciler.model.manifest import Manifest

Aim = Callable[[Manifest, Template], bool]


def aimed_at(document: Manifest, templates: Iterable[Template]) -> Iterator[tuple[Template, str]]:
    """Templates that a document concerns, and how; none for a kind that concerns no template."""
    how, aims = _AIMS.get(document.kind, ("", _nothing))
    yield from ((one, how) for one in templates if aims(document, one))


def is_instance(definition: Template, template: Template) -> bool:
    """Whether a template is of the kind that a CustomResourceDefinition defines."""
    if definition.key.kind != "CustomResourceDefinition":
        return False
    spec = _map(definition.manifest.body.get("spec"))
    names = _map(spec.get("names"))
    return (template.key.group, template.key.kind) == (spec.get("group"), names.get("kind"))


def _nothing(_document: Manifest, _template: Template) -> bool:
    return False


def _is_customized(document: Manifest, template: Template) -> bool:
    return _is_kind(_map(_spec(document).get("target")), template)


def _is_asked_about(document: Manifest, template: Template) -> bool:
    group, _, version = template.manifest.api_version.rpartition("/")
    asked = {"apiGroups": group, "apiVersions": version, "kinds": template.key.kind}
    return any(
        all({value, "*"} & set(_list(rule.get(name))) for name, value in asked.items())
        for webhook in _maps(document.body.get("webhooks"))
        for rule in _maps(webhook.get("rules"))
    )


def _is_rebalanced(document: Manifest, template: Template) -> bool:
    return any(
        _is_kind(one, template)
        and (one.get("namespace", ""), one.get("name"))
        == (template.key.namespace, template.key.name)
        for one in _maps(_spec(document).get("workloads"))
    )


def _is_scaled(document: Manifest, template: Template) -> bool:
    target = _map(_spec(document).get("scaleTargetRef"))
    name = (document.key.namespace, target.get("name"))
    return _is_kind(target, template) and name == (template.key.namespace, template.key.name)


def _is_counted(document: Manifest, template: Template) -> bool:
    return document.key.namespace == template.key.namespace


def _is_kind(reference: Mapping[str, Any], template: Template) -> bool:
    wanted = (reference.get("apiVersion"), reference.get("kind"))
    return wanted == (template.manifest.api_version, template.key.kind)


def _spec(document: Manifest) -> Mapping[str, Any]:
    return _map(document.body.get("spec"))


def _map(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, dict) else {}


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []


def _maps(value: Any) -> Iterator[Mapping[str, Any]]:
    yield from (one for one in _list(value) if isinstance(one, dict))


_AIMS: Final[Mapping[str, tuple[str, Aim]]] = {
    "ResourceInterpreterCustomization": ("interpreted by its scripts", _is_customized),
    "ResourceInterpreterWebhookConfiguration": ("interpreted by its webhook", _is_asked_about),
    "WorkloadRebalancer": ("scheduled anew by it", _is_rebalanced),
    "FederatedHPA": ("scaled by it", _is_scaled),
    "CronFederatedHPA": ("scaled by it", _is_scaled),
    "FederatedResourceQuota": ("counted by it", _is_counted),
}
