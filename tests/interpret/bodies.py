"""Bodies and customization documents for the tests of this folder."""

from __future__ import annotations

from typing import Any


def a_template(**spec: Any) -> dict[str, Any]:
    """A pod template; `containers` defaults to one that asks for 100m."""
    container = {"name": "app", "resources": {"requests": {"cpu": "100m"}}}
    return {"metadata": {"labels": {"app": "web"}}, "spec": {"containers": [container], **spec}}


def a_workload(kind: str, api_version: str = "apps/v1", **fields: Any) -> dict[str, Any]:
    """A workload of generation 2 with three replicas; `fields` replace top-level fields."""
    return {
        "apiVersion": api_version,
        "kind": kind,
        "metadata": {"name": "web", "namespace": "shop", "generation": 2},
        "spec": {"replicas": 3, "template": a_template()},
        **fields,
    }


def rendered(body: dict[str, Any], template_generation: int) -> dict[str, Any]:
    """The body as a member has it: with the generation of the template it was rendered from."""
    annotations = {"resourcetemplate.karmada.io/generation": str(template_generation)}
    return body | {"metadata": body["metadata"] | {"annotations": annotations}}


def items(*statuses: dict[str, Any] | None) -> list[dict[str, Any]]:
    """Aggregated items of members m1, m2, …; None for a member that has not reported."""
    return [
        {"clusterName": f"m{number}", "applied": True}
        | ({} if status is None else {"status": status})
        for number, status in enumerate(statuses, 1)
    ]


def a_customization(
    scripts: dict[str, str],
    *,
    name: str = "widgets",
    api_version: str = "example.io/v1",
    kind: str = "Widget",
) -> dict[str, Any]:
    """A ResourceInterpreterCustomization with scripts by field."""
    return {
        "apiVersion": "config.karmada.io/v1alpha1",
        "kind": "ResourceInterpreterCustomization",
        "metadata": {"name": name},
        "spec": {
            "target": {"apiVersion": api_version, "kind": kind},
            "customizations": {field: {"luaScript": text} for field, text in scripts.items()},
        },
    }


def a_widget(**spec: Any) -> dict[str, Any]:
    """An object that only customizations know."""
    metadata = {"name": "w", "namespace": "shop"}
    return {"apiVersion": "example.io/v1", "kind": "Widget", "metadata": metadata, "spec": spec}
