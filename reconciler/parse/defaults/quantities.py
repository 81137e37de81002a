"""Quantities as a server stores them: canonical text, and thousandths at the finest in resources.

Rule: k8s.io/kubernetes, SetDefaults_ResourceList rounds resources up to thousandths; decoding into
a Quantity and writing it back leaves the canonical text (`1000m` becomes `1`, `0.5Gi` `512Mi`).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from reconciler.model.quantity import NANOS_OF_MILLI, Quantity
from reconciler.parse.defaults.fill import within


def amount(raw: Any) -> Any:
    """One quantity in canonical text; what is not a quantity stays for the server to refuse."""
    return _written(raw, lambda quantity: quantity)


def resource_amount(raw: Any) -> Any:
    """One quantity of a resource list."""
    return _written(raw, _in_thousandths)


def resource_list(amounts: dict[str, Any]) -> dict[str, Any]:
    """A map from resource to quantity."""
    return {name: resource_amount(raw) for name, raw in amounts.items()}


def amount_at(mapping: dict[str, Any], *keys: str) -> dict[str, Any]:
    """The map with the quantities below those of the keys that it has in canonical text."""
    found = {key: amount(mapping[key]) for key in keys if mapping.get(key) is not None}
    return {**mapping, **found} if found else mapping


def requirements(holder: dict[str, Any]) -> dict[str, Any]:
    """`resources` with its `limits` and `requests`, of a container or of a claim."""

    def step(resources: dict[str, Any]) -> dict[str, Any]:
        resources = within(resources, "limits", resource_list)
        return within(resources, "requests", resource_list)

    return within(holder, "resources", step)


def _written(raw: Any, rounded: Callable[[Quantity], Quantity]) -> Any:
    try:
        return str(rounded(Quantity.parse(raw)))
    except ValueError:
        return raw


def _in_thousandths(quantity: Quantity) -> Quantity:
    if quantity.nanos % NANOS_OF_MILLI == 0:
        return quantity
    return Quantity(nanos=quantity.milli_value() * NANOS_OF_MILLI, notation=quantity.notation)
