"""Defaults of autoscaling: HorizontalPodAutoscaler in its versions."""

from __future__ import annotations

from typing import Any

from reconciler.parse.defaults.fill import each, filled, in_spec, within
from reconciler.parse.defaults.quantities import amount_at

_UTILIZATION = 80
_SCALE_UP = {
    "stabilizationWindowSeconds": 0,
    "selectPolicy": "Max",
    "policies": [
        {"type": "Pods", "value": 4, "periodSeconds": 15},
        {"type": "Percent", "value": 100, "periodSeconds": 15},
    ],
}
_SCALE_DOWN = {
    "selectPolicy": "Max",
    "policies": [{"type": "Percent", "value": 100, "periodSeconds": 15}],
}
_V2_METRICS = [
    {
        "type": "Resource",
        "resource": {
            "name": "cpu",
            "target": {"type": "Utilization", "averageUtilization": _UTILIZATION},
        },
    }
]


def autoscaler(body: dict[str, Any], minor: int) -> dict[str, Any]:
    """HorizontalPodAutoscaler v1, v2beta2 and v2; rules of a behaviour follow only when one is
    given.
    """
    del minor

    def step(spec: dict[str, Any]) -> dict[str, Any]:
        spec = filled(spec, minReplicas=1)
        if body.get("apiVersion") == "autoscaling/v1":
            return filled(spec, targetCPUUtilizationPercentage=_UTILIZATION)
        spec = spec if spec.get("metrics") else {**spec, "metrics": _V2_METRICS}
        spec = each(spec, "metrics", _metric)
        return within(spec, "behavior", _behavior)

    return in_spec(body, step)


def _metric(metric: dict[str, Any]) -> dict[str, Any]:
    for source in ("resource", "containerResource", "pods", "object", "external"):
        metric = within(metric, source, lambda one: within(one, "target", _target))
    return metric


def _target(target: dict[str, Any]) -> dict[str, Any]:
    return amount_at(target, "value", "averageValue")


def _behavior(behavior: dict[str, Any]) -> dict[str, Any]:
    behavior = filled(behavior, scaleUp={}, scaleDown={})
    behavior = within(behavior, "scaleUp", lambda rules: filled(rules, **_SCALE_UP))
    return within(behavior, "scaleDown", lambda rules: filled(rules, **_SCALE_DOWN))


DEFAULTS = {("autoscaling", "HorizontalPodAutoscaler"): autoscaler}
